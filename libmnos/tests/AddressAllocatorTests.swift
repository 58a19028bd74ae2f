import Testing

@testable import Libmnos

@Suite struct AddressAllocatorTests {
  @Test func rangesAreKeptApartByAPage() {
    var addresses = AddressAllocator(start: 0x10000, end: 0x20000)

    #expect(addresses.allocate(byteCount: 0x1000) == 0x10000)
    #expect(addresses.allocate(byteCount: 0x3000) == 0x12000)
    #expect(addresses.allocate(byteCount: 0x1000) == 0x16000)
  }

  @Test(arguments: [UInt64(0), 0x10000, 0x1000_0000, .max, .max - 4095])
  func whatDoesNotFitIsRefused(byteCount: UInt64) {
    var addresses = AddressAllocator(start: 0x10000, end: 0x20000)

    #expect(addresses.allocate(byteCount: byteCount) == nil)
    #expect(addresses.allocate(byteCount: 0xf000) == 0x10000)
    #expect(addresses.allocate(byteCount: 0x1000) == nil)
  }

  @Test func alignmentIsKept() {
    var addresses = AddressAllocator(start: 0x1000, end: 0x10_0000)

    #expect(addresses.allocate(byteCount: 0x2000, alignment: 0x20000) == 0x20000)
    #expect(addresses.allocate(byteCount: 0x2000, alignment: 0x20000) == 0x40000)
    #expect(addresses.allocate(byteCount: 0x1000) == 0x1000)
  }

  @Test func everyAddressComesBackAndNoneIsHandedOutTwice() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = RandomState(seed: seed)
    var addresses = AddressAllocator(start: 0x100000, end: 0x4000000)
    let whole = addresses.freeByteCount
    var live: [(start: UInt64, byteCount: UInt64)] = []
    for _ in 0..<4000 {
      if live.count < 60, Bool.random(using: &random) {
        let byteCount = UInt64.random(in: 1...40, using: &random) << 12
        let alignment = UInt64(1) << UInt64.random(in: 12...17, using: &random)
        guard let start = addresses.allocate(byteCount: byteCount, alignment: alignment) else {
          continue
        }
        #expect(start % alignment == 0, "seed \(seed)")
        let isApart = live.allSatisfy {
          start >= $0.start + $0.byteCount + 4096 || start + byteCount + 4096 <= $0.start
        }
        #expect(isApart, "seed \(seed)")
        live.append((start, byteCount))
      } else if let range = live.popLast() {
        live.shuffle(using: &random)
        addresses.free(range.start, byteCount: range.byteCount)
      }
    }
    for range in live { addresses.free(range.start, byteCount: range.byteCount) }

    #expect(addresses.freeByteCount == whole, "seed \(seed)")
    #expect(addresses.allocate(byteCount: whole - 4096) != nil, "seed \(seed)")
  }
}
