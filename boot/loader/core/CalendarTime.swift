/// A date and time as firmware tells it.
///
/// Source: UEFI 2.10 §8.3.1, EFI_TIME.
public struct CalendarTime: Sendable {
  public var year: Int
  public var month: Int
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int
  /// Minutes that the time lies behind UTC; 2047 says that nobody knows.
  public var minutesBehindUTC: Int

  public init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    minutesBehindUTC: Int = 2047
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.minutesBehindUTC = minutesBehindUTC
  }

  /// Seconds since the beginning of 1970 in UTC; nil if a field is out of range. A time of
  /// unknown zone counts as UTC.
  public var secondsSince1970: Int64? {
    guard (1900...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
      (-1440...1440).contains(minutesBehindUTC) || minutesBehindUTC == 2047
    else { return nil }
    // Years begin in March here, so that the leap day is the last of its year.
    let shifted = month > 2 ? year : year - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let offset = minutesBehindUTC == 2047 ? 0 : minutesBehindUTC
    let hours = Int64(days + dayOfYear - 719_468) * 24 + Int64(hour)
    return (hours * 60 + Int64(minute + offset)) * 60 + Int64(second)
  }
}
