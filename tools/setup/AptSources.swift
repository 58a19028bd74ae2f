import Foundation
import ToolSupport

/// One place that apt takes packages from, as the machine's own files name it.
public struct AptSource: Equatable, Sendable {
  /// The mirror's address.
  public let uri: String
  public let suites: [String]
  public let components: [String]
  /// The keyring the source is checked with, if the entry names one.
  public let keyring: String?
}

/// Reads apt's source lists, both the one-line and the stanza form (sources.list(5)).
public enum AptSourceReader {
  /// Every source in the text of a `.sources` file.
  public static func stanzas(in text: String) -> [AptSource] {
    let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("#") }
    return uncommented.split { $0.allSatisfy(\.isWhitespace) }
      .flatMap { sources(fromFields: fields(of: Array($0))) }
  }

  /// Every source in the text of a `sources.list` file.
  public static func lines(in text: String) -> [AptSource] {
    text.split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ").map(String.init)
      guard words.first == "deb" else { return nil }
      words.removeFirst()
      var keyring: String?
      if let first = words.first, first.hasPrefix("[") {
        let end = words.firstIndex { $0.hasSuffix("]") } ?? 0
        let options = words[0...end].map { $0.trimmingCharacters(in: ["[", "]"]) }
        keyring = options.first { $0.hasPrefix("signed-by=") }.map { String($0.dropFirst(10)) }
        words.removeSubrange(0...end)
      }
      guard words.count >= 3 else { return nil }
      return AptSource(
        uri: words[0], suites: [words[1]], components: Array(words[2...]), keyring: keyring)
    }
  }

  /// Every source that this machine has.
  public static func machine() -> [AptSource] {
    let folder = "/etc/apt/sources.list.d"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = ["/etc/apt/sources.list"] + names.sorted().map { "\(folder)/\($0)" }
    return files.flatMap { path -> [AptSource] in
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
      if path.hasSuffix(".sources") { return stanzas(in: text) }
      return path.hasSuffix(".list") ? lines(in: text) : []
    }
  }

  private static func fields(of lines: [Substring]) -> [String: [String]] {
    var fields: [String: [String]] = [:]
    var name = ""
    for line in lines {
      var words = line.split(separator: " ").map(String.init)
      if line.first?.isWhitespace != true, let first = words.first, first.hasSuffix(":") {
        name = String(first.dropLast()).lowercased()
        words.removeFirst()
      }
      fields[name, default: []] += words
    }
    return fields
  }

  private static func sources(fromFields fields: [String: [String]]) -> [AptSource] {
    guard fields["types"]?.contains("deb") == true, fields["enabled"] != ["no"] else { return [] }
    return (fields["uris"] ?? []).map {
      AptSource(
        uri: $0, suites: fields["suites"] ?? [], components: fields["components"] ?? [],
        keyring: fields["signed-by"]?.first)
    }
  }
}
