import ProgramFormat
import ProgramTesting
import Testing

/// What the ELF header says, each field with every value that it must not have.
@Suite struct ProgramHeaderTests {
  /// The values of a field that are taken, or refused for another reason than `error`.
  ///
  /// - Parameter values: All that are tried.
  private func values(
    at offset: Int, width: Int, _ values: some Sequence<UInt64>,
    notRefusedAs error: ProgramImageError, in file: ProgramFixture = ProgramFixture()
  ) -> [UInt64] {
    var file = file
    return values.filter { value in
      file.set(offset, width: width, to: value)
      return file.refusal() != error
    }
  }

  @Test(arguments: 0..<4) func `LDR_001 wrongMagicIsRefused`(index: Int) {
    let right = UInt64([0x7f, 0x45, 0x4c, 0x46][index])

    #expect(values(at: index, width: 1, 0...255, notRefusedAs: .wrongMagic) == [right])
  }

  @Test func `LDR_001 wrongClassAndByteOrderAreRefused`() {
    #expect(values(at: 4, width: 1, 0...255, notRefusedAs: .wrongClass) == [2])
    #expect(values(at: 5, width: 1, 0...255, notRefusedAs: .wrongByteOrder) == [1])
  }

  /// 3 is the mark of GNU's extensions, which linkers set in a file whose sections are to be kept
  /// whatever refers to them.
  @Test func `LDR_001 wrongVersionIsRefused`() {
    let words = Set(ProgramFixture.besidePowersOfTwo(of: Array(0..<32)))

    #expect(values(at: 6, width: 1, 0...255, notRefusedAs: .wrongVersion) == [1])
    #expect(values(at: 7, width: 1, 0...255, notRefusedAs: .wrongVersion) == [0, 3])
    #expect(values(at: 20, width: 4, words, notRefusedAs: .wrongVersion) == [1])
  }

  @Test func `LDR_001 wrongTypeIsRefused`() {
    #expect(
      values(at: 16, width: 2, ProgramFixture.halves(beside: 3), notRefusedAs: .wrongType) == [3])
  }

  @Test(arguments: [ProgramMachine.x86_64, .aarch64, .riscv64, .loongarch64])
  func `LDR_001 onlyTheRightMachineIsTaken`(machine: ProgramMachine) throws {
    var file = ProgramFixture(machine: machine)
    #expect(try file.read(for: machine).segmentCount == 3)

    let taken = ProgramFixture.halves(beside: UInt64(machine.rawValue)).filter { value in
      file.set(18, width: 2, to: value)
      return file.refusal(for: machine) != .wrongMachine
    }
    #expect(taken == [UInt64(machine.rawValue)])
  }

  @Test func `LDR_001 LDR_002 wrongHeaderSizeIsRefused`() {
    for (offset, right) in [(52, 64), (54, 56)] as [(Int, UInt64)] {
      let halves = ProgramFixture.halves(beside: right)
      #expect(values(at: offset, width: 2, halves, notRefusedAs: .wrongHeaderSize) == [right])
    }
  }

  /// 65,535 says in other files that the count is elsewhere.
  @Test func `LDR_002 wrongHeaderCountIsRefused`() {
    let halves = ProgramFixture.halves(beside: 4)

    #expect(
      values(at: 56, width: 2, halves, notRefusedAs: .wrongHeaderCount) == Array(1...64))
  }

  /// Each count of program headers with a file that ends at every place around the last of them.
  @Test(arguments: 1...64) func `LDR_002 headersPastTheEndAreRefused`(count: Int) {
    let end = 64 + 56 * count
    for byteCount in max(64, end - 60)...end + 1 {
      var file = ProgramFixture()
      file.bytes.removeLast(file.bytes.count - byteCount)
      file.set(56, width: 2, to: UInt64(count))
      #expect((file.refusal() == .headersOutsideFile) == (byteCount < end), "\(byteCount) bytes")
    }
  }

  /// In the header, in the file, around its end, and where adding the byte count wraps.
  @Test func `LDR_002 headersThatLieOutsideAreRefused`() {
    let size = UInt64(ProgramFixture().bytes.count)
    var places = Set(0...size + 300)
    places.formUnion(ProgramFixture.besidePowersOfTwo(of: Array(0..<64)))
    places.formUnion((UInt64.max - 600)...UInt64.max)

    let taken = values(at: 32, width: 8, places, notRefusedAs: .headersOutsideFile)

    #expect(Set(taken) == Set(64...size - 4 * 56))
  }

  @Test func `LDR_001 LDR_002 LDR_003 everyTruncationIsRefusedOrStillWhole`() {
    let whole = ProgramFixture()
    for count in 0..<whole.bytes.count {
      var file = whole
      file.bytes.removeLast(whole.bytes.count - count)
      let expected: ProgramImageError? =
        switch count {
        case ..<64: .truncatedHeader
        case ..<(64 + 4 * 56): .headersOutsideFile
        // The last byte that a segment needs is at 0x202f.
        case ..<0x2030: .segmentOutsideFile
        default: nil
        }
      guard file.refusal() != expected else { continue }
      Issue.record("\(count) bytes: \(String(describing: file.refusal()))")
    }
  }

  /// None, in a gap, in data, in what is not in the file, and between two instructions.
  @Test(arguments: [ProgramMachine.x86_64, .aarch64, .riscv64, .loongarch64])
  func entryOutsideExecutableBytesIsRefused(machine: ProgramMachine) {
    let step: UInt64 = [.x86_64: 1, .riscv64: 2, .aarch64: 4, .loongarch64: 4][machine] ?? 0
    var file = ProgramFixture(machine: machine)
    let edges = ProgramFixture.besidePowersOfTwo(of: Array(13..<64))
    for entry in Array(0xff0...0x1110) + [0, 1, 0x2010, 0x2030, .max, .max - 3] + edges {
      file.set(24, width: 8, to: entry)
      let isInCode = (0x1000..<0x1100).contains(entry) && entry % step == 0
      guard (file.refusal(for: machine) == nil) != isInCode else { continue }
      Issue.record("entry \(entry): \(String(describing: file.refusal(for: machine)))")
    }
  }
}
