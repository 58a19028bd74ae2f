import Foundation
import Libmnos
import Testing

/// Archives that other programs made of random files: the same names, sizes and contents here.
///
/// `MNOS_TAR_COUNT` makes more than the few of each run.
@Suite struct ArchiveDifferenceTests {
  private struct Entry: Equatable {
    let isDirectory: Bool
    let name: [UInt8]
    let content: [UInt8]
  }

  private static let environment = ProcessInfo.processInfo.environment

  /// Whether a program is there; without it there is nobody to compare with.
  private static func finds(_ program: String) -> Bool {
    (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  @Test(.enabled("python3 is not installed") { finds("python3") })
  func `LDR_011 archivesOfPythonMeanTheSame`() throws {
    try compare(maker: "python", count: 150)
  }

  @Test(.enabled("python3 or tar is not installed") { finds("python3") && finds("tar") })
  func `LDR_011 archivesOfTarMeanTheSame`() throws { try compare(maker: "gnu", count: 25) }

  private func compare(maker: String, count: Int) throws {
    let seed =
      Self.environment["MNOS_SEED"].flatMap { UInt32($0) } ?? .random(in: 0 ... .max)
    let count = Self.environment["MNOS_TAR_COUNT"].flatMap { Int($0) } ?? count
    print("archives of \(maker): MNOS_SEED=\(seed) MNOS_TAR_COUNT=\(count)")
    var records = Records(try Self.archives(seed, count, maker))
    var entryCount = 0
    for index in 0..<count {
      let archive = records.bytes()
      let expected = (0..<records.number()).map { _ in
        Entry(isDirectory: records.byte() == 1, name: records.bytes(), content: records.bytes())
      }
      entryCount += expected.count
      let found = Self.entries(of: archive)
      if found != expected {
        Issue.record("archive \(index) of \(maker), MNOS_SEED=\(seed)")
      }
    }
    #expect(records.isAtEnd)
    #expect(count == 0 || entryCount > count)
  }

  private static func archives(_ seed: UInt32, _ count: Int, _ maker: String) throws -> Data {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("host/make_archives.py").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, "\(seed)", "\(count)", maker]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return data
  }

  /// What the reader makes of an archive; nil if it refuses it.
  private static func entries(of archive: [UInt8]) -> [Entry]? {
    var reader = TarReader()
    var entries: [Entry] = []
    do throws(TarError) {
      while let entry = try reader.next(in: archive.span) {
        entries.append(
          Entry(
            isDirectory: entry.kind == .directory, name: entry.name.bytes(in: archive.span),
            content: Array(archive[entry.dataOffset..<entry.dataOffset + entry.byteCount])))
      }
      return entries
    } catch {
      print("refused: \(error.problem.text)")
      return nil
    }
  }

  /// Reads what the script writes.
  private struct Records {
    private let data: [UInt8]
    private var position = 0

    init(_ data: Data) { self.data = Array(data) }

    var isAtEnd: Bool { position == data.count }

    mutating func byte() -> UInt8 {
      position += 1
      return data[position - 1]
    }

    mutating func number() -> Int { (0..<4).reduce(0) { $0 | Int(byte()) << (8 * $1) } }

    mutating func bytes() -> [UInt8] {
      let count = number()
      position += count
      return Array(data[position - count..<position])
    }
  }
}
