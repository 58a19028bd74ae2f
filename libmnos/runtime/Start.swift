/// (F) The way from assembly to a program, and what the compiler's own code calls.

/// The function that `@main` makes.
@_silgen_name("main")
private func programMain(_ count: Int32, _ values: UnsafeMutableRawPointer?) -> Int32

/// Called by `_start`, once, with the start argument.
@c(mnos_start)
public func start(_ argument: UInt64) {
  // SAFETY: the kernel, or the loader in init, passes the address of a page that stays
  // mapped. The state lies in a frame that is never left.
  let page = unsafe StartPage(at: argument)
  var state = OwnProcess(page.identity, startPage: argument)
  unsafe withUnsafeMutablePointer(to: &state) { (pointer) in
    unsafe OwnProcess.install(pointer)
    _ = programMain(0, nil)
    CurrentProcess.exit(0)
  }
}

/// Called by the first instruction of a further thread.
@c(mnos_thread_start)
public func startThread(_ context: UnsafeRawPointer) {
  // SAFETY: `RunningThread` passes a task that it keeps until this thread ended.
  let task = unsafe Unmanaged<ThreadTask>.fromOpaque(context).takeUnretainedValue()
  task.run()
  CurrentThread.exit(task.value)
}

/// Fills a run of bytes: hash tables ask for a seed by it.
@c(arc4random_buf)
public func fillRandom(_ buffer: UnsafeMutableRawPointer, _ byteCount: Int) {
  for offset in 0..<max(0, byteCount) {
    let random = (try? OwnProcess.withLock { $0.nextRandom() }) ?? 0
    // SAFETY: the caller owns `byteCount` bytes.
    let byte = UInt8(truncatingIfNeeded: random)
    unsafe buffer.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
  }
}

/// Swift's allocation. A program that has used up its budget ends, with all its threads, and
/// with `noMemory` as its reason: Swift has no way to go on without what it asked for.
@c(posix_memalign)
public func allocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ byteCount: Int
) -> Int32 {
  let address =
    (try? OwnProcess.withLock { $0.allocate(byteCount: byteCount, alignment: alignment) }) ?? 0
  guard address != 0 else { CurrentProcess.exit(because: .noMemory) }
  // SAFETY: the caller's variable; the address is of memory that the heap just set aside.
  unsafe result.pointee = UnsafeMutableRawPointer(bitPattern: address)
  return 0
}

/// Swift's release; `free` itself is a jump to here, for the compiler keeps that name.
@c(mnos_free)
public func release(_ pointer: UnsafeMutableRawPointer?) {
  let address = UInt(bitPattern: pointer)
  guard address != 0 else { return }
  try? OwnProcess.withLock { $0.free(address) }
}

/// `value` without its fraction: `Character.wholeNumberValue` asks for it.
@c(trunc)
public func roundTowardsZero(_ value: Double) -> Double {
  // As below.
  guard value.magnitude < 4_503_599_627_370_496 else { return value }
  return Double(Int64(value))
}

/// The least whole number not below `value`: `Dictionary` asks for it.
@c(ceil)
public func roundUp(_ value: Double) -> Double {
  // At 2^52 and beyond all are whole; a number that is none stays that.
  guard value.magnitude < 4_503_599_627_370_496 else { return value }
  let whole = Double(Int64(value))
  return whole < value ? whole + 1 : whole
}
