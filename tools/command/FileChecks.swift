import Builder
import Machine
import ToolSupport

/// Puts files of awkward sizes and names into an initramfs, and reads them at the shell.
struct FileChecks {
  /// One file, and what the shell must say of it.
  private struct Sample {
    let name: String
    let fact: String
    let bytes: [UInt8]
  }

  /// Lines that differ, so that a lost, doubled or swapped part shows.
  private static func lines(byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var number = 0
    while bytes.count < byteCount {
      bytes += Array("line \(number) of the sample \(number &* 2_654_435_761 % 1_000_003)\n".utf8)
      number += 1
    }
    return Array(bytes.prefix(byteCount - 1)) + [UInt8(ascii: "\n")]
  }

  private static let samples = [
    Sample(name: "empty", fact: "files.emptyFileIsEmpty", bytes: []),
    Sample(name: "one", fact: "files.oneByteIsKept", bytes: [UInt8(ascii: "x")]),
    Sample(name: "mebibyte", fact: "files.oneMebibyteIsKept", bytes: lines(byteCount: 1 << 20)),
    Sample(
      name: String(repeating: "n", count: 200), fact: "files.nameOfTwoHundredBytesIsKept",
      bytes: lines(byteCount: 300)),
  ]

  /// Writes the samples to `folder`, to be laid over the initramfs.
  static func prepare(_ folder: String) throws(ToolFailure) {
    try Files.makeEmptyFolder("\(folder)/samples")
    for sample in samples {
      try Files.write(sample.bytes, to: "\(folder)/samples/\(sample.name)")
    }
  }

  /// Reads each sample on a machine.
  static func run(on tests: BootedTests) throws(ToolFailure) -> TestReport {
    let answers = try tests.conversation(
      ["ls /samples"] + samples.map { "cat /samples/\($0.name)" }
    ).answers
    var report = TestReport()
    let listed = answers.first?.text.split(separator: "\n").map(String.init) ?? []
    if Set(listed) == Set(samples.map(\.name)) {
      report.pass("files.addedFilesAreListed")
    } else {
      report.fail("files.addedFilesAreListed", "ls shows \(listed)")
    }
    for (index, sample) in samples.enumerated() {
      guard index + 1 < answers.count else {
        report.fail(sample.fact, "the machine did not get that far")
        continue
      }
      let answer = answers[index + 1]
      if answer.bytes == sample.bytes, answer.status == 0 {
        report.pass(sample.fact)
      } else {
        report.fail(
          sample.fact,
          "status \(answer.status), \(answer.bytes.count) bytes for \(sample.bytes.count)")
      }
    }
    return report
  }
}
