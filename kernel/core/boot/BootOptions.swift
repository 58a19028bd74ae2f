/// How much the kernel says while it boots.
public enum LogLevel: UInt8, Sendable {
  case error = 0
  case warning = 1
  case info = 2
  case debug = 3
}

/// What a self-test has the kernel do to a page of init's, which must stop it.
public enum UserPageAccess: UInt8, Sendable {
  case execute = 0
  case read = 1
  case write = 2
}

/// The kernel's command line: words separated by spaces, each `name=value`.
///
/// It stays a line of bytes: there is no heap, so what the options name is kept as ranges of it.
/// Of an option that stands twice the last counts, but self-tests that were asked for once are
/// run.
public struct BootOptions {
  /// `kernel.selftest=1`, or a suite was named: run self-tests instead of init.
  public private(set) var runsSelfTests = false
  /// The suite that `kernel.selftest.suite=NAME` names; all if empty. Byte range of the line.
  public private(set) var suite: Range<Int> = 0..<0
  /// `kernel.selftest.userpage=execute|read|write`: the kernel is to do that to init's memory, and
  /// to be stopped by the CPU.
  public private(set) var userPageAccess: UserPageAccess?
  /// `loglevel=error|warning|info|debug`, or 0 to 3.
  public private(set) var logLevel = LogLevel.info
  /// `kernel.panic=poweroff`: a panic turns the machine off. `halt`, the default, leaves its
  /// report on the screen.
  public private(set) var powersOffOnPanic = false
  /// Words that mean nothing, or have a value that cannot be: the first eight, for a warning.
  public private(set) var unknown: [8 of Range<Int>] = .init(repeating: 0..<0)
  public private(set) var unknownCount = 0

  /// Reads a command line. Never fails: what it does not know is counted.
  public init(_ line: Span<UInt8>) {
    var start = 0
    while start < line.count {
      // A control character, such as the end of a line, separates too.
      guard line[start] > 32 else {
        start += 1
        continue
      }
      var end = start
      while end < line.count, line[end] > 32 { end += 1 }
      if !apply(start..<end, of: line) {
        if unknownCount < unknown.count { unknown[unknownCount] = start..<end }
        unknownCount += 1
      }
      start = end
    }
  }

  /// Carries out one word.
  ///
  /// - Returns: Whether its name is known and its value can be.
  private mutating func apply(_ word: Range<Int>, of line: Span<UInt8>) -> Bool {
    var equals = word.lowerBound
    while equals < word.upperBound, line[equals] != UInt8(ascii: "=") { equals += 1 }
    let name = word.lowerBound..<equals
    // A word without `=` has an empty value.
    let value = min(equals + 1, word.upperBound)..<word.upperBound
    if Self.matches(name, "kernel.selftest", line) {
      guard Self.matches(value, "1", line) || Self.matches(value, "0", line) else { return false }
      // A 0 does not undo what naming a suite asked for.
      runsSelfTests = runsSelfTests || Self.matches(value, "1", line)
      return true
    }
    if Self.matches(name, "kernel.selftest.suite", line) {
      guard !value.isEmpty else { return false }
      suite = value
      runsSelfTests = true
      return true
    }
    if Self.matches(name, "kernel.selftest.userpage", line) {
      return setUserPageAccess(value, line)
    }
    if Self.matches(name, "kernel.panic", line) {
      let powersOff = Self.matches(value, "poweroff", line)
      guard powersOff || Self.matches(value, "halt", line) else { return false }
      powersOffOnPanic = powersOff
      return true
    }
    if Self.matches(name, "loglevel", line) { return setLogLevel(value, line) }
    return false
  }

  /// - Returns: Whether it is an access.
  private mutating func setUserPageAccess(_ value: Range<Int>, _ line: Span<UInt8>) -> Bool {
    if Self.matches(value, "execute", line) {
      userPageAccess = .execute
    } else if Self.matches(value, "read", line) {
      userPageAccess = .read
    } else if Self.matches(value, "write", line) {
      userPageAccess = .write
    } else {
      return false
    }
    return true
  }

  /// A level by name or by number.
  ///
  /// - Returns: Whether it is one.
  private mutating func setLogLevel(_ value: Range<Int>, _ line: Span<UInt8>) -> Bool {
    if Self.matches(value, "error", line) || Self.matches(value, "0", line) {
      logLevel = .error
    } else if Self.matches(value, "warning", line) || Self.matches(value, "1", line) {
      logLevel = .warning
    } else if Self.matches(value, "info", line) || Self.matches(value, "2", line) {
      logLevel = .info
    } else if Self.matches(value, "debug", line) || Self.matches(value, "3", line) {
      logLevel = .debug
    } else {
      return false
    }
    return true
  }

  /// Whether a range of the line is exactly this text.
  public static func matches(
    _ range: Range<Int>, _ text: StaticString, _ line: Span<UInt8>
  ) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count {
      // SAFETY: the offset is below the text's length.
      let expected = unsafe text.utf8Start[offset]
      guard line[range.lowerBound + offset] == expected else { return false }
    }
    return true
  }
}
