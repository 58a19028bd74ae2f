import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// A machine too small for its first process, by so many frames: the boot says so and stops.
@Suite struct BootExhaustionTests {
  /// Tries with so many frames; returns what it came to.
  private func boot(frames left: UInt64) throws -> Failure? {
    var device = DeviceDescription()
    device.kind = .serial16550
    device.registers = 0x1000_0000
    device.registerByteCount = 0x100
    device.line = 3
    let booted = try InitialProcessTests.booted([device]) { kernel in
      while kernel.frames.freeCount > left { _ = kernel.frames.allocate() }
    }
    return booted.failure
  }

  @Test func `RES_001 D1 aBootThatFindsTooLittleFails`() throws {
    var left: UInt64 = 0
    while let failure = try boot(frames: left) {
      #expect(failure == .noMemory, "\(left) frames")
      left += 1
      try #require(left < 100)
    }
    // Directory, root, a chunk; a slab of each of the four sizes; pages of code, data, stack and
    // information, 1 + 1 + 16 + 1; and two page tables.
    #expect(left == 28)
  }

  /// The kernel's own tables: so far as they were made, they stay.
  @Test func `RES_001 D1 kernelTablesThatFindTooLittleFail`() {
    var failures = 0
    for count in 0..<6 as Range<UInt64> {
      var platform = SimulatedPlatform()
      let ram = platform.ramRange.lowerBound
      // SAFETY: the simulated machine's window shows its RAM for as long as it lives.
      let window = unsafe PhysicalWindow(windowBase: platform.physicalWindowBase)
      var frames = FrameAllocator(window: window)
      frames.addRange(first: ram >> 12, end: ram >> 12 + 512, table: ram)
      if count > 0 { frames.add(first: ram >> 12 + 1, count: count) }
      do throws(Failure) {
        var tables = try KernelTables(
          format: platform.pageTableFormat, window: window, frames: &frames)
        try tables.map(
          0x40_0000, to: ram, byteCount: 4096, rights: .read, frames: &frames, on: &platform)
        try tables.map(
          0x80_0000_0000 >> 2, to: ram, byteCount: 4096, rights: .read, frames: &frames,
          on: &platform)
        #expect(frames.freeCount == count - tables.frameCount)
      } catch {
        #expect(error == .noMemory)
        #expect(frames.freeCount == 0)
        failures += 1
      }
    }
    #expect(failures == 5)
  }
}
