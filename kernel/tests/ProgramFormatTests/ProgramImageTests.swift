import MnosABI
import ProgramFormat
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

  @Test(arguments: [ProgramMachine.x86_64, .aarch64, .riscv64, .loongarch64])
  func ldr001OnlyTheRightMachineIsTaken(machine: ProgramMachine) throws {
    let file = ProgramFixture(machine: machine)

    #expect(try file.read(for: machine).segmentCount == 3)
    for other in [ProgramMachine.x86_64, .aarch64, .riscv64, .loongarch64] where other != machine {
      #expect(throws: ProgramImageError.wrongMachine) { try file.read(for: other) }
    }
  }

  @Test func everyTruncationIsRefusedOrStillWhole() {
    let whole = ProgramFixture()
    for count in 0..<whole.bytes.count {
      var file = whole
      file.bytes.removeLast(whole.bytes.count - count)
      // The last byte that a segment needs is at 0x202f.
      #expect((file.refusal() == nil) == (count >= 0x2030), "\(count) bytes")
    }
  }

  /// One field of the ELF header: offset, width, value, and why the file is refused then.
  @Test(
    arguments: [
      (0, 1, 0x7e, ProgramImageError.wrongMagic), (3, 1, 0, .wrongMagic),
      (4, 1, 1, .wrongClass), (5, 1, 2, .wrongByteOrder), (6, 1, 0, .wrongVersion),
      (7, 1, 9, .wrongVersion), (20, 4, 0, .wrongVersion), (16, 2, 1, .wrongType),
      (16, 2, 2, .wrongType), (16, 2, 4, .wrongType), (18, 2, 183, .wrongMachine),
      (52, 2, 0, .wrongHeaderSize), (52, 2, 65535, .wrongHeaderSize),
      (54, 2, 0, .wrongHeaderSize), (54, 2, 1, .wrongHeaderSize), (54, 2, 55, .wrongHeaderSize),
      (54, 2, 57, .wrongHeaderSize), (54, 2, 65535, .wrongHeaderSize),
      (56, 2, 0, .wrongHeaderCount), (56, 2, 65535, .wrongHeaderCount),
      (32, 8, 0, .headersOutsideFile), (32, 8, 63, .headersOutsideFile),
      (32, 8, 0x30ff, .headersOutsideFile), (32, 8, -1, .headersOutsideFile),
      (32, 8, -224, .headersOutsideFile), (24, 8, 0, .wrongEntry), (24, 8, 0xfff, .wrongEntry),
      (24, 8, 0x1100, .wrongEntry), (24, 8, 0x2010, .wrongEntry), (24, 8, -1, .wrongEntry),
    ] as [(Int, Int, Int, ProgramImageError)])
  func ldr001Ldr002BadHeaderFieldIsRefused(
    offset: Int, width: Int, value: Int, error: ProgramImageError
  ) {
    var file = ProgramFixture()
    file.set(offset, width: width, to: UInt64(bitPattern: Int64(value)))

    #expect(file.refusal() == error)
  }

  /// Linkers say so of a file whose sections are to be kept whatever refers to them.
  @Test func markOfGNUExtensionsIsAccepted() {
    var file = ProgramFixture()
    file.set(7, width: 1, to: 3)

    #expect(file.refusal() == nil)
  }

  /// One field of the last segment's header, by its offset there.
  @Test(
    arguments: [
      (8, 1 << 63, ProgramImageError.segmentOutsideFile), (8, .max, .segmentOutsideFile),
      (8, 0x30e1, .segmentOutsideFile), (32, 0x10f1, .segmentOutsideFile),
      (32, .max, .segmentOutsideFile), (40, 0x1f, .fileLargerThanMemory),
      (40, 1 << 63, .segmentOutOfRange), (40, .max, .segmentOutOfRange),
      (40, 1 << 40, .segmentOutOfRange), (16, 0xffff_8000_0000_2010, .segmentOutOfRange),
      (16, 0xffff_ffff_ffff_f010, .segmentOutOfRange), (48, 3, .wrongAlignment),
      (48, 1 << 63, .wrongAlignment), (48, 1 << 22, .wrongAlignment),
      (16, 0x2011, .wrongAlignment), (16, 0x10, .unorderedSegments),
      (16, 0x1010, .overlappingSegments),
    ] as [(Int, UInt64, ProgramImageError)])
  func ldr003Ldr004Ldr005BadSegmentFieldIsRefused(
    offset: Int, value: UInt64, error: ProgramImageError
  ) {
    var file = ProgramFixture()
    file.set(ProgramFixture.start(of: 2) + offset, width: 8, to: value)

    #expect(file.refusal() == error)
  }

  @Test func ldr005NothingPassesTheLoadersLimit() {
    #expect(ProgramFixture().refusal(limit: 0x3810) == nil)
    #expect(ProgramFixture().refusal(limit: 0x380f) == .segmentOutOfRange)
  }

  @Test func ldr006SegmentsThatOverlapOrShareAPageAreRefused() {
    var file = ProgramFixture()
    file.segment(2, flags: 6, offset: 0x10ff, address: 0x10ff, file: 1, memory: 1)
    #expect(file.refusal() == .overlappingSegments)

    file.segment(2, flags: 6, offset: 0x1100, address: 0x1100, file: 1, memory: 1)
    #expect(file.refusal() == .sharedPage)

    file.segment(2, flags: 5, offset: 0x1000, address: 0x1000, file: 0x100, memory: 0x100)
    #expect(file.refusal() == .overlappingSegments)
  }

  @Test(arguments: [
    (UInt64(7), ProgramImageError.writableAndExecutable), (3, .writableAndExecutable),
    (0, .wrongRights), (1, .wrongRights), (2, .wrongRights), (12, .wrongRights),
  ])
  func ldr007SegmentRightsAreChecked(flags: UInt64, error: ProgramImageError) {
    var file = ProgramFixture()
    file.header(2, kind: 1, flags: flags)

    #expect(file.refusal() == error)
  }

  @Test(arguments: [
    (UInt64(0x6474_e551), UInt64(7), ProgramImageError.executableStack), (3, 4, .needsInterpreter),
    (7, 4, .needsThreadLocalStorage),
  ])
  func ldr007RequestsThatNoLoaderHereMeetsAreRefused(
    kind: UInt64, flags: UInt64, error: ProgramImageError
  ) {
    var file = ProgramFixture()
    file.header(3, kind: kind, flags: flags)

    #expect(file.refusal() == error)
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

  @Test func instructionAlignmentIsTheMachines() throws {
    var file = ProgramFixture(machine: .riscv64)
    file.set(24, width: 8, to: 0x1011)

    #expect(throws: ProgramImageError.wrongEntry) { try file.read(for: .riscv64) }
    file.set(24, width: 8, to: 0x1012)
    #expect(try file.read(for: .riscv64).entry == 0x1012)
  }

  @Test func randomDamageNeverTrapsAndNeverBreaksThePromises() {
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
