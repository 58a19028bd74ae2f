import KernelHAL
import Testing

@testable import PlatformX86_64

@Suite struct PortBitmapTests {
  /// The ports that a map allows after each set was allowed and some forbidden again.
  private func allowed(_ steps: [(PortRange, Bool)]) -> [Int] {
    var bytes = [UInt8](repeating: 0xff, count: 8192)
    for (range, isAllowed) in steps {
      var ports = PortSet()
      ports.ranges.2 = range
      var map = bytes.mutableSpan
      PortBitmap.set(ports, isAllowed: isAllowed, in: &map)
    }
    return (0..<65_536).filter { bytes[$0 / 8] & 1 << UInt8($0 % 8) == 0 }
  }

  @Test(
    arguments: [
      (0, 1), (0, 8), (7, 1), (7, 2), (0x3f8, 8), (3, 30), (8, 16), (0xcf8, 8), (65_535, 1),
      (65_528, 8), (0, 65_536),
    ] as [(UInt32, UInt32)])
  func rangeIsAllowedExactly(_ first: UInt32, _ count: UInt32) {
    let range = PortRange(first: first, count: count)

    #expect(allowed([(range, true)]) == Array(Int(first)..<Int(first + count)))
  }

  @Test func emptyRangeAllowsNothing() {
    #expect(allowed([(PortRange(first: 5, count: 0), true)]).isEmpty)
  }

  @Test(arguments: [(65_536, 1), (65_535, 2), (.max, .max), (1, .max)] as [(UInt32, UInt32)])
  func portsPastTheLastAreLeftOut(_ first: UInt32, _ count: UInt32) {
    let ports = allowed([(PortRange(first: first, count: count), true)])

    #expect(ports == (first < 65_536 ? Array(Int(first)..<65_536) : []))
  }

  @Test func forbiddenAgainNothingIsLeft() {
    let range = PortRange(first: 13, count: 77)

    #expect(allowed([(range, true), (range, false)]).isEmpty)
  }

  @Test func setOfFourRangesAllowsAll() {
    var ports = PortSet()
    ports.ranges.0 = PortRange(first: 1, count: 1)
    ports.ranges.1 = PortRange(first: 9, count: 1)
    ports.ranges.2 = PortRange(first: 17, count: 1)
    ports.ranges.3 = PortRange(first: 25, count: 1)
    var bytes = [UInt8](repeating: 0xff, count: 8192)
    var map = bytes.mutableSpan

    PortBitmap.set(ports, isAllowed: true, in: &map)

    #expect(bytes[0...4] == [0xfd, 0xfd, 0xfd, 0xfd, 0xff])
  }
}
