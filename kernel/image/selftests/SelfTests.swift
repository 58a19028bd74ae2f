import KernelCore
import KernelHAL
import MnosABI
import PlatformCommon

/// What self-tests may use: the booted machine before its first process.
struct SelfTestMachine: ~Copyable {
  var frames: FrameAllocator
  let window: PhysicalWindow
  let root: PhysicalAddress
  let windowBase: UInt64

  /// Physical address of the entry for a page that the kernel's tables have not mapped; nil if it
  /// is mapped, or there is no lowest table for it.
  borrowing func emptyEntry(of page: UInt64, _ format: CurrentPlatform.Format) -> UInt64? {
    var walk = PageTableWalk(to: page, from: root, levelCount: format.levelCount)
    while walk.level > 0 {
      let entry = window.load(walk.entryAddress, as: UInt64.self)
      guard case .table(let next) = format.decode(entry, level: walk.level) else { return nil }
      walk.descend(to: next)
    }
    let entry = window.load(walk.entryAddress, as: UInt64.self)
    return format.decode(entry, level: 0) == .empty ? walk.entryAddress : nil
  }

  /// Where the kernel's tables have a page; nil if it is not mapped.
  borrowing func physicalAddress(
    of page: UInt64, _ format: CurrentPlatform.Format
  ) -> UInt64? {
    var table = root.rawValue
    var level = format.levelCount - 1
    while level >= 0 {
      let shift = UInt64(12 + 9 * level)
      let entry = window.load(table + (page >> shift & 511) * 8, as: UInt64.self)
      switch format.decode(entry, level: level) {
      case .empty: return nil
      case .table(let next): table = next.rawValue
      case .leaf(let base, _): return base.rawValue + page & (1 << shift - 1) & ~4095
      }
      level -= 1
    }
    return nil
  }
}

/// One suite: a name, and its tests by index.
protocol SelfTestSuite {
  static var name: StaticString { get }
  static var count: Int { get }
  /// The name of test `index`; it states the fact.
  static func testName(_ index: Int) -> StaticString
  /// Whether the fact holds.
  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool
}

extension BootSequence {
  /// Runs the self-tests that the options name, says how they went, and turns the machine
  /// off. Lines: `selftest: SUITE.TEST: PASS|FAIL`, then `selftest: result: PASS|FAIL`.
  mutating func runSelfTests(
    _ loader: LimineBoot, _ memory: inout BootMemory, root: PhysicalAddress
  ) {
    // SAFETY: the kernel's own tables show all RAM in the window.
    let window = unsafe PhysicalWindow(windowBase: windowBase)
    var machine = SelfTestMachine(
      frames: memory.frames, window: window, root: root, windowBase: windowBase)
    var failures = 0
    var executed = 0
    run(FrameSelfTests.self, loader, &machine, &executed, &failures)
    run(PageTableSelfTests.self, loader, &machine, &executed, &failures)
    run(CacheSelfTests.self, loader, &machine, &executed, &failures)
    run(ClockSelfTests.self, loader, &machine, &executed, &failures)
    if !options.suite.isEmpty {
      run(PanicSelfTests.self, loader, &machine, &executed, &failures)
    }
    if executed == 0 { platform.write("selftest: no such suite\n") }
    let passed = failures == 0 && executed > 0
    platform.write(passed ? "selftest: result: PASS\n" : "selftest: result: FAIL\n")
    platform.powerOff()
    platform.halt()
  }

  private mutating func run<Suite: SelfTestSuite>(
    _ suite: Suite.Type, _ loader: LimineBoot, _ machine: inout SelfTestMachine,
    _ executed: inout Int, _ failures: inout Int
  ) {
    guard isWanted(Suite.name, loader) else { return }
    for index in 0..<Suite.count {
      let passed = Suite.run(index, &machine, &platform)
      platform.write("selftest: ")
      platform.write(Suite.name)
      platform.write(".")
      platform.write(Suite.testName(index))
      platform.write(passed ? ": PASS\n" : ": FAIL\n")
      executed += 1
      if !passed { failures += 1 }
    }
  }

  private func isWanted(_ suite: StaticString, _ loader: LimineBoot) -> Bool {
    let wanted = options.suite
    guard !wanted.isEmpty else { return true }
    guard let line = loader.kernelFile?.commandLine else { return false }
    return line.withBytes { BootOptions.matches(wanted, suite, $0) }
  }
}
