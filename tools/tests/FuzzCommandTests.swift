import Foundation
import Testing
import ToolSupport

@testable import mnos

@Suite struct FuzzCommandTests {
  @Test func libFuzzersLinesAreRead() {
    var progress = FuzzProgress(target: "elf")

    progress.read("INFO: Seed: 7")
    progress.read("#4096\tpulse  cov: 93 ft: 120 corp: 9/2Kb lim: 48 exec/s: 2048 rss: 60Mb")

    #expect(progress.takeWords(at: .now) == "elf: 4096 runs, 2048 a second, 93 edges reached")
    #expect(progress.takeWords(at: .now) == nil)
    progress.read("stat::number_of_executed_units: 5000")
    progress.read("artifact_prefix='x/'; Test unit written to found/elf-crash-0a1b")
    #expect(progress.summary == "elf: 5000 runs, 2048 a second, 93 edges reached")
    #expect(progress.savedInput == "found/elf-crash-0a1b")
  }

  @Test func progressIsShownEveryFiveSeconds() {
    var progress = FuzzProgress(target: "tar")
    let start = ContinuousClock.now

    for second in 0..<12 {
      progress.read("#\(second + 1)\tNEW    cov: 1 exec/s: 1")
      let isShown = progress.takeWords(at: start + .seconds(second)) != nil
      #expect(isShown == (second % 5 == 0))
    }
  }

  @Test(
    arguments: [
      ([], []), ([1, 0, 0], []), ([2, 0, 0, 0, 0, 0, 0, 0, 7, 8, 9], [7, 8]),
      ([9, 0, 0, 0, 0, 0, 0, 0, 7], [7]),
      ([255, 255, 255, 255, 255, 255, 255, 255, 7], [7]),
    ] as [([UInt8], [UInt8])])
  func inputThatWasHeldIsTakenOut(file: [UInt8], input: [UInt8]) {
    #expect(FuzzSession.heldInput(file) == input)
  }

  @Test func seedIsTakenOrMade() throws {
    #expect(try FuzzCommand.seed("7") == 7)
    #expect(try FuzzCommand.seed(nil) > 0)
    for text in ["0", "-1", "x", "4294967296"] {
      #expect(throws: ToolFailure.self) { try FuzzCommand.seed(text) }
    }
  }

  @Test func outcomesOfFilesAreCounted() {
    let lines = [
      "tar accepted: 3 entries", "tar accepted: 9 entries", "tar refused: a name is too long",
      "- of no kind that is known here", "elf broken promise: no",
      "==12==ERROR: AddressSanitizer: SEGV", "Fatal error",
    ]
    var tally = CorpusTally()
    let outcomes = lines.compactMap(CorpusTally.outcome)

    for outcome in outcomes { tally.add(outcome) }
    tally.addTrap("a file")

    #expect(outcomes.count == 5)
    #expect(tally.lines.first == "2 x tar accepted")
    #expect(tally.lines.contains("1 x tar refused: a name is too long"))
    #expect(tally.lines.contains("1 x of no kind that is known here"))
    #expect(tally.failures == ["elf broken promise: no", "a file"])
  }

  @Test func filesOfAFolderAreListedWithThoseBelowIt() throws {
    let folder = NSTemporaryDirectory() + "mnos-fuzz-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Files.makeFolder("\(folder)/b")
    try Files.write("1", to: "\(folder)/b/c")
    try Files.write("2", to: "\(folder)/a")

    #expect(try CorpusReading.files(at: folder) == ["\(folder)/a", "\(folder)/b/c"])
    #expect(try CorpusReading.files(at: "\(folder)/a") == ["\(folder)/a"])
    #expect(throws: ToolFailure.self) { try CorpusReading.files(at: "\(folder)/none") }
  }

  @Test func libFuzzerIsLookedForBesideTheCompiler() throws {
    let folder = NSTemporaryDirectory() + "mnos-fuzz-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(!FuzzRunner.hasLibFuzzer(folder))
    try Files.makeFolder("\(folder)/clang/lib/linux")
    #expect(!FuzzRunner.hasLibFuzzer(folder))
    try Files.write("", to: "\(folder)/clang/lib/linux/libclang_rt.fuzzer-x86_64.a")
    #expect(FuzzRunner.hasLibFuzzer(folder))
  }

  @Test func withoutLibFuzzerTheBuildAsksForNone() {
    let plain = FuzzRunner.buildArguments(root: "r", build: "b", isGuided: false)
    let guided = FuzzRunner.buildArguments(root: "r", build: "b", isGuided: true)

    #expect(plain.contains("address") && !plain.contains("-sanitize=fuzzer"))
    #expect(guided.starts(with: plain) && guided.contains("-sanitize=fuzzer"))
  }
}
