import Testing

@testable import PlatformLoongArch64

@Suite struct DataCachesTests {
  private func caches(_ words: [UInt64: UInt64]) -> DataCaches {
    DataCaches { words[$0] ?? 0 }
  }

  /// A Loongson 3A5000: two caches of the first level, one for both on each of the others; lines
  /// of 64 bytes.
  @Test func cachesOfA3A5000AreThree() {
    let caches = caches([
      0x10: 0x2c3d, 0x11: 0x608_0003, 0x12: 0x608_0003, 0x13: 0x608_000f, 0x14: 0x60e_000f,
    ])

    #expect(caches.members == 0b1110)
    #expect(caches.lineByteCount == 64)
    #expect((0..<DataCaches.limit).filter(caches.contains) == [1, 2, 3])
  }

  /// With a cache for both on the first level, the second level's is number 1.
  @Test func oneCacheForBothCountsOnce() {
    let caches = caches([0x10: 0b011 | 0b11 << 3, 0x11: 5 << 24, 0x12: 7 << 24])

    #expect(caches.members == 0b11)
    #expect(caches.lineByteCount == 32)
  }

  /// Instructions and data apart on all three levels.
  @Test func dataCachesAreEverySecondOne() {
    let words = (0x11...0x16 as ClosedRange<UInt64>).map { ($0, UInt64(6 << 24)) }
    let apart = caches(
      Dictionary(uniqueKeysWithValues: words + [(0x10, 0b101 | 0b001_0001 << 3 | 0b001_0001 << 10)])
    )

    #expect(apart.members == 0b10_1010)
    #expect(apart.lineByteCount == 64)
  }

  @Test func aCPUThatTellsOfNoneHasNone() {
    #expect(caches([:]).members == 0)
    #expect(caches([:]).lineByteCount == 0)
    #expect(caches([0x10: 1, 0x11: 6 << 24]).lineByteCount == 0)
  }

  /// 2^64 bytes are no line.
  @Test func anImpossibleLineIsNone() {
    #expect(caches([0x10: 0b011, 0x11: 64 << 24]).members == 0)
  }
}
