import KernelHAL
import MnosABI

/// A thread: its registers, what it waits for, and what is left of it when it ends.
///
/// The registers come first: their address is the thread's, and entry code saves there.
public struct Thread<P: Platform & ~Copyable>: BitwiseCopyable {
  public internal(set) var registers: P.Registers
  var extended = P.ExtendedState()

  let process: ProcessID
  let budget: BudgetID
  public internal(set) var state = ThreadState.new
  public internal(set) var isSuspended = false
  public internal(set) var priority: UInt8
  /// The CPU whose run queue it uses.
  var cpu: UInt8 = 0
  /// Whether it stands in its CPU's run queue.
  var isQueued = false

  // Its place in the one queue it is in: a run queue, an endpoint's or a notification's.
  var nextInQueue = ThreadID.none
  var previousInQueue = ThreadID.none
  // Its process's threads.
  var nextOfProcess = ThreadID.none
  var previousOfProcess = ThreadID.none

  /// The slot it waits through, and its place among those who do.
  var waitSlot = SlotID.none
  var nextOfSlot = ThreadID.none
  var previousOfSlot = ThreadID.none

  /// The message it waits to send, or how it receives.
  var message = PendingMessage()
  /// While awaiting a reply: the slot of the right to answer it.
  var replySlot = SlotID.none

  var timer = TimerNode()
  /// The notification whose word its receives take too, and the slot of the binding.
  var boundNotification = NotificationID.none
  var boundSlot = SlotID.none
  var faultHandler = SlotID.none
  var endWatcher = SlotID.none
  var fault = FaultRecord()

  /// What the kernel does on its behalf before it goes on in user mode.
  public internal(set) var work = Work.none
  var exitValue: UInt64 = 0
  /// Timestamp ticks that it ran.
  var cpuTime: UInt64 = 0
  var capabilityCount: UInt32 = 0

  init(registers: P.Registers, process: ProcessID, budget: BudgetID, priority: UInt8) {
    self.registers = registers
    self.process = process
    self.budget = budget
    self.priority = priority
  }

  /// Whether it can run as soon as a CPU is free.
  var isRunnable: Bool { (state == .ready || state == .running) && !isSuspended }
}

/// The message of a blocked sender, or what a blocked receiver accepts.
struct PendingMessage: BitwiseCopyable {
  var badge: UInt64 = 0
  /// Slots for received capabilities; see `TransferRecord.accepts`.
  var accepts: UInt64 = 0
  /// Source slots of attached capabilities: transit copies or the sender's own.
  var slots: (SlotID, SlotID, SlotID, SlotID) = (.none, .none, .none, .none)
  var rights: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
  /// Bit i: capability i is moved.
  var moves: UInt8 = 0
  var transferCount: UInt8 = 0
  var wordCount: UInt8 = 0
  var isCall = false
  /// Whether the endpoint capability that is received through has `grant`.
  var mayGrant = false
  /// Whether the attached capabilities are parked: in transit.
  var isParked = false
  /// The kernel's report of the thread's own fault, not a call it made.
  var isFault = false
}

/// A fault as it will be reported.
struct FaultRecord: BitwiseCopyable {
  var kind: UInt64 = 0
  var address: UInt64 = 0
  var code: UInt64 = 0
}

/// Kernel work in bounded steps, carried by a thread; see docs/design/kernel.md.
public enum Work: BitwiseCopyable, Equatable {
  case none
  /// End what depends on the slot's capability, then empty it, if it still is of this
  /// generation.
  case delete(SlotID, UInt16)
  /// Delete the slot's descendants, likewise.
  case revoke(SlotID, UInt16)
  /// Clear new memory from this byte on, then fill the slot with a capability to it.
  case clear(MemoryID, SlotID, UInt64)
  /// Fill a mapping's pages.
  case map(MappingID)
  /// Empty a mapping's pages and end it; then answer this status.
  case unmap(MappingID, SyscallStatus)
  /// Change a mapping's pages to its rights, from this page on.
  case protect(MappingID, UInt64)
  /// Finish the thread's own work, then end it. Holds a reference to the thread.
  case destroyThread(ThreadID)
}
