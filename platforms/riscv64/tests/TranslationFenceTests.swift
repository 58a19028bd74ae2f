import Testing

@testable import PlatformRISCV64

@Suite struct TranslationFenceTests {
  private let sound = FenceRules(isPartialFenceBroken: false)
  private let broken = FenceRules(isPartialFenceBroken: true)

  @Test func aPageIsFencedByAddress() {
    #expect(sound.page(0x5000, identifier: 3) == .pageInSpace(0x5000, 3))
    #expect(sound.page(0x5000, identifier: 0) == .page(0x5000))
  }

  @Test func aSpaceIsFencedWithoutAddress() {
    #expect(sound.space(identifier: 3) == .space(3))
    #expect(sound.space(identifier: 0) == .everything)
  }

  @Test(arguments: [(1, false, true), (16, false, true), (17, false, false), (1, true, false)])
  func linkedTablesNeedTheWholeSpacesFence(pages: UInt64, linksTables: Bool, oneByOne: Bool) {
    #expect(sound.fencesPages(pages, linksTables: linksTables) == oneByOne)
  }

  @Test(arguments: [0, 3] as [UInt32])
  func aCoreWithTheErratumFencesEverything(identifier: UInt32) {
    #expect(broken.page(0x5000, identifier: identifier) == .everything)
    #expect(broken.space(identifier: identifier) == .everything)
    #expect(!broken.fencesPages(1, linksTables: false))
  }

  @Test func onlyTheSharedIdentifierIsFencedAtActivation() {
    #expect(sound.activation(identifier: 0) == .space(0))
    #expect(broken.activation(identifier: 0) == .everything)
    #expect(sound.activation(identifier: 1) == nil)
    #expect(broken.activation(identifier: 1) == nil)
  }

  @Test(arguments: [
    (0x489, 0x8000_0000_0000_0007, 0x2018_1004, true),
    (0x489, 0x8000_0000_0000_0007, 0x2020_0630, true),
    (0x489, 1, 0, true),
    (0x489, 0x8000_0000_0000_0007, 0x2020_0631, false),
    (0x489, 0x8000_0000_0000_0007, 0x2021_0427, false),
    (0x489, 0x8000_0000_0000_0007, 0x120_0626, false),
    (0x489, 2, 0, false),
    (0x5b7, 1, 0, false),
    (0, 0, 0, false),
  ] as [(UInt64, UInt64, UInt64, Bool)])
  func coresWithTheErratumAreKnown(
    vendor: UInt64, architecture: UInt64, implementation: UInt64, isBroken: Bool
  ) {
    let identity = HartIdentity(
      vendor: vendor, architecture: architecture, implementation: implementation)

    #expect(identity.hasBrokenPartialFence == isBroken)
  }
}
