import KernelHAL
import MnosABI

/// All of the kernel's state, and the machine it runs on.
///
/// One value: nothing is global, so a test runs as many kernels as it likes. Every method
/// that changes it is one atomic step, made with the kernel lock held and interrupts masked.
/// Entry code calls `enter`, one of the entry methods, then `leave`.
public struct Kernel<P: Platform & ~Copyable>: ~Copyable {
  public var platform: P
  public let objects: ObjectStore<P>
  let window: PhysicalWindow
  let format: P.Format

  public internal(set) var frames: FrameAllocator
  var pools: ObjectPools<P>

  /// One per CPU that takes part, and the one whose entry is being handled.
  var cpus: [64 of ObjectID<CPUState>] = .init(repeating: .none)
  var cpu = ObjectID<CPUState>.none

  /// The root table whose upper entries every address space shares.
  public let kernelRoot: PhysicalAddress
  var identifiers = IdentifierSet()
  /// Claimed interrupts, chained by line modulo 64.
  var interrupts: [64 of InterruptID] = .init(repeating: .none)

  /// Processes that are ending, in order.
  var endingHead = ProcessID.none
  var endingTail = ProcessID.none
  /// At which priority ending goes on: the highest of those who caused it; -1 if none is.
  var reapPriority = -1
  /// The first process, and how it ended if it did: nothing can run without it.
  var firstProcess = ProcessID.none
  public internal(set) var firstProcessEnd: ProcessEnd?
  /// The chunk of a capability table that this entry added, in case its call fails.
  var grown = (process: ProcessID.none, chunk: UInt16(0))
  /// Frames that the kernel took before the allocator existed: image, tables, marks.
  public var kernelFrames: UInt64 = 0
  /// Slots that are not free, in all tables.
  public internal(set) var capabilityCount: UInt64 = 0

  /// - Parameters:
  ///   - frames: All free RAM below `Granule.reach`.
  ///   - kernelRoot: The kernel's own page table.
  /// - Precondition: There is a free frame for each CPU. The platform's window shows all RAM
  ///   that `frames` holds.
  public init(
    platform: consuming P, frames: FrameAllocator, kernelRoot: PhysicalAddress
  ) {
    let windowBase = platform.physicalWindowBase
    // SAFETY: the precondition on the platform's window.
    unsafe objects = ObjectStore(windowBase: windowBase)
    // SAFETY: as above.
    unsafe window = PhysicalWindow(windowBase: windowBase)
    format = platform.pageTableFormat
    self.frames = frames
    self.kernelRoot = kernelRoot
    self.pools = ObjectPools()
    self.platform = platform
    for index in 0..<min(self.platform.cpuCount, 64) {
      guard let frame = self.frames.allocate() else { kernelBug("no frame for a CPU") }
      cpus[index] = ObjectID(granule: frame * Granule.perFrame)
      objects[cpus[index]] = CPUState()
    }
    cpu = cpus[0]
  }

  /// A kernel in the same state on a copy of the machine: from here both go their own ways.
  ///
  /// All that names an object is a number relative to the window, so the state is copied
  /// as it stands. For tests, which fork a run, step both and compare.
  ///
  /// - Precondition: `platform` is a copy of this kernel's, with RAM of its own that holds
  ///   the same bytes.
  public init(copying original: borrowing Kernel, onto platform: consuming P) {
    let windowBase = platform.physicalWindowBase
    // SAFETY: the precondition on the platform's RAM.
    unsafe objects = ObjectStore(windowBase: windowBase)
    // SAFETY: as above.
    unsafe window = PhysicalWindow(windowBase: windowBase)
    format = original.format
    frames = original.frames.seen(through: window)
    pools = original.pools
    cpus = original.cpus
    cpu = original.cpu
    kernelRoot = original.kernelRoot
    identifiers = original.identifiers
    interrupts = original.interrupts
    endingHead = original.endingHead
    endingTail = original.endingTail
    reapPriority = original.reapPriority
    firstProcess = original.firstProcess
    firstProcessEnd = original.firstProcessEnd
    grown = original.grown
    kernelFrames = original.kernelFrames
    capabilityCount = original.capabilityCount
    self.platform = platform
  }

  /// Begins an entry on a CPU.
  ///
  /// - Precondition: `index` is below the platform's CPU count.
  @inline(__always)
  public mutating func enter(cpu index: Int) { cpu = cpus[index] }

  /// The thread that runs on the entering CPU, or none while it idles.
  public var current: ThreadID {
    @inline(__always) get { objects[cpu].current }
  }
}

/// How a process ended.
public struct ProcessEnd: BitwiseCopyable {
  /// See `ExitValue`.
  public let exitValue: UInt64
  /// Where it faulted, if it did.
  public let faultAddress: UInt64
  public let faultPC: UInt64
}

/// The pools, one per type of object.
struct ObjectPools<P: Platform & ~Copyable> {
  var threads = ObjectPool(objectByteCount: MemoryLayout<Thread<P>>.size)
  var processes = ObjectPool(objectByteCount: MemoryLayout<Process>.size)
  var endpoints = ObjectPool(objectByteCount: MemoryLayout<Endpoint>.size)
  var notifications = ObjectPool(objectByteCount: MemoryLayout<Notification>.size)
  var memories = ObjectPool(objectByteCount: MemoryLayout<MemoryObject>.size)
  var mappings = ObjectPool(objectByteCount: MemoryLayout<Mapping>.size)
  var interrupts = ObjectPool(objectByteCount: MemoryLayout<Interrupt>.size)
  var budgets = ObjectPool(objectByteCount: MemoryLayout<Budget>.size)
}
