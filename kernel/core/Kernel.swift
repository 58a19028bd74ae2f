import KernelHAL
import MnosABI

/// All of the kernel's state, and the machine it runs on.
///
/// One value: nothing is global, so a test runs as many kernels as it likes. Every method
/// that changes it is one atomic step, made with the kernel lock held and interrupts masked.
/// Entry code calls `enter`, one of the entry methods, then `leave`.
///
/// What calls between processes look at comes first, and what is large last: an instruction reaches a
/// field near the start at no further cost.
public struct Kernel<P: Platform & ~Copyable>: ~Copyable {
  public let objects: ObjectStore<P>
  /// The CPU whose entry is being handled.
  var cpu = CPUID.none
  public var platform: P
  let window: PhysicalWindow
  let format: P.Format
  /// The root table whose upper entries every address space shares.
  public let kernelRoot: PhysicalAddress
  var identifiers = IdentifierSet()
  /// Chunks of tables that this entry added, in case it does not use them.
  var growth = TableGrowth()
  /// Frames that the kernel uses for itself: image, tables, marks, what CPUs and `shared` need.
  public var kernelFrames: UInt64 = 0
  public internal(set) var frames: FrameAllocator

  /// - Parameters:
  ///   - frames: All free RAM.
  ///   - kernelRoot: The kernel's own page table.
  /// - Precondition: There is a free frame for each CPU and one more. The platform's window
  ///   shows all RAM that `frames` holds.
  public init(
    platform: consuming P, frames: FrameAllocator, kernelRoot: PhysicalAddress
  ) {
    let windowBase = platform.physicalWindowBase
    var frames = frames
    guard let sharedFrame = frames.allocateForObjects() else {
      kernelBug("no frame for the kernel")
    }
    // SAFETY: the precondition on the platform's window; the frame is ours.
    unsafe objects = ObjectStore(
      windowBase: windowBase, origin: frames.objectOrigin, sharedFrame: sharedFrame)
    // SAFETY: as above.
    unsafe window = PhysicalWindow(windowBase: windowBase)
    format = platform.pageTableFormat
    self.kernelRoot = kernelRoot
    let cpuCount = min(platform.cpuCount, 64)
    self.platform = platform
    objects.shared = SharedState(origin: frames.objectOrigin)
    objects.shared.cpuCount = cpuCount
    for index in 0..<cpuCount {
      guard let frame = frames.allocateForObjects() else { kernelBug("no frame for a CPU") }
      let id = CPUID.place(in: objects.place(of: frame))
      objects[id] = CPUState(index: index)
      objects.shared.cpus[index] = id
    }
    self.frames = frames
    kernelFrames = UInt64(cpuCount) + 1
    cpu = objects.shared.cpus[0]
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
    unsafe objects = original.objects.seen(from: windowBase)
    // SAFETY: as above.
    unsafe window = PhysicalWindow(windowBase: windowBase)
    format = original.format
    frames = original.frames.seen(through: window)
    cpu = original.cpu
    kernelRoot = original.kernelRoot
    identifiers = original.identifiers
    growth = original.growth
    kernelFrames = original.kernelFrames
    self.platform = platform
  }

  /// Begins an entry on a CPU.
  ///
  /// - Precondition: `index` is below the platform's CPU count.
  @inline(__always)
  public mutating func enter(cpu index: Int) { cpu = objects.shared.cpus[index] }

  /// The thread that runs on the entering CPU, or none while it idles.
  public var current: ThreadID {
    @inline(__always) get { objects[cpu].current }
  }
}

