import MnosABI
import ProgramFormat
import ProgramTesting
import Testing

/// What the program headers say: sizes and addresses around every edge, and rights.
@Suite struct ProgramSegmentTests {
  /// Where sums wrap, the fixture's own figures, and the start of a kernel's half.
  private static let edges: [UInt64] = {
    let figures: [UInt64] = [0x2010, 0x2020, 0x30e0, 0x30ff, 0x3100, 0x3101]
    let highest: [UInt64] = [.max, .max - 1, .max - 2, .max - 3, 0xffff_8000_0000_2010]
    let powers = ProgramFixture.besidePowersOfTwo(of: [0, 4, 12, 13, 21, 30, 31, 32, 47, 62, 63])
    return Array(Set(powers + figures + highest))
  }()

  private static func isOutside(_ start: UInt64, _ count: UInt64, end: UInt64) -> Bool {
    let (sum, overflow) = start.addingReportingOverflow(count)
    return overflow || sum > end
  }

  @Test(arguments: 0..<3) func `LDR_003 bytesOutsideTheFileAreRefused`(index: Int) {
    var file = ProgramFixture()
    let size = UInt64(file.bytes.count)
    // Up to the end, and a byte more, from every place.
    let starts = Array(stride(from: 0, to: size, by: 5)) + Array(size - 0x100...size)
    let places = starts.flatMap { [($0, size - $0), ($0, size - $0 + 1)] }
    let pairs = Self.edges.flatMap { start in Self.edges.map { (start, $0) } }
    for (offset, count) in places + pairs {
      file.set(ProgramFixture.start(of: index) + 8, width: 8, to: offset)
      file.set(ProgramFixture.start(of: index) + 32, width: 8, to: count)
      let isOutside = Self.isOutside(offset, count, end: size)
      guard (file.refusal() == .segmentOutsideFile) != isOutside else { continue }
      Issue.record("offset \(offset), \(count) bytes: \(String(describing: file.refusal()))")
    }
  }

  @Test(arguments: 0..<3) func `LDR_004 moreInTheFileThanInMemoryIsRefused`(index: Int) {
    var file = ProgramFixture()
    let counts = Array(0...16) + Self.edges.filter { $0 <= 0x1000 }
    for inFile in counts {
      for inMemory in counts + Self.edges {
        file.set(ProgramFixture.start(of: index) + 32, width: 8, to: inFile)
        file.set(ProgramFixture.start(of: index) + 40, width: 8, to: inMemory)
        guard (file.refusal() == .fileLargerThanMemory) != (inFile > inMemory) else { continue }
        Issue.record("\(inFile) in file, \(inMemory) in memory")
      }
    }
  }

  /// Where it wraps, ends at 2^64, crosses into the kernel's half, or passes what a loader has.
  @Test(arguments: 0..<3, [0x4000, 1 << 30, 1 << 62, .max] as [UInt64])
  func `LDR_005 addressesPastTheLimitAreRefused`(index: Int, limit: UInt64) {
    var file = ProgramFixture()
    file.set(ProgramFixture.start(of: index) + 32, width: 8, to: 0)
    for address in Self.edges {
      for count in Self.edges {
        file.set(ProgramFixture.start(of: index) + 16, width: 8, to: address)
        file.set(ProgramFixture.start(of: index) + 40, width: 8, to: count)
        let isOutside = Self.isOutside(address, count, end: min(limit, 1 << 62))
        guard (file.refusal(limit: limit) == .segmentOutOfRange) != isOutside else { continue }
        Issue.record("address \(address), \(count) bytes: \(file.refusal(limit: limit) as Any)")
      }
    }
  }

  @Test func `LDR_005 nothingPassesTheLoadersLimit`() {
    let file = ProgramFixture()
    for limit in 0...0x4100 as ClosedRange<UInt64> {
      #expect(file.refusal(limit: limit) == (limit < 0x3810 ? .segmentOutOfRange : nil))
    }
  }

  private static let allRights: [UInt64] = [4, 5, 6]

  /// A segment of each length at every place around one of a page and a bit, with each pair of
  /// rights. Its rights are its own or there is no program.
  @Test(arguments: allRights, [1, 2, 0x100, 0x1000, 0x1001, 0x4000] as [UInt64])
  func `LDR_006 segmentsThatOverlapOrShareAPageAreRefused`(flags: UInt64, count: UInt64) throws {
    var file = ProgramFixture()
    file.header(0, kind: 0, flags: 0)
    // From 0x1000 to 0x2800, with the entry in it.
    file.segment(1, flags: 5, offset: 0x1000, address: 0x1000, file: 0x100, memory: 0x1800)
    let edges = [0, 0x1000, 0x2000, 0x2800, 0x3000, 0x4000] as [UInt64]
    let places = edges.flatMap { (max($0, 20) - 20)...$0 + 20 } + (0...0x400).map { $0 * 16 }
    for address in places {
      file.segment(
        2, flags: flags, offset: 0, address: address, file: 0, memory: count, alignment: 1)
      let expected: ProgramImageError? =
        switch address {
        case ..<0x1000: .unorderedSegments
        case ..<0x2800: .overlappingSegments
        case ..<0x3000: .sharedPage
        default: nil
        }
      guard file.refusal() == expected else {
        Issue.record("address \(address): \(String(describing: file.refusal()))")
        continue
      }
      guard expected == nil else { continue }
      let image = try file.read()
      #expect(image[0].rights == Rights.read.union(.execute))
      #expect(UInt64(image[1].rights.bits) == [4: 1, 5: 5, 6: 3][flags])
    }
  }

  /// Each pair of three segments in one place: identical, nested, by one byte, in one page.
  @Test(arguments: [(0, 1), (0, 2), (1, 2)], allRights)
  func `LDR_006 anyTwoSegmentsInOnePageAreRefused`(pair: (Int, Int), flags: UInt64) {
    let start = UInt64(pair.0) * 0x1000
    for address in [start, start + 1, start + 0xff, start + 0x100, start + 0xfff] {
      var file = ProgramFixture()
      for index in 0..<3 {
        let place = UInt64(index) * 0x1000
        file.segment(index, flags: 5, offset: place, address: place, file: 0x100, memory: 0x100)
      }
      file.segment(
        pair.1, flags: flags, offset: 0, address: address, file: 0, memory: 1, alignment: 1)
      let refusals: [ProgramImageError] = [.overlappingSegments, .sharedPage, .unorderedSegments]
      #expect(file.refusal().map(refusals.contains) == true, "address \(address)")
    }
  }

  /// Three bits have a meaning; none else may be set.
  @Test(arguments: 0..<3) func `LDR_007 segmentRightsAreChecked`(index: Int) {
    var file = ProgramFixture()
    // What has the entry must be executable.
    if index == 1 { file.segment(0, flags: 5, offset: 0, address: 0, file: 0x200, memory: 0x200) }
    file.set(24, width: 8, to: index == 1 ? 0x10 : 0x1010)
    let high = [0] + (3..<32).map { 1 << $0 as UInt64 }
    for flags in high.flatMap({ bit in (0..<8).map { bit | $0 } }) {
      file.header(index, kind: 1, flags: flags)
      let expected: ProgramImageError? =
        flags & 3 == 3
        ? .writableAndExecutable : Self.allRights.contains(flags) ? nil : .wrongRights
      guard file.refusal() != expected else { continue }
      Issue.record("flags \(flags): \(String(describing: file.refusal()))")
    }
  }

  /// In front of what is loaded, between and behind, whatever else the header says.
  @Test(arguments: 0..<4) func `LDR_007 executableStackIsRefused`(index: Int) {
    var file = ProgramFixture()
    for other in 0..<3 {
      let place = UInt64(other) * 0x1000
      file.segment(
        other < index ? other : other + 1, flags: 5, offset: place, address: place, file: 0x100,
        memory: 0x100)
    }
    for flags in 0..<256 as Range<UInt64> {
      file.header(index, kind: 0x6474_e551, flags: flags)
      #expect(file.refusal() == (flags & 1 == 0 ? nil : .executableStack), "flags \(flags)")
    }
  }

  @Test(
    arguments: 0..<4,
    [(UInt64(3), ProgramImageError.needsInterpreter), (7, .needsThreadLocalStorage)])
  func requestsThatNoLoaderHereMeetsAreRefused(
    index: Int, request: (kind: UInt64, error: ProgramImageError)
  ) {
    var file = ProgramFixture()
    for flags in 0..<8 as Range<UInt64> {
      file.header(index, kind: request.kind, flags: flags)
      #expect(file.refusal() == request.error)
    }
  }

  /// 0 and 1 ask for nothing. Address and offset must be as far from a multiple.
  @Test func wrongAlignmentIsRefused() {
    for alignment in Array(0...64) + ProgramFixture.besidePowersOfTwo(of: Array(0..<64)) {
      for address in [0x20_0000, 0x20_0010, 0x20_1000, 0x20_1008] as [UInt64] {
        var file = ProgramFixture()
        file.segment(
          2, flags: 6, offset: 0x2010, address: address, file: 0x20, memory: 0x20,
          alignment: alignment)
        let isPower = alignment & (alignment &- 1) == 0 && alignment <= 1 << 21
        let isRight = alignment <= 1 || isPower && (address &- 0x2010) % alignment == 0
        #expect(file.refusal() == (isRight ? nil : .wrongAlignment), "\(alignment), \(address)")
      }
    }
  }
}
