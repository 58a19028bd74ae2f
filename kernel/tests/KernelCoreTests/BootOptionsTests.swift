import Testing

@testable import KernelCore

/// The kernel's command line: what it knows, and what it only counts.
@Suite struct BootOptionsTests {
  private func options(_ line: String) -> BootOptions { BootOptions(Array(line.utf8).span) }

  private func text(_ range: Range<Int>, of line: String) -> String {
    String(decoding: Array(line.utf8)[range], as: UTF8.self)
  }

  @Test(arguments: ["", " ", "\t  \n"])
  func anEmptyLineSetsNothing(line: String) {
    let options = options(line)

    #expect(!options.runsSelfTests)
    #expect(options.logLevel == .info)
    #expect(!options.powersOffOnPanic)
    #expect(options.unknownCount == 0)
  }

  @Test func everyOptionIsReadWhateverTheOrder() {
    let line = "loglevel=debug kernel.panic=poweroff  kernel.selftest=1"

    let options = options(line)

    #expect(options.runsSelfTests)
    #expect(options.suite.isEmpty)
    #expect(options.logLevel == .debug)
    #expect(options.powersOffOnPanic)
    #expect(options.unknownCount == 0)
  }

  @Test func aSuiteIsNamedAndTurnsSelfTestsOn() {
    let line = "kernel.selftest=0 kernel.selftest.suite=clock"

    let options = options(line)

    #expect(options.runsSelfTests)
    #expect(text(options.suite, of: line) == "clock")
  }

  @Test(arguments: [
    ("execute", .execute), ("read", .read), ("write", .write),
  ] as [(String, UserPageAccess)])
  func aUseOfAUserPageIsAskedForByName(value: String, access: UserPageAccess) {
    let options = options("kernel.selftest.userpage=\(value)")

    #expect(options.userPageAccess == access)
    #expect(!options.runsSelfTests)
    #expect(options.unknownCount == 0)
  }

  @Test(arguments: ["", "kernel.selftest.userpage", "kernel.selftest.userpage=jump"])
  func nothingElseAsksForTheUseOfAUserPage(line: String) {
    #expect(options(line).userPageAccess == nil)
    #expect(options(line).unknownCount == (line.isEmpty ? 0 : 1))
  }

  @Test(
    arguments: [("error", 0), ("1", 1), ("warning", 1), ("2", 2), ("3", 3)] as [(String, UInt8)])
  func logLevelsHaveNamesAndNumbers(value: String, level: UInt8) {
    #expect(options("loglevel=\(value)").logLevel.rawValue == level)
  }

  /// A value that means nothing changes nothing, whatever stands before or after it.
  @Test(arguments: [
    "kernel.panic=poweroff kernel.panic=no", "kernel.panic=no kernel.panic=poweroff",
    "kernel.panic=poweroff kernel.panic=",
  ])
  func wrongValueLeavesTheOptionAlone(line: String) {
    #expect(options(line).powersOffOnPanic)
    #expect(options(line).unknownCount == 1)
  }

  @Test(
    arguments: [
      "nonsense", "kernel.selftest", "kernel.selftest=2", "kernel.selftest.suite=", "loglevel=4",
      "loglevel", "kernel.panic=no", "=", "==1", "kernel.selftest=1x",
    ])
  func whatMeansNothingIsCountedAndNamed(word: String) {
    let line = "loglevel=2 \(word) also=unknown"

    let options = options(line)

    #expect(options.unknownCount == 2)
    #expect(text(options.unknown[0], of: line) == word)
    #expect(text(options.unknown[1], of: line) == "also=unknown")
    #expect(!options.runsSelfTests)
  }

  @Test func thoseBeyondTheEighthAreCounted() {
    let options = options((1...12).map { "unknown\($0)" }.joined(separator: " "))
    #expect(options.unknownCount == 12)
  }
}
