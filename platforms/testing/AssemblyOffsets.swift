import Foundation

/// The numbers that a header of assembly defines: `#define <prefix><name> <number>`.
public struct AssemblyOffsets {
  private var offsets: [String: Int] = [:]

  /// - Parameters:
  ///   - header: Path of the header from the platform's folder.
  ///   - test: The test's own file, in the folder `tests` of the platform.
  public init(header: String, prefix: String, besideTest test: String = #filePath) throws {
    let platform = URL(fileURLWithPath: test).deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: platform.appendingPathComponent(header), encoding: .utf8)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, words[0] == "#define", words[1].hasPrefix(prefix) {
        offsets[String(words[1].dropFirst(prefix.count))] = Int(words[2])
      }
    }
  }

  /// nil if the header does not define it as a plain number.
  public subscript(name: String) -> Int? { offsets[name] }
}
