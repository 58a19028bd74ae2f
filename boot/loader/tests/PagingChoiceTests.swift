import Testing

@testable import LoaderCore

@Suite struct PagingChoiceTests {
  private func choice(
    _ preferred: UInt64, _ highest: UInt64, _ lowest: UInt64
  ) -> PagingChoice {
    var choice = PagingChoice(standard: preferred)
    choice.highest = highest
    choice.lowest = lowest
    return choice
  }

  @Test(arguments: [
    (UInt64(0), UInt64(0), UInt64(0), UInt64(0)...2, UInt64(0)), (1, 1, 0, 0...2, 1),
    (1, 1, 0, 0...0, 0), (2, 2, 0, 0...1, 1), (0, 1, 0, 1...1, 1), (1, 0, 0, 0...1, 0),
    (0, 2, 1, 0...2, 1), (0, 2, 2, 0...2, 2), (0, 1, 1, 0...2, 1),
  ])
  func bestCommonModeIsChosen(
    preferred: UInt64, highest: UInt64, lowest: UInt64, available: ClosedRange<UInt64>,
    expected: UInt64
  ) throws {
    #expect(try choice(preferred, highest, lowest).mode(among: available) == expected)
  }

  @Test func noCommonModeIsAFailure() {
    #expect(throws: LoaderFailure.self) { try choice(0, 0, 0).mode(among: 1...1) }
    #expect(throws: LoaderFailure.self) { try choice(1, 1, 1).mode(among: 0...0) }
    #expect(throws: LoaderFailure.self) { try choice(1, 0, 1).mode(among: 0...1) }
  }
}

@Suite struct CalendarTimeTests {
  @Test(arguments: [
    (1970, 1, 1, Int64(0)), (1970, 12, 31, 31_449_600), (2000, 2, 29, 951_782_400),
    (2026, 11, 21, 1_795_219_200), (2100, 3, 1, 4_107_542_400), (1969, 12, 31, -86_400),
  ])
  func dateBecomesSeconds(year: Int, month: Int, day: Int, expected: Int64) {
    #expect(CalendarTime(year: year, month: month, day: day).secondsSince1970 == expected)
  }

  @Test func clockAndZoneCount() {
    let time = CalendarTime(
      year: 1970, month: 1, day: 2, hour: 3, minute: 4, second: 5, minutesBehindUTC: -60)

    #expect(time.secondsSince1970 == 93_845)
  }

  @Test(arguments: [
    CalendarTime(year: 0, month: 1, day: 1), CalendarTime(year: 2000, month: 13, day: 1),
    CalendarTime(year: 2000, month: 1, day: 0),
    CalendarTime(year: 2000, month: 1, day: 1, hour: 24),
    CalendarTime(year: 2000, month: 1, day: 1, minutesBehindUTC: 1441),
  ])
  func impossibleDateIsNone(time: CalendarTime) {
    #expect(time.secondsSince1970 == nil)
  }
}
