import MnosABI
import Testing

/// Rights as sets.
@Suite struct RightsTests {
  @Test(arguments: 0...UInt16(0xff))
  func setOperationsAgreeWithTheirBits(left: UInt16) {
    let first = Rights(bits: left)
    for right in 0...UInt16(0xff) {
      let second = Rights(bits: right)
      let isRight =
        first.includes(second) == (left & right == right)
        && first.intersection(second).bits == left & right
        && first.union(second).bits == left | right
        && first.subtracting(second).bits == left & ~right
      if !isRight { Issue.record("rights \(left) and \(right)") }
    }
  }

  @Test func everyCapabilityIncludesNoRights() {
    #expect(Rights.none.includes(.none))
    #expect(!Rights.none.includes(.read))
  }
}

/// Addresses as numbers.
@Suite struct AddressTests {
  @Test(
    arguments: [
      (0, true), (1, false), (4095, false), (4096, true), (4097, false), (1 << 63, true),
      (UInt64.max, false), (UInt64.max - 4095, true),
    ] as [(UInt64, Bool)])
  func alignmentIsThatOfAPage(address: UInt64, isAligned: Bool) {
    #expect(VirtualAddress(address).isPageAligned == isAligned)
  }

  @Test func addressesCompareAsUnsignedNumbers() {
    #expect(VirtualAddress(1) < VirtualAddress(1 << 63))
    #expect(PhysicalAddress(1) < PhysicalAddress(1 << 63))
    #expect(VirtualAddress(5) == VirtualAddress(5))
  }
}
