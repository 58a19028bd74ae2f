import KernelCore
import KernelHAL
import MnosABI

/// The frame allocator on the machine's real memory.
enum FrameSelfTests: SelfTestSuite {
  static var name: StaticString { "frames" }
  static var count: Int { 6 }

  static func testName(_ index: Int) -> StaticString {
    switch index {
    case 0: "everyFrameIsWritable"
    case 1: "runsAreContiguousAndAligned"
    case 2: "freeingRestoresTheCount"
    case 3: "impossibleRunsAreRefused"
    case 4: "MEM_017_ramIsNoDevice"
    default: "MEM_017_theKernelIsNoDevice"
    }
  }

  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    switch index {
    case 0: everyFrameIsWritable(&machine)
    case 1: runsAreContiguous(&machine)
    case 2: freeingRestoresTheCount(&machine)
    case 3: impossibleRunsAreRefused(&machine)
    case 4: ramIsNoDevice(&machine)
    default: theKernelIsNoDevice(machine, platform)
    }
  }

  /// Takes up to 4,096 frames, marks each with its number, and finds each mark again.
  private static func everyFrameIsWritable(_ machine: inout SelfTestMachine) -> Bool {
    var first: FrameNumber = 0
    var taken: UInt64 = 0
    // The frames are chained through their second word.
    while taken < 4096, let frame = machine.frames.allocate() {
      machine.window.store(UInt64(frame) ^ 0x5a5a, at: frame << 12)
      machine.window.store(UInt64(first), at: frame << 12 + 8)
      first = frame
      taken += 1
    }
    var isGood = taken > 0
    while first != 0 {
      let address = UInt64(first) << 12
      if machine.window.load(address, as: UInt64.self) != UInt64(first) ^ 0x5a5a { isGood = false }
      let next = FrameNumber(
        truncatingIfNeeded: machine.window.load(address + 8, as: UInt64.self))
      machine.frames.free(first, count: 1)
      first = next
    }
    return isGood
  }

  private static func runsAreContiguous(_ machine: inout SelfTestMachine) -> Bool {
    guard let run = machine.frames.allocate(count: 37) else { return false }
    guard let other = machine.frames.allocate(count: 5) else { return false }
    let areApart = other + 5 <= run || run + 37 <= other
    machine.frames.free(run, count: 37)
    machine.frames.free(other, count: 5)
    return areApart
  }

  private static func freeingRestoresTheCount(_ machine: inout SelfTestMachine) -> Bool {
    let before = machine.frames.freeCount
    guard let one = machine.frames.allocate(), let run = machine.frames.allocate(count: 100) else {
      return false
    }
    let isCounted = machine.frames.freeCount == before - 101
    machine.frames.free(run, count: 100)
    machine.frames.free(one, count: 1)
    return isCounted && machine.frames.freeCount == before
  }

  private static func ramIsNoDevice(_ machine: inout SelfTestMachine) -> Bool {
    guard let frame = machine.frames.allocate() else { return false }
    defer { machine.frames.free(frame, count: 1) }
    return !machine.frames.deviceRules.permits(base: frame << 12, byteCount: 4096)
  }

  /// Every page of the image, found by the kernel's own tables.
  private static func theKernelIsNoDevice(
    _ machine: borrowing SelfTestMachine, _ platform: borrowing CurrentPlatform
  ) -> Bool {
    var found = 0
    var page = ImageLayout.start
    while page < ImageLayout.end {
      if let frame = machine.physicalAddress(of: page, platform.pageTableFormat) {
        guard !machine.frames.deviceRules.permits(base: frame, byteCount: 4096) else {
          return false
        }
        found += 1
      }
      page += 4096
    }
    return found > 0
  }

  private static func impossibleRunsAreRefused(_ machine: inout SelfTestMachine) -> Bool {
    machine.frames.allocate(count: 0) == nil
      && machine.frames.allocate(count: 1 << 30) == nil
      && machine.frames.allocate(count: .max) == nil
  }
}
