import MnosABI
import ProgramFormat
import ProgramTesting
import Testing

@Suite struct ProgramImageTests {
  @Test func wellFormedFileYieldsItsSegments() throws {
    let image = try ProgramFixture().read()

    #expect(image.segmentCount == 3)
    #expect(image.entry == 0x1010)
    #expect(image.byteCount == 0x4000)
    #expect(image.alignment == 0x1000)
    #expect(image[0].rights == .read)
    #expect(image[1].rights == Rights.read.union(.execute))
    #expect(image[2].rights == Rights.read.union(.write))
    #expect(image[2].fileOffset == 0x2010)
    #expect(image[2].fileByteCount == 0x20)
    #expect(image[2].pageAddress == 0x2000)
    #expect(image[2].pageByteCount == 0x2000)
    #expect(image[2].offsetInPages == 0x10)
  }

  @Test func segmentsWithoutBytesAreLeftOut() throws {
    var file = ProgramFixture()
    file.segment(2, flags: 6, offset: 0, address: 0, file: 0, memory: 0)

    #expect(try file.read().segmentCount == 2)
  }

  @Test func moreSegmentsThanTheMostAreRefused() {
    var file = ProgramFixture()
    for (count, error) in [(16, nil), (17, ProgramImageError.tooManySegments)] {
      file.set(56, width: 2, to: UInt64(count))
      for index in 0..<count {
        let address = UInt64(index) * 0x1000
        file.segment(index, flags: 5, offset: 0x1000, address: address, file: 0x100, memory: 0x100)
      }
      #expect(file.refusal() == error)
    }
  }

  @Test func `LDR_003 LDR_004 LDR_005 LDR_006 LDR_007 randomDamageBreaksNoPromise`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    var accepted = 0
    for _ in 0..<20_000 {
      var file = ProgramFixture()
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let width = [1, 2, 4, 8].randomElement(using: &random)!
        let value: UInt64 = [random.next(), random.next() & 0xffff, .max, 0, 1 << 63]
          .randomElement(using: &random)!
        file.set(Int.random(in: 0..<280, using: &random), width: width, to: value)
      }
      guard let image = try? file.read() else { continue }
      accepted += 1
      #expect(keepsItsPromises(image, fileByteCount: file.bytes.count), "seed \(seed)")
    }
    #expect(accepted > 0, "seed \(seed)")
  }

  private func keepsItsPromises(_ image: ProgramImage, fileByteCount: Int) -> Bool {
    var end: UInt64 = 0
    for index in 0..<image.segmentCount {
      let segment = image[index]
      guard segment.pageAddress >= end, segment.fileByteCount <= segment.memoryByteCount,
        segment.fileOffset + segment.fileByteCount <= UInt64(fileByteCount),
        !segment.rights.includes(Rights.write.union(.execute))
      else { return false }
      end = segment.pageAddress + segment.pageByteCount
    }
    return end == image.byteCount && end <= 1 << 30 && image.entry < end
  }
}
