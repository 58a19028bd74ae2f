import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Builds a kernel and its first process, as KernelImage does on a machine.
enum Boot {
  /// Frames at the start of RAM that the kernel's image would take: root, a table, marks.
  private static let rootFrame: UInt64 = 0
  private static let tableFrame: UInt64 = 1
  private static let markFrame: UInt64 = 2

  static func makeKernel(_ configuration: SimulatedPlatform.Configuration) -> TestKernel {
    let platform = SimulatedPlatform(configuration)
    let base = configuration.ramBase
    let root = base + rootFrame * 4096
    makeKernelTables(platform, root: root, table: base + tableFrame * 4096)
    let first = FrameNumber(base >> 12)
    let end = first + FrameNumber(configuration.frameCount)
    let markBytes = FrameAllocator.tableByteCount(first: first, end: end)
    // SAFETY: the simulated machine's window shows all of its RAM for as long as it lives.
    let window = unsafe PhysicalWindow(windowBase: platform.physicalWindowBase)
    var frames = FrameAllocator(window: window)
    frames.addRange(first: first, end: end, table: base + markFrame * 4096)
    let used = markFrame + markBytes / 4096
    frames.add(
      first: first + FrameNumber(used), count: UInt64(configuration.frameCount) - used)
    return TestKernel(
      platform: platform, frames: frames, kernelRoot: PhysicalAddress(root))
  }

  /// A kernel half with one large page in it.
  private static func makeKernelTables(
    _ platform: borrowing SimulatedPlatform, root: UInt64, table: UInt64
  ) {
    let format = platform.pageTableFormat
    for index in 0..<512 as Range<UInt64> {
      platform.setPhysicalWord(0, at: root + index * 8)
      platform.setPhysicalWord(0, at: table + index * 8)
    }
    platform.setPhysicalWord(
      format.makeTable(at: PhysicalAddress(table)), at: root + 300 * 8)
    guard format.levelCount == 3 else { return }
    platform.setPhysicalWord(
      format.makeLeaf(
        at: PhysicalAddress(root & ~0x1f_ffff), rights: .read.union(.global), level: 1),
      at: table)
  }

  /// Makes init with its boot capabilities and lets its thread run.
  static func startInit(
    _ kernel: inout TestKernel, objectLimit: UInt64
  ) -> (process: ProcessID, thread: ThreadID, budget: BudgetID) {
    do {
      let budget = kernel.makeRootBudget(objectLimit: objectLimit)
      let process = try kernel.makeProcess(budget)
      let thread = try kernel.makeThread(budget, in: process, priority: TestMachine.priority)
      try kernel.growTable(of: process)
      kernel.growth.count = 0
      func give(_ index: UInt16, _ type: ObjectType, _ object: AnyObjectID) {
        let slot = kernel.objects[process].table.slot(at: index, in: kernel.objects)
        kernel.objects.fill(slot, type, object, rights: .all)
      }
      give(1, .process, process.header)
      give(2, .thread, thread.header)
      give(3, .budget, budget.header)
      give(4, .machine, .none)
      kernel.objects[thread].registers = SimulatedRegisters(
        entry: VirtualAddress(0x10_0000), stack: VirtualAddress(0x20_0000), argument: 0)
      kernel.objects[process].state = .running
      kernel.objects.makeReady(thread)
      return (process, thread, budget)
    } catch {
      fatalError("init does not fit: \(error)")
    }
  }
}
