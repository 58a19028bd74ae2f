import Testing

@testable import PlatformX86_64

@Suite struct TimeScaleTests {
  static let frequencies: [UInt64] = [
    1_193_182, 24_000_000, 999_999_999, 1_000_000_000, 2_893_204_117, 5_800_000_000,
  ]

  @Test(arguments: frequencies)
  func aSecondOfTicksIsASecond(_ frequency: UInt64) {
    let time = TimeScale(frequency: frequency).nanoseconds(ticks: frequency)

    #expect(time <= 1_000_000_000)
    #expect(time >= 999_999_990)
  }

  @Test(arguments: frequencies)
  func tenYearsDoNotOverflow(_ frequency: UInt64) {
    let years: UInt64 = 10 * 365 * 86_400

    let time = TimeScale(frequency: frequency).nanoseconds(ticks: years * frequency)

    #expect(time / 1_000_000_000 >= years - 2)
    #expect(time / 1_000_000_000 <= years)
  }

  @Test(arguments: frequencies, [0, 1, 999, 5_000_000, 3_600_000_000_000] as [UInt64])
  func ticksTakeAtLeastTheTimeAskedFor(_ frequency: UInt64, _ nanoseconds: UInt64) {
    let scale = TimeScale(frequency: frequency)

    let ticks = scale.ticks(nanoseconds: nanoseconds)

    // A tick may be longer than a nanosecond: not before, and hardly later.
    let tick = 1_000_000_000 / frequency + 1
    #expect(scale.nanoseconds(ticks: ticks) + 1 >= nanoseconds)
    #expect(scale.nanoseconds(ticks: ticks) <= nanoseconds + 2 * tick + nanoseconds >> 22)
  }

  @Test(arguments: frequencies)
  func timeNeverGoesBackwards(_ frequency: UInt64) {
    let scale = TimeScale(frequency: frequency)
    var last: UInt64 = 0

    for step in 0..<10_000 as Range<UInt64> {
      let time = scale.nanoseconds(ticks: step * 0x1_0000_0001)
      #expect(time >= last)
      last = time
    }
  }

  @Test func moreTicksThanThereAreBecomeTheMost() {
    #expect(TimeScale(frequency: 5_000_000_000).ticks(nanoseconds: .max) == .max)
  }

  @Test func unknownFrequencyStandsStill() {
    #expect(TimeScale(frequency: 0).nanoseconds(ticks: .max) == 0)
  }
}
