import Testing

@testable import LoaderCore

func range(_ base: UInt64, _ end: UInt64, _ kind: MemoryKind) -> MemoryRange {
  MemoryRange(base: base, byteCount: end - base, kind: kind)
}

func normalised(_ ranges: [MemoryRange]) throws -> [MemoryRange] {
  let places = MemoryMapBuilder.placesNeeded(for: ranges.count)
  var edges = [UInt64](repeating: 0, count: places)
  var map = [MemoryRange](repeating: range(0, 0, .usable), count: places)
  var edgeSpan = edges.mutableSpan
  var mapSpan = map.mutableSpan
  let count = try MemoryMapBuilder.normalise(
    ranges.span, count: ranges.count, edges: &edgeSpan, into: &mapSpan)
  return Array(map[..<count])
}

@Suite struct MemoryMapBuilderTests {
  @Test func neighboursOfOneKindAreOneRange() throws {
    let map = try normalised([range(0x3000, 0x4000, .usable), range(0x2000, 0x3000, .usable)])

    #expect(map == [range(0x2000, 0x4000, .usable)])
  }

  @Test func kernelIsCutOutOfTheLoadersMemory() throws {
    let map = try normalised([
      range(0x10000, 0x20000, .loaderReclaimable), range(0x14000, 0x16000, .kernelAndModules),
    ])

    #expect(
      map == [
        range(0x10000, 0x14000, .loaderReclaimable), range(0x14000, 0x16000, .kernelAndModules),
        range(0x16000, 0x20000, .loaderReclaimable),
      ])
  }

  @Test func firstPageIsNeverUsable() throws {
    let map = try normalised([range(0, 0x3000, .usable)])

    #expect(map == [range(0, 0x1000, .reserved), range(0x1000, 0x3000, .usable)])
  }

  @Test func brokenPagesAreNotUsable() throws {
    let map = try normalised([range(0x2800, 0x5800, .usable), range(0x6001, 0x6fff, .usable)])

    #expect(map == [range(0x3000, 0x5000, .usable)])
  }

  @Test func framebufferInReservedMemoryIsAFramebuffer() throws {
    let map = try normalised([
      range(0x8000_0000, 0x9000_0000, .reserved), range(0x8100_0000, 0x8200_0000, .framebuffer),
    ])

    #expect(map.map(\.kind) == [.reserved, .framebuffer, .reserved])
  }

  @Test func rangeToTheEndOfMemoryStaysInside() throws {
    let map = try normalised([MemoryRange(base: 1 << 63, byteCount: UInt64.max, kind: .reserved)])

    #expect(map == [range(1 << 63, UInt64.max, .reserved)])
  }

  @Test func nothingGivesNothing() throws {
    #expect(try normalised([]) == [])
  }

  @Test func tooFewPlacesAreAFailure() {
    let ranges = [range(0x1000, 0x2000, .usable)]
    var edges = [UInt64](repeating: 0, count: 3)
    var map = ranges

    #expect(throws: LoaderFailure.self) {
      var edgeSpan = edges.mutableSpan
      var mapSpan = map.mutableSpan
      _ = try MemoryMapBuilder.normalise(ranges.span, count: 1, edges: &edgeSpan, into: &mapSpan)
    }
  }

  @Test func randomRangesKeepTheProtocolsWord() throws {
    var random = SeededRandom("memory map")
    for _ in 0..<3_000 {
      let ranges = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        MemoryRange(
          base: Bool.random(using: &random)
            ? random.next() % 0x40000 : random.edgy(),
          byteCount: Bool.random(using: &random) ? random.next() % 0x10000 : random.edgy(),
          kind: MemoryKind(rawValue: random.next() % 8)!)
      }

      let map = try normalised(ranges)

      for (low, high) in zip(map, map.dropFirst()) { #expect(low.end <= high.base) }
      for entry in map {
        #expect(entry.base < entry.end)
        // What is usable is usable by every range that covers it.
        guard entry.kind == .usable else { continue }
        #expect(entry.base % 4096 == 0 && entry.end % 4096 == 0 && entry.base >= 0x1000)
        let others = ranges.filter { $0.kind != .usable && $0.base < $0.end }
        #expect(!others.contains { $0.base < entry.end && entry.base < $0.end })
      }
    }
  }
}

@Suite struct DirectMapRangesTests {
  private func parts(_ map: [MemoryRange]) -> [DirectMapRanges.Part] {
    var ranges = DirectMapRanges()
    var found: [DirectMapRanges.Part] = []
    while let part = ranges.next(map.span, count: map.count) { found.append(part) }
    return found
  }

  private let fourGigabytes: UInt64 = 4 << 30

  @Test func firstFourGigabytesAreAlwaysCovered() {
    #expect(parts([]) == [.init(base: 0, byteCount: fourGigabytes, isFramebuffer: false)])
  }

  @Test func memoryAboveIsCoveredAndReservedIsNot() {
    let map = [
      range(0x1000, 0x8000_0000, .usable), range(1 << 32, 6 << 30, .usable),
      range(6 << 30, 7 << 30, .loaderReclaimable), range(0xfd_0000_0000, 1 << 40, .reserved),
    ]

    #expect(parts(map) == [.init(base: 0, byteCount: 7 << 30, isFramebuffer: false)])
    #expect(DirectMapRanges.end(of: map.span, count: map.count) == 7 << 30)
  }

  @Test(arguments: [UInt32(5), 6])
  func memoryOfRuntimeServicesIsCovered(firmwareType: UInt32) {
    let map = [
      MemoryRange(
        base: 5 << 30, byteCount: 0x2000, kind: MemoryKind(firmwareType: firmwareType)),
      MemoryRange(base: 6 << 30, byteCount: 0x2000, kind: MemoryKind(firmwareType: 0)),
      MemoryRange(base: 7 << 30, byteCount: 0x2000, kind: MemoryKind(firmwareType: 11)),
    ]

    #expect(parts(map).map(\.base) == [0, 5 << 30])
    #expect(DirectMapRanges.end(of: map.span, count: map.count) == 5 << 30 + 0x2000)
  }

  @Test func framebufferIsAPartOfItsOwn() {
    let map = [range(0x8000_0000, 0x803e_8000, .framebuffer)]

    #expect(
      parts(map) == [
        .init(base: 0, byteCount: 0x8000_0000, isFramebuffer: false),
        .init(base: 0x8000_0000, byteCount: 0x3e_8000, isFramebuffer: true),
        .init(
          base: 0x803e_8000, byteCount: fourGigabytes - 0x803e_8000, isFramebuffer: false),
      ])
  }

  @Test func randomMapsAreCoveredInOrderAndWhole() throws {
    var random = SeededRandom("direct map")
    for _ in 0..<1_000 {
      let map = try normalised(
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
          MemoryRange(
            base: random.next() % (8 << 30), byteCount: random.next() % (2 << 30),
            kind: MemoryKind(rawValue: random.next() % 8)!)
        })

      let found = parts(map)

      for (low, high) in zip(found, found.dropFirst()) {
        #expect(low.base + low.byteCount <= high.base)
      }
      for entry in map where entry.kind.isInDirectMap {
        for address in [entry.base, entry.end - 1] {
          #expect(found.contains { $0.base <= address && address - $0.base < $0.byteCount })
        }
      }
    }
  }
}
