import KernelHAL
import MnosABI

/// An address space, a capability table and threads.
public struct Process: BitwiseCopyable {
  var table: CapabilityTable
  let space: AddressSpaceTag
  let budget: BudgetID

  var state = ProcessState.new
  var exitValue: UInt64 = 0
  var firstThread = ThreadID.none
  var threadCount: UInt32 = 0
  var capabilityCount: UInt32 = 0

  var firstMapping = MappingID.none
  var mappingCount: UInt32 = 0
  /// Frames of its page tables, the root included.
  var tableFrames: UInt32 = 1

  /// Slot of the notification that is signalled when it ends or stops.
  var supervisor = SlotID.none
  var ports = PortSet()
  /// Slots of the port ranges, in the order of `ports`.
  var portSlots: (SlotID, SlotID, SlotID, SlotID) = (.none, .none, .none, .none)

  /// Timestamp ticks used by threads that ended.
  var endedTime: UInt64 = 0
  var faultAddress: UInt64 = 0
  var faultPC: UInt64 = 0

  /// How far `Kernel.endStep` has come, and the next process to be ended.
  var endStage = EndStage.threads
  var endCursor: UInt16 = 0
  var nextEnding = ProcessID.none

  init(table: CapabilityTable, space: AddressSpaceTag, budget: BudgetID) {
    self.table = table
    self.space = space
    self.budget = budget
  }

  var isAlive: Bool { state != .ending && state != .ended }
}

/// The stages of giving back what a process held, in order.
public enum EndStage: UInt8, BitwiseCopyable { case threads, capabilities, ports, mappings, memory }
