import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

@Suite struct DeviceMemoryRulesTests {
  private static let page: UInt64 = 4096

  @Test func withoutRulesEverythingIsADevices() {
    let rules = DeviceMemoryRules()

    #expect(rules.permits(base: 0, byteCount: Self.page))
    #expect(!rules.permits(base: 0, byteCount: 0))
    #expect(!rules.permits(base: 0 &- Self.page, byteCount: 2 * Self.page))
  }

  @Test(arguments: [
    (0x0f000, 1, true), (0x0f000, 2, false), (0x10000, 1, false), (0x11000, 1, false),
    (0x12000, 1, true), (0x00000, 64, false), (0x11fff, 1, false),
  ] as [(UInt64, UInt64, Bool)])
  func pagesOfARangeAreRefused(base: UInt64, pages: UInt64, isPermitted: Bool) {
    var rules = DeviceMemoryRules()
    rules.refuse(base: 0x10800, byteCount: 0x1000)

    #expect(rules.permits(base: base, byteCount: pages * Self.page) == isPermitted)
  }

  @Test func holesBetweenRangesStayPermitted() {
    var rules = DeviceMemoryRules()
    rules.refuse(base: 0x10_0000_0000, byteCount: 0x1_0000_0000)
    rules.refuse(base: 0, byteCount: 0x8000_0000)

    #expect(rules.permits(base: 0xfee0_0000, byteCount: Self.page))
    #expect(!rules.permits(base: 0x7fff_f000, byteCount: Self.page))
    #expect(!rules.permits(base: 0x10_0000_0000, byteCount: Self.page))
    #expect(rules.permits(base: 0x11_0000_0000, byteCount: Self.page))
  }

  @Test func rangesThatTouchBecomeOne() {
    var rules = DeviceMemoryRules()
    for index in (0..<1_000 as Range<UInt64>).reversed() {
      rules.refuse(base: index * Self.page, byteCount: Self.page)
    }
    rules.refuse(base: 500 * Self.page, byteCount: 10 * Self.page)

    #expect(rules.count == 1)
    #expect(!rules.permits(base: 999 * Self.page, byteCount: Self.page))
    #expect(rules.permits(base: 1_000 * Self.page, byteCount: Self.page))
  }

  @Test func theEndOfTheAddressSpaceIsRefusedWhole() {
    var rules = DeviceMemoryRules()
    rules.refuse(base: 0x1000, byteCount: .max)

    #expect(rules.permits(base: 0, byteCount: Self.page))
    #expect(!rules.permits(base: 0x1000, byteCount: Self.page))
    #expect(!rules.permits(base: UInt64.max - 8191, byteCount: Self.page))
  }

  /// More ranges than there is room for: each stays refused, and what is far from all of them
  /// stays permitted.
  @Test func tooManyRangesRefuseMoreAndNeverLess() {
    var rules = DeviceMemoryRules()
    let ranges = (0..<300 as Range<UInt64>).map { $0.hashed % 100_000 * 2 * Self.page }

    for base in ranges { rules.refuse(base: base, byteCount: Self.page) }

    #expect(rules.count <= DeviceMemoryRules.capacity)
    for base in ranges { #expect(!rules.permits(base: base, byteCount: Self.page)) }
    #expect(rules.permits(base: 1 << 40, byteCount: Self.page))
  }

  // MARK: In use

  /// RAM below and above a hole, as on a PC with memory above 4 GiB.
  @Test func aHoleInRAMIsNoRAM() {
    let platform = SimulatedPlatform()
    // SAFETY: the simulated machine's window shows its RAM for as long as it lives.
    let window = unsafe PhysicalWindow(windowBase: platform.physicalWindowBase)
    let start = platform.ramRange.lowerBound
    let first = FrameNumber(start >> 12)
    var frames = FrameAllocator(window: window)

    frames.addRange(first: first, end: first + 64, table: start)
    frames.add(first: first + 1, count: 15)
    frames.add(first: first + 32, count: 32)

    func permits(_ frame: UInt64) -> Bool {
      frames.deviceRules.permits(base: start + frame * Self.page, byteCount: Self.page)
    }
    #expect(permits(16))
    #expect(permits(31))
    #expect(permits(64))
    for frame in [0, 1, 15, 32, 63] as [UInt64] { #expect(!permits(frame)) }
    #expect(platform.ramRange.contains(start))
  }

  @Test func createAsksTheRules() {
    let machine = TestMachine()
    func status(at base: UInt64) -> SyscallStatus? {
      machine.call(
        machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.memory.rawValue), 0xffff,
        [4096, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), base]
      ).status
    }
    let kernel: UInt64 = 0x2000_0000
    #expect(status(at: kernel) == .ok)

    machine.kernel.frames.deviceRules.refuse(base: kernel, byteCount: 0x10_0000)

    #expect(status(at: kernel) == .badArgument)
    #expect(status(at: kernel + 0x0f_f000) == .badArgument)
    #expect(status(at: kernel + 0x10_0000) == .ok)
    #expect(machine.findings == [])
  }
}
