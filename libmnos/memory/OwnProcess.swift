/// (F) What a process keeps for itself: whose authority its memory comes from, which of its
/// addresses are free, its heap, and its threads.
///
/// There is one per process, made before the program's own code runs; on the host there is
/// none, and what needs it throws `unavailable`.
@safe struct OwnProcess: ~Copyable {
  let budget: Handle
  /// The process itself, which its start context owns.
  let process: Handle
  /// The page that the start argument named.
  let startPage: UInt64
  private let lock = BlockingLock()
  private var pages: BudgetPages
  private var random: RandomState
  private var heap = Heap()
  private var threads = ThreadRegistry()

  // SAFETY: set once, by start-up code, while the process has one thread.
  nonisolated(unsafe) private static var current: UnsafeMutablePointer<OwnProcess>?

  init(_ identity: ProcessIdentity, startPage: UInt64) {
    budget = identity.budget
    process = identity.process
    self.startPage = startPage
    random = RandomState(seed: identity.seed)
    _ = threads.add(identity.mainThread)
    let start = AddressLayout.place(
      AddressLayout.mappingByteCount, alignment: Heap.arenaByteCount,
      in: AddressLayout.mappings, using: &random)
    let addresses = AddressAllocator(start: start, end: start + AddressLayout.mappingByteCount)
    pages = BudgetPages(budget: identity.budget, addresses: addresses)
  }

  /// - Parameter state: initialised, never freed.
  @unsafe static func install(_ state: UnsafeMutablePointer<OwnProcess>) {
    unsafe current = state
  }

  /// Runs `body` with the state to itself.
  static func withLock<R: ~Copyable>(
    _ body: (inout OwnProcess) throws(SyscallStatus) -> R
  ) throws(SyscallStatus) -> R {
    // SAFETY: `install` promised a live pointee; the lock makes this its only user, but for
    // the constants and the lock itself, which all may read at any time.
    guard let state = unsafe current else { throw .unavailable }
    unsafe state.pointee.lock.lock()
    defer { unsafe state.pointee.lock.unlock() }
    return try unsafe body(&state.pointee)
  }

  /// The start page's address, or 0 where there is none.
  static var startPageAddress: UInt64 {
    // SAFETY: a constant of a state that is never freed.
    guard let state = unsafe current else { return 0 }
    return unsafe state.pointee.startPage
  }

  /// Makes the lock fit for several threads.
  static func prepareForThreads() throws(SyscallStatus) {
    // SAFETY: as in `withLock`; the lock's own state is atomic.
    guard let state = unsafe current else { throw .unavailable }
    guard unsafe !state.pointee.lock.canWait else { return }
    let budget = unsafe UInt64(state.pointee.budget.rawValue)
    let handle = try SystemCall.invoke(
      .create, budget, UInt64(ObjectType.notification.rawValue), UInt64(SlotChoice.any))
    let notification = Notification(adopting: Handle(value: handle))
    try unsafe state.pointee.lock.allowWaiting(on: notification)
  }

  mutating func reserveAddresses(
    byteCount: UInt64, alignment: UInt64 = Limits.pageByteCount
  ) -> UInt64? {
    pages.addresses.allocate(byteCount: byteCount, alignment: alignment)
  }

  mutating func releaseAddresses(_ address: UInt64, byteCount: UInt64) {
    pages.addresses.free(address, byteCount: byteCount)
  }

  mutating func nextRandom() -> UInt64 { random.next() }

  /// - Returns: 0 if no memory is left.
  mutating func allocate(byteCount: Int, alignment: Int) -> UInt {
    heap.allocate(byteCount: byteCount, alignment: alignment, from: &pages)
  }

  mutating func free(_ address: UInt) { heap.free(address, to: &pages) }
}

// Threads, and the end of the process.
extension OwnProcess {
  /// Notes a thread that the end of the program has to end.
  ///
  /// - Throws: `noSlot` if there are `ThreadRegistry.capacity` already.
  mutating func addThread(_ entry: ThreadRegistry.Entry) throws(SyscallStatus) {
    guard threads.add(entry) else { throw .noSlot }
  }

  mutating func removeThread(_ thread: Handle) { threads.remove(thread) }

  /// Ends every thread but the caller's, so that the caller's exit value is the process's.
  ///
  /// It allocates nothing: it is what a program without memory does last.
  static func endOtherThreads() {
    // A variable of the caller's tells its stack, and that tells its thread.
    var marker: UInt8 = 0
    // SAFETY: the address is taken as a number; nothing is read through it.
    let address = unsafe withUnsafeMutablePointer(to: &marker) { UInt64(UInt(bitPattern: $0)) }
    try? withLock { $0.endThreads(exceptOnStackAt: address) }
  }

  /// - Parameter address: In the stack of the thread that goes on.
  func endThreads(exceptOnStackAt address: UInt64) {
    let own = threads.index(ofStackAt: address)
    for index in 0..<threads.count where index != own {
      _ = try? SystemCall.invoke(.destroy, UInt64(threads[index].thread.rawValue))
    }
    // A thread that was made by system calls alone is known to the kernel only. There is no
    // way left to end with a value then, and an end without one is better than none.
    let state = try? SystemCall.query(.query, UInt64(process.rawValue))
    if let state, state[2] > 1 {
      _ = try? SystemCall.invoke(.destroy, UInt64(process.rawValue))
    }
  }
}

/// What a process knows about itself from the page that it was started with.
struct ProcessIdentity {
  var budget = Handle.none
  var process = Handle.none
  var mainThread = ThreadRegistry.Entry()
  var seed: UInt64 = 0
}
