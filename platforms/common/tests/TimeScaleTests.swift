import PlatformCommon
import PlatformTesting
import Testing

@Suite struct TimeScaleTests {
  @Test(arguments: [0, 1_000_000_000_001, UInt64.max])
  func impossibleFrequencyIsRefused(frequency: UInt64) {
    #expect(TimeScale(frequency: frequency) == nil)
  }

  @Test func unknownFrequencyMeansThatNoTimePasses() {
    #expect(TimeScale().nanoseconds(in: .max) == 0)
  }

  @Test(
    arguments: [
      (10_000_000, 0, 0), (10_000_000, 1, 100), (10_000_000, 10_000_000, 1_000_000_000),
      (1, 1, 1_000_000_000), (1_000_000_000, 12_345, 12_345), (4_000_000_000, 4, 1),
    ] as [(UInt64, UInt64, UInt64)])
  func ticksBecomeNanoseconds(frequency: UInt64, ticks: UInt64, nanoseconds: UInt64) throws {
    let scale = try #require(TimeScale(frequency: frequency))

    #expect(scale.nanoseconds(in: ticks) == nanoseconds)
  }

  @Test func moreThanAllTimeStaysAtTheEnd() throws {
    let scale = try #require(TimeScale(frequency: 10_000_000))

    #expect(scale.nanoseconds(in: 1 << 62) == .max)
  }

  @Test func hundredYearsDoNotOverflow() throws {
    let scale = try #require(TimeScale(frequency: 10_000_000))
    let seconds: UInt64 = 100 * 365 * 86_400

    #expect(scale.nanoseconds(in: seconds * 10_000_000) == seconds * 1_000_000_000)
  }

  /// The timer never fires before its time, by the same clock.
  @Test(
    arguments: [
      1, 32_768, 3_579_545, 10_000_000, 24_000_000, 62_500_000, 999_999_937, 1_000_000_000,
      3_333_333_333,
    ] as [UInt64])
  func deadlineIsNeverEarlyAndHardlyLate(frequency: UInt64) throws {
    let scale = try #require(TimeScale(frequency: frequency))
    let seed = UInt64.random(in: .min ... .max)
    print("deadlineIsNeverEarlyAndHardlyLate: seed \(seed)")
    var random = SeededGenerator(seed: seed)

    for _ in 0..<2_000 {
      let shift = UInt64.random(in: 0...50, using: &random)
      let wanted = UInt64.random(in: 0...1 << 50, using: &random) >> shift
      let start = UInt64.random(in: 0...1 << 32, using: &random)
      let ticks = scale.ticks(for: wanted)
      let passed = scale.nanoseconds(in: start + ticks) - scale.nanoseconds(in: start)
      #expect(passed >= wanted)
      let tick = 1_000_000_000 / frequency + 1
      // Rounding the scale costs less than one part in four times the frequency.
      #expect(passed <= wanted + 3 * tick + 1 + wanted / (4 * frequency))
    }
  }

  @Test(arguments: [1_193_182, 999_999_999, 2_893_204_117, 5_800_000_000] as [UInt64])
  func timeNeverGoesBackwards(_ frequency: UInt64) throws {
    let scale = try #require(TimeScale(frequency: frequency))
    var last: UInt64 = 0

    for step in 0..<10_000 as Range<UInt64> {
      let time = scale.nanoseconds(in: step * 0x1_0000_0001)
      #expect(time >= last)
      last = time
    }
  }

  @Test func farDeadlineIsNever() throws {
    let scale = try #require(TimeScale(frequency: 4_000_000_000))

    #expect(scale.ticks(for: .max) == .max)
  }
}
