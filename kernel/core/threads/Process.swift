import KernelHAL
import MnosABI

/// An address space, a capability table and threads.
///
/// It lives as long as a capability names it and it has not ended; see `Reaper`.
public struct Process: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .process }

  public internal(set) var header = ObjectHeader(.process)
  var table: CapabilityTable
  let space: AddressSpaceTag

  public internal(set) var state = ProcessState.new
  /// How far the reaper has come, and where in that stage it is.
  var endStage = EndStage.threads
  var endCursor: UInt16 = 0
  /// Its height in the tree of all processes.
  var height: UInt8 = 0
  var ofMachine = TreeLinks<Process>()
  /// What tells it from all other processes that there have been; the first one's is 1.
  let number: UInt64
  /// The number of the process that made it, or 0.
  let maker: UInt64
  var exitValue: UInt64 = 0
  var threads = SearchTree<ThreadsOfProcess>()
  var threadCount: UInt32 = 0
  /// Threads that were ever made in it.
  var threadsMade: UInt64 = 0
  /// Capabilities to it in tables of other processes.
  var foreignNameCount: UInt32 = 0

  var mappings = SearchTree<MappingsOfProcess>()
  /// Frames of its page tables, the root included.
  var tableFrames: UInt32 = 1

  /// Slot of the notification that is signalled when it ends or stops.
  var supervisor = SlotID.none
  var ports = PortSet()
  /// Whether any range of `ports` is not empty.
  var hasPorts = false
  /// Slots of the port ranges, in the order of `ports`.
  var portSlots: [4 of SlotID] = .init(repeating: .none)

  /// Timestamp ticks that its threads ran; while CPUs are in its space, less the timestamps at
  /// which they entered it.
  var cpuTime: UInt64 = 0
  var faultAddress: UInt64 = 0
  var faultPC: UInt64 = 0

  init(table: CapabilityTable, space: AddressSpaceTag, number: UInt64, maker: UInt64) {
    self.table = table
    self.space = space
    self.number = number
    self.maker = maker
  }

  var isAlive: Bool { state != .ending && state != .ended }
}

/// The stages of giving back what a process held, in order.
public enum EndStage: UInt8, BitwiseCopyable {
  case threads, capabilities, ports, mappings, chunks, spaces, done
}

/// The processes that have not ended, by number.
enum ProcessesOfMachine: TreeRole {
  static subscript<P: Platform & ~Copyable>(
    _ process: ProcessID, in store: ObjectStore<P>
  ) -> TreeLinks<Process> {
    get { store[process].ofMachine }
    set { store[process].ofMachine = newValue }
  }

  static subscript<P: Platform & ~Copyable>(
    heightOf process: ProcessID, in store: ObjectStore<P>
  ) -> UInt8 {
    get { store[process].height }
    set { store[process].height = newValue }
  }

  static func key<P: Platform & ~Copyable>(
    of process: ProcessID, in store: ObjectStore<P>
  ) -> UInt64 { store[process].number }
}
