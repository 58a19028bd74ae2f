/// (F) What a process keeps for itself: whose authority its memory comes from, which of its
/// addresses are free, and its heap.
///
/// There is one per process, made before the program's own code runs; on the host there is
/// none, and what needs it throws `unavailable`.
@safe struct OwnProcess: ~Copyable {
  let budget: Handle
  /// The page that the start argument named.
  let startPage: UInt64
  private let lock = BlockingLock()
  private var addresses: AddressAllocator
  private var random: RandomState
  private var heap = Heap()

  // SAFETY: set once, by start-up code, while the process has one thread.
  nonisolated(unsafe) private static var current: UnsafeMutablePointer<OwnProcess>?

  init(budget: Handle, startPage: UInt64, seed: UInt64) {
    self.budget = budget
    self.startPage = startPage
    random = RandomState(seed: seed)
    let start = AddressLayout.place(
      AddressLayout.mappingByteCount, alignment: Heap.arenaByteCount,
      in: AddressLayout.mappings, using: &random)
    addresses = AddressAllocator(start: start, end: start + AddressLayout.mappingByteCount)
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
    addresses.allocate(byteCount: byteCount, alignment: alignment)
  }

  mutating func releaseAddresses(_ address: UInt64, byteCount: UInt64) {
    addresses.free(address, byteCount: byteCount)
  }

  mutating func nextRandom() -> UInt64 { random.next() }

  /// - Returns: 0 if no memory is left.
  mutating func allocate(byteCount: Int, alignment: Int) -> UInt {
    var pages = BudgetPages(budget: budget, addresses: addresses)
    defer { addresses = pages.addresses }
    return heap.allocate(byteCount: byteCount, alignment: alignment, from: &pages)
  }

  mutating func free(_ address: UInt) {
    var pages = BudgetPages(budget: budget, addresses: addresses)
    defer { addresses = pages.addresses }
    heap.free(address, to: &pages)
  }
}
