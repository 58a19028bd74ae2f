import PlatformCommon
import Testing

@Suite struct CacheLinesTests {
  private func addresses(_ base: UInt64, _ byteCount: UInt64, line: UInt64) -> [UInt64] {
    var result: [UInt64] = []
    CacheLines(of: base, byteCount: byteCount, lineByteCount: line).visit { result.append($0) }
    return result
  }

  @Test(arguments: [16, 32, 64, 128, 2048, 4096] as [UInt64])
  func linesOfAPageAreItsOwn(line: UInt64) {
    #expect(
      addresses(0xffff_8000_0020_3000, 4096, line: line)
        == Array(stride(from: 0xffff_8000_0020_3000, to: 0xffff_8000_0020_4000, by: Int(line))))
  }

  @Test func aRangeInsideLinesTakesThemWhole() {
    #expect(addresses(0x103f, 1, line: 64) == [0x1000])
    #expect(addresses(0x103f, 2, line: 64) == [0x1000, 0x1040])
    #expect(addresses(0x1001, 128, line: 64) == [0x1000, 0x1040, 0x1080])
    #expect(addresses(0x3000, 4096, line: 0x1_0000) == [0])
  }

  @Test func theLastLineOfAllIsReached() {
    #expect(addresses(0 &- 128, 128, line: 64) == [0 &- 128, 0 &- 64])
  }

  @Test(arguments: [(0, 64), (4096, 0), (4096, 48), (0, 0)] as [(UInt64, UInt64)])
  func withoutBytesOrLinesThereIsNothing(byteCount: UInt64, line: UInt64) {
    #expect(addresses(0x1000, byteCount, line: line) == [])
  }
}
