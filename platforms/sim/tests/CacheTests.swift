import KernelHAL
import MnosABI
import PlatformSim
import Testing

/// Memory that user code accesses past the caches.
@Suite struct CacheTests {
  typealias Rig = TranslationTests.Rig
  private static let page = TranslationTests.page
  private static let pastCaches = TranslationTests.readWrite.union(.writeCombining)

  private func frame(_ platform: borrowing SimulatedPlatform) -> UInt64 {
    platform.ramRange.lowerBound + 8 * 4096
  }

  /// A store by the kernel, which the machine does not see.
  private func storeThroughWindow(_ value: UInt64, _ platform: borrowing SimulatedPlatform) {
    let address = platform.physicalWindowBase &+ frame(platform)
    // SAFETY: the frame is RAM of the machine, which the window shows.
    unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee = value
  }

  @Test func aFrameThatWasNotFlushedIsReported() {
    var rig = Rig(rights: Self.pastCaches)

    let loaded = rig.platform.load(Self.page)
    let violations = rig.platform.takeViolations()
    let expected = SimulatedViolation.cacheNotFlushed(frame: frame(rig.platform))

    #expect(loaded.value != nil)
    #expect(violations == [expected])
  }

  @Test func aFlushedFrameMayBeStoredTo() {
    var rig = Rig(rights: Self.pastCaches)
    rig.platform.flushCaches(at: PhysicalAddress(frame(rig.platform)), byteCount: 4096)

    _ = rig.platform.store(7, at: Self.page)
    rig.platform.storeByDevice(8, at: frame(rig.platform) + 8)
    let loaded = rig.platform.load(Self.page + 8)
    let violations = rig.platform.takeViolations()

    #expect(loaded == .done(8))
    #expect(violations == [])
  }

  @Test func aStoreThroughTheWindowIsReported() {
    var rig = Rig(rights: Self.pastCaches)
    rig.platform.flushCaches(at: PhysicalAddress(frame(rig.platform)), byteCount: 4096)

    storeThroughWindow(9, rig.platform)
    _ = rig.platform.load(Self.page)
    let violations = rig.platform.takeViolations()
    let expected = SimulatedViolation.cacheNotFlushed(frame: frame(rig.platform))

    #expect(violations == [expected])
  }

  /// What was flushed once need not be clean after it was used through the caches.
  @Test func accessThroughTheCachesNeedsAnotherFlush() {
    var rig = Rig()
    rig.platform.flushCaches(at: PhysicalAddress(frame(rig.platform)), byteCount: 4096)
    _ = rig.platform.load(Self.page)

    rig.map(frame: 8, rights: Self.pastCaches)
    rig.platform.mappingRemoved(at: VirtualAddress(Self.page), in: rig.space)
    _ = rig.platform.load(Self.page)
    let violations = rig.platform.takeViolations()

    #expect(violations.count == 1)
  }

  @Test func aNeglectedFlushIsReported() {
    var rig = Rig(rights: Self.pastCaches)
    rig.platform.neglect = .cacheFlush
    rig.platform.flushCaches(at: PhysicalAddress(frame(rig.platform)), byteCount: 4096)

    _ = rig.platform.load(Self.page)
    let violations = rig.platform.takeViolations()

    #expect(violations.count == 1)
  }

  @Test(arguments: [(0, 4096), (15, 8192), (16, 4096)] as [(UInt64, UInt64)])
  func onlyWholeFramesOfMemoryAreFlushed(frame: UInt64, byteCount: UInt64) {
    var rig = Rig()
    let base = rig.platform.ramRange.lowerBound + frame * 4096

    rig.platform.flushCaches(at: PhysicalAddress(base), byteCount: byteCount)
    rig.platform.flushCaches(at: PhysicalAddress(base + 64), byteCount: 4096)
    let violations = rig.platform.takeViolations()

    #expect(violations.count == (frame == 0 ? 1 : 2))
  }
}
