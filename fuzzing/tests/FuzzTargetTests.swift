import Foundation
import FuzzHarness
import FuzzTargets
import PlatformTesting
import Testing

/// Each parser, with inputs whose outcome is known and with as many that nobody meant as a few
/// seconds allow.
@Suite struct FuzzTargetTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let corpus = KeptCorpus(
    folder: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("corpora").path)
  private static let names = FuzzTargets.all.map(\.name)

  private func target(_ name: String) throws -> FuzzTarget {
    try #require(FuzzTargets.named(name))
  }

  @Test(arguments: names) func `LDR_001 badInputsAreRefusedForTheirReason`(name: String) throws {
    let target = try target(name)
    for seed in target.seeds() + Self.corpus.seeds(for: name) {
      let words = outcome(of: seed.bytes, by: target, isMet: seed)
      if let words { Issue.record("\(name) \(seed.name): \(words), not \(seed.expected)") }
    }
  }

  /// - Returns: What came of it, if that is not what the seed expects.
  private func outcome(
    of bytes: [UInt8], by target: FuzzTarget, isMet seed: FuzzSeed
  ) -> String? {
    do throws(BrokenPromise) {
      let outcome = try target.outcome(of: bytes)
      return seed.isMet(by: outcome) ? nil : outcome.words
    } catch {
      return "broken promise: \(error.text)"
    }
  }

  @Test(arguments: names) func seedsHaveNamesOfTheirOwn(name: String) throws {
    let names = try target(name).seeds().map(\.name)

    #expect(Set(names).count == names.count)
  }

  /// A trap ends the process: what was printed before says how to replay it.
  @Test(arguments: names) func mutationsKeepEveryPromise(name: String) throws {
    let target = try target(name)
    let seed =
      Self.environment["MNOS_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... 1 << 32)
    let count = Self.environment["MNOS_FUZZ_COUNT"].flatMap { Int($0) } ?? 150
    print("fuzz \(name): MNOS_SEED=\(seed) MNOS_FUZZ_COUNT=\(count)")
    let pool = Self.corpus.pool(for: target, among: FuzzTargets.all).filter {
      $0.count <= target.mostBytes
    }
    var mutator = FuzzMutator(seed: seed, pool: pool)

    for run in 0..<count {
      let bytes = mutator.next(for: target)
      do throws(BrokenPromise) {
        _ = try target.outcome(of: bytes)
      } catch {
        Issue.record("\(name), MNOS_SEED=\(seed), run \(run): \(error.text)")
      }
    }
  }
}

@Suite struct FuzzHarnessTests {
  private static let echo = FuzzTarget("echo", "its input", mostBytes: 40) { (bytes) in
    bytes.count % 2 == 0 ? .accepted("\(bytes.count)") : .refused("odd")
  }

  @Test func sameSeedMakesTheSameInputs() {
    let pool: [[UInt8]] = [[1, 2, 3, 4], [UInt8](repeating: 9, count: 30), []]
    var first = FuzzMutator(seed: 7, pool: pool)
    var second = FuzzMutator(seed: 7, pool: pool)
    var other = FuzzMutator(seed: 8, pool: pool)

    let inputs = (0..<200).map { _ in first.next(for: Self.echo) }

    #expect(inputs == (0..<200).map { _ in second.next(for: Self.echo) })
    #expect(inputs != (0..<200).map { _ in other.next(for: Self.echo) })
    #expect(inputs.allSatisfy { $0.count <= 40 })
    #expect(Set(inputs).count > 150)
  }

  @Test func outcomeThatChangesIsFound() {
    nonisolated(unsafe) var calls = 0
    let target = FuzzTarget("changing", "a count", mostBytes: 1) { _ in
      unsafe calls += 1
      return .accepted("\(unsafe calls)")
    }

    #expect(throws: BrokenPromise.self) { try target.outcome(of: []) }
  }

  @Test func seedIsMetByItsWordsOnly() {
    #expect(FuzzSeed("a", [], "accepted").isMet(by: .accepted("2 things")))
    #expect(!FuzzSeed("a", [], "accepted").isMet(by: .refused("accepted")))
    #expect(FuzzSeed("a", [], "refused: odd").isMet(by: .refused("odd")))
    #expect(!FuzzSeed("a", [], "refused: odd").isMet(by: .refused("odd length")))
  }

  @Test func tooManyStepsStopTheRun() async {
    await #expect(processExitsWith: .failure) {
      let steps = StepCounter(limit: 3)
      for _ in 0..<4 { steps.step() }
    }
  }

  @Test func keptInputWithoutALineExpectsNothing() throws {
    let folder = NSTemporaryDirectory() + "mnos-corpus-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: "\(folder)/echo", withIntermediateDirectories: true)
    for name in ["known", "unknown"] {
      try Data([1, 2]).write(to: URL(fileURLWithPath: "\(folder)/echo/\(name)"))
    }
    try "known accepted: 2\n".write(
      toFile: "\(folder)/echo/outcomes", atomically: true, encoding: .utf8)

    let seeds = KeptCorpus(folder: folder).seeds(for: "echo")

    #expect(seeds.map(\.name) == ["known", "unknown"])
    #expect(seeds[0].isMet(by: .accepted("2")))
    #expect(!seeds[1].isMet(by: .accepted("2")))
  }

  /// As `acpidump` prints a table.
  @Test func dumpOfTablesIsRecognised() throws {
    var builder = TableBuilder("APIC")
    builder.bytes += [UInt8](repeating: 7, count: 20)
    let table = builder.finished()
    let rows = stride(from: 0, to: table.count, by: 16).map { start in
      let row = table[start..<min(start + 16, table.count)]
      let digits = row.map { byte in " " + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
      return "    00\(String(start, radix: 16)):\(digits.joined())  text"
    }
    let dump = "APIC @ 0x0000000000000000\n" + rows.joined(separator: "\n") + "\n\n"

    let found = try #require(FuzzTargets.recognising(Array(dump.utf8)))

    #expect(found.target.name == "acpi")
    #expect(found.input.suffix(table.count) == table[...])
    #expect(FuzzTargets.recognising(Array("nothing".utf8))?.target.name == nil)
  }
}
