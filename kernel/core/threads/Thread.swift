import KernelHAL
import MnosABI

/// A thread: its registers, what it waits for, and what is left of it when it ends.
///
/// Its header and what a switch looks at fill the first granule; the registers, which entry
/// code saves, begin with the second.
public struct Thread<P: Platform & ~Copyable>: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .thread }
  /// Where the registers are; checked by StoreLayoutTests.
  static var registersOffset: UInt { 64 }

  public internal(set) var header = ObjectHeader(.thread)
  let process: ProcessID
  public internal(set) var state = ThreadState.new
  public internal(set) var isSuspended = false
  /// What the scheduler goes by: its own priority, or 0 while it is throttled.
  public internal(set) var priority: UInt8
  /// Whether it stands in its CPU's run queue.
  var isQueued = false
  /// Its place in the one queue it is in: a run queue, an endpoint's or a notification's.
  var inQueue = Links<ThreadTag>()
  /// The slot it waits through, and its place among those who do.
  var waitSlot = SlotID.none
  var ofSlot = Links<ThreadTag>()
  /// While awaiting a reply: the slot of the right to answer it.
  var replySlot = SlotID.none

  public internal(set) var registers: P.Registers
  var extended = P.ExtendedState()

  /// The slot for the right to answer who calls it: taken when it first receives.
  var spare = SlotID.none
  /// The CPU whose run queue it uses.
  let home: CPUID
  /// The nearest budget with a share of the CPU's time, of the one that it is charged to and
  /// those above; none if its time is not counted.
  let payer: BudgetID
  /// The priority that it was given.
  public internal(set) var ownPriority: UInt8
  /// Whether the share of its payer is spent: it runs when nothing else does.
  public internal(set) var isThrottled = false
  /// Whether its timer has ended that since it was throttled last.
  var hasReturned = false
  /// What it had left when it was preempted. Of the thread that runs, and of those that wait, the
  /// CPU knows.
  var slice = TimeSlice()
  /// Its place among its process's threads, and its height in their tree.
  var ofProcess = TreeLinks<ThreadTag>()
  var height: UInt8 = 0
  /// What tells it from all other threads that its process has had; the first one's is 1.
  let number: UInt64

  /// The message it waits to send, or how it receives.
  var message = PendingMessage()
  var timer = TimerNode()
  /// The notification whose word its receives take too, and the slot of the binding.
  var boundNotification = NotificationID.none
  var boundSlot = SlotID.none
  var faultHandler = SlotID.none
  var endWatcher = SlotID.none
  var fault = FaultRecord()

  /// What it lends with the call that it makes; `message.leases` says how.
  var leased: [2 of LeasedRange] = .init(repeating: LeasedRange())
  /// How far it is in memory that one of its callers lends, while `work` is that.
  var accessing = LeaseAccessProgress()
  /// What the kernel does on its behalf before it goes on in user mode.
  public internal(set) var work = Work.none
  /// Its place among the threads that revoke.
  var revoking = Links<ThreadTag>()
  /// It faulted, and who was to handle that is gone: its process is to be stopped.
  var isUnhandled = false
  /// It ended, and the reaper has taken it out of its process.
  var isDetached = false
  var exitValue: UInt64 = 0
  /// Timestamp ticks that it ran; while it runs, less the timestamp at which it began to.
  var cpuTime: UInt64 = 0

  init(
    registers: P.Registers, process: ProcessID, number: UInt64, priority: UInt8, home: CPUID,
    payer: BudgetID
  ) {
    self.registers = registers
    self.process = process
    self.number = number
    self.priority = priority
    ownPriority = priority
    self.home = home
    self.payer = payer
  }

  /// Whether it can run as soon as a CPU is free.
  var isRunnable: Bool { (state == .ready || state == .running) && !isSuspended }
}

/// What is left of a time slice, and how its thread stands with the reaper, which takes turns
/// with threads of its priority.
///
///     CPU: the slice that runs ── preempted, handed over ──> thread: what is left ── run ──> CPU
///
/// It is in one place only. Who waits has none, so what one thread was given cannot be used again
/// by another that answers it.
struct TimeSlice: BitwiseCopyable {
  private var bits: UInt64 = 0

  init() {}
  /// A whole one that comes before what ends at this priority.
  init(withTurnAt priority: UInt8) {
    bits = Self.turnBit
    self.priority = priority
  }

  private static var turnBit: UInt64 { 1 << 63 }
  private static var lentBit: UInt64 { 1 << 62 }
  private static var priorityShift: UInt64 { 54 }
  private static var leftMask: UInt64 { (1 << priorityShift) - 1 }

  /// Nanoseconds that were not used, or 0 for a whole slice.
  var left: UInt64 {
    get { bits & Self.leftMask }
    set { bits = bits & ~Self.leftMask | newValue }
  }
  /// The priority at which it began. It goes along with calls, but before threads or ends
  /// of another priority it puts nobody.
  var priority: UInt8 {
    get { UInt8(truncatingIfNeeded: bits >> Self.priorityShift) }
    set { bits = bits & ~(0xff << Self.priorityShift) | UInt64(newValue) << Self.priorityShift }
  }
  /// Whether it comes before what ends at its priority.
  var hasTurn: Bool { bits & Self.turnBit != 0 }
  /// Whether the reaper has been busy since the slice began: the thread is owed another.
  var isLent: Bool {
    get { bits & Self.lentBit != 0 }
    set { bits = newValue ? bits | Self.lentBit : bits & ~Self.lentBit }
  }
}

/// The message of a blocked sender, or what a blocked receiver accepts.
struct PendingMessage: BitwiseCopyable {
  var badge: UInt64 = 0
  /// Slots for received capabilities; see `TransferRecord.accepts`.
  var accepts: UInt64 = 0
  /// The attached capabilities of a sender that waits, in transit; `transferCount` of them.
  var parked: [4 of SlotID] = .init(repeating: .none)
  /// The rights that each is reduced to on delivery.
  var masks: [4 of UInt16] = .init(repeating: 0)
  /// Bit i: capability i is moved; else it is a copy, made for this message.
  var moves: UInt8 = 0
  var transferCount: UInt8 = 0
  var wordCount: UInt8 = 0
  /// Whether it is a call, and what that lends: one byte, so that a call which lends nothing says
  /// both with one store.
  var callBits: UInt8 = 0
  /// Whether the endpoint capability that is received through has `grant`.
  var mayGrant = false
  /// Why its answer does not switch to it directly; empty for a call to which that may happen.
  var marks = AnswerMarks()

  static var plainCall: UInt8 { 0x80 }

  /// The kernel's report of the thread's own fault, not a call it made.
  var isFault: Bool { marks.contains(.fault) }
  var isCall: Bool { callBits & Self.plainCall != 0 }
  var leases: Leases { Leases(bits: callBits & ~Self.plainCall) }
}

/// What is special about a call that is answered: each mark keeps the answer off the fast path.
struct AnswerMarks: BitwiseCopyable {
  private var bits: UInt8 = 0

  init() {}
  private init(_ bits: UInt8) { self.bits = bits }

  /// The kernel's report of a fault, to be answered as such.
  static var fault: AnswerMarks { AnswerMarks(1) }
  /// The server runs at its own expense by now.
  static var ownTime: AnswerMarks { AnswerMarks(2) }
  /// The server runs at the caller's expense, and the caller serves somebody itself.
  static var chain: AnswerMarks { AnswerMarks(4) }

  @inline(__always) var isEmpty: Bool { bits == 0 }
  func contains(_ mark: AnswerMarks) -> Bool { bits & mark.bits != 0 }
  mutating func insert(_ mark: AnswerMarks) { bits |= mark.bits }
  mutating func remove(_ mark: AnswerMarks) { bits &= ~mark.bits }
  /// Whether its caller may go on with what it paid for.
  var leavesTimeToCaller: Bool { !contains(.ownTime) && !contains(.chain) }
}

/// Memory of a caller's that the server of its call may reach.
struct LeasedRange: BitwiseCopyable {
  /// Address in the caller's space; the range is in its user half.
  var base: UInt64 = 0
  var byteCount: UInt64 = 0
}

/// Copying between a server's memory and its caller's: what is left to do.
struct LeaseAccessProgress: BitwiseCopyable {
  /// Addresses of the next byte, in the caller's space and in the server's own.
  var lent: UInt64 = 0
  var own: UInt64 = 0
  var left: UInt64 = 0
  /// Bytes copied so far.
  var done: UInt64 = 0
  /// Where in the leased range the first byte is.
  var offset: UInt64 = 0
  /// From the server to its caller, or the other way.
  var isWrite = false
}

/// A fault as it will be reported.
struct FaultRecord: BitwiseCopyable {
  var kind: UInt64 = 0
  var address: UInt64 = 0
  var code: UInt64 = 0
}

/// Kernel work in bounded steps, carried by a thread; see docs/design/kernel.md.
///
/// Between two batches anything can happen to a slot: it is named by a token, or knows the thread
/// in its turn.
public enum Work: BitwiseCopyable, Equatable {
  case none
  /// End what depends on the slot's capability, then empty it.
  case delete(SlotToken)
  /// Delete the slot's descendants.
  case revoke(SlotToken)
  /// Find and clear the frames of the new memory that a reserved slot names, then let it be named.
  case fill(SlotID)
  /// Fill a mapping's pages.
  case map(MappingID)
  /// Empty a mapping's pages and end it; then answer this status.
  case unmap(MappingID, SyscallStatus)
  /// Change a mapping's pages to its rights, from this page on.
  case protect(MappingID, UInt32)
  /// Copy what `Thread.accessing` says, as long as the right to answer stays.
  case access(SlotToken)
}

/// The run queue, endpoint or notification queue that a thread is in.
enum WaitingThreads: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ thread: ThreadID, in store: ObjectStore<P>
  ) -> Links<ThreadTag> {
    @inline(__always) get { store[thread].inQueue }
    @inline(__always) set { store[thread].inQueue = newValue }
  }
}

enum WaitersOfSlot: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ thread: ThreadID, in store: ObjectStore<P>
  ) -> Links<ThreadTag> {
    @inline(__always) get { store[thread].ofSlot }
    @inline(__always) set { store[thread].ofSlot = newValue }
  }
}

/// The threads of a process, by number, until they have ended and are detached.
enum ThreadsOfProcess: TreeRole {
  static subscript<P: Platform & ~Copyable>(
    _ thread: ThreadID, in store: ObjectStore<P>
  ) -> TreeLinks<ThreadTag> {
    get { store[thread].ofProcess }
    set { store[thread].ofProcess = newValue }
  }

  static subscript<P: Platform & ~Copyable>(
    heightOf thread: ThreadID, in store: ObjectStore<P>
  ) -> UInt8 {
    get { store[thread].height }
    set { store[thread].height = newValue }
  }

  static func key<P: Platform & ~Copyable>(
    of thread: ThreadID, in store: ObjectStore<P>
  ) -> UInt64 { store[thread].number }
}

enum Revokers: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ thread: ThreadID, in store: ObjectStore<P>
  ) -> Links<ThreadTag> {
    get { store[thread].revoking }
    set { store[thread].revoking = newValue }
  }
}
