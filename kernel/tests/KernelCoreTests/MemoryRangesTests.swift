import MnosABI
import Testing

@testable import KernelCore

/// How regions of a memory map become ranges of frames.
@Suite struct MemoryRangesTests {
  private static let mebibyte: UInt64 = 1 << 20
  private static let gibibyte: UInt64 = 1 << 30

  private static func ranges(_ regions: [Range<UInt64>]) -> [Range<UInt64>] {
    var ranges = MemoryRanges(lowest: regions.map(\.lowerBound).min() ?? 4096)
    for region in regions { ranges.add(region) }
    return (0..<ranges.count).map { ranges[$0] }
  }

  @Test func aSmallHoleIsPartOfItsRange() {
    let regions =
      [4096..<0x9_f000, 0x10_0000..<0x7000_0000, 0x7100_0000..<0x7800_0000] as [Range<UInt64>]
    #expect(Self.ranges(regions) == [4096..<0x7800_0000])
    #expect(Self.ranges(regions.reversed()) == [4096..<0x7800_0000])
  }

  /// A PC with RAM above 4 GiB.
  @Test func rangesAreCutWhereDevicesReachNoFurther() {
    #expect(
      Self.ranges([4096..<3 * Self.gibibyte, 4 * Self.gibibyte..<9 * Self.gibibyte])
        == [4096..<3 * Self.gibibyte, 4 * Self.gibibyte..<9 * Self.gibibyte])
    #expect(
      Self.ranges([Self.gibibyte..<6 * Self.gibibyte])
        == [Self.gibibyte..<4 * Self.gibibyte, 4 * Self.gibibyte..<6 * Self.gibibyte])
  }

  /// All RAM at 1 TiB and more: objects reach 256 GiB from there.
  @Test func objectsReachFromTheLowestRAM() {
    let start: UInt64 = 1 << 40
    let cut = start - 4096 + Granule.reach
    #expect(
      Self.ranges([start..<start + 300 * Self.gibibyte])
        == [start..<cut, cut..<start + 300 * Self.gibibyte])
  }

  @Test func farRangesAreApart() {
    let far: UInt64 = 1 << 46
    #expect(
      Self.ranges([4096..<Self.gibibyte, far..<far + Self.gibibyte])
        == [4096..<Self.gibibyte, far..<far + Self.gibibyte])
  }

  /// Whatever the map says, every byte of it is in one range, and none has a cut within.
  @Test(arguments: 1...300)
  func nothingIsLost(stream: UInt64) {
    var random = RandomSource(seed: 31 * stream)
    var regions: [Range<UInt64>] = []
    var address: UInt64 = 4096 * UInt64(1 + random.below(1 << 20))
    for _ in 0..<1 + random.below(40) {
      let length = 4096 * (1 + UInt64(random.below(1 << random.below(27))))
      regions.append(address..<address + length)
      address += length + 4096 << UInt64(random.below(28))
    }
    let lowest = regions[0].lowerBound
    let ranges = Self.ranges(regions.shuffled(using: &random))
    #expect(ranges.count <= MemoryRanges.capacity)
    for (first, second) in zip(ranges, ranges.dropFirst()) {
      #expect(first.upperBound <= second.lowerBound)
    }
    for cut in [1 << 32, lowest - 4096 + Granule.reach] as [UInt64] {
      for range in ranges {
        #expect(range.upperBound <= cut || range.lowerBound >= cut, "seed \(31 * stream)")
      }
    }
    for region in regions {
      let covered = ranges.reduce(0) { $0 + $1.clamped(to: region).count }
      #expect(covered == region.count, "seed \(31 * stream): \(region)")
    }
  }
}
