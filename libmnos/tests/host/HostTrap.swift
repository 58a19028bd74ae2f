import Libmnos

/// (F) What stands for the kernel in a host test: a function that gets every system call.
///
/// One at a time in a process: suites that set it are serialized.
public enum HostTrap {
  /// Answers a call by changing its registers.
  public typealias Handler = (inout CallRegisters) -> Void

  // SAFETY: set and used by one thread at a time, which `answering` and its callers see to.
  nonisolated(unsafe) private static var handler: Handler?

  /// Runs `body` with `newHandler` as the kernel.
  public static func answering<R>(
    by newHandler: @escaping Handler, _ body: () throws -> R
  ) rethrows -> R {
    unsafe handler = newHandler
    defer { unsafe handler = nil }
    return try body()
  }

  /// Without a kernel every call answers `unavailable`.
  static func handle(_ registers: inout CallRegisters) {
    guard let handler = unsafe handler else {
      registers.call = ResultWord(.unavailable).rawValue
      registers.argument0 = 0
      return
    }
    handler(&registers)
  }
}

/// The symbol that assembly provides on a machine.
@c(mnos_perform_call)
public func performCall(_ registers: UnsafeMutableRawPointer) {
  // SAFETY: `SystemCall.perform` passes its record, for the time of the call.
  unsafe HostTrap.handle(&registers.assumingMemoryBound(to: CallRegisters.self).pointee)
}

/// Where a machine's further threads begin; no host test starts one.
@c(mnos_thread_entry)
public func threadEntry() { fatalError("a thread was started on the host") }
