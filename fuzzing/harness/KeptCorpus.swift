import Foundation

/// The inputs in a folder for each target, each with its outcome in a list beside them.
///
/// The file `outcomes` has a line for each input: its name, a space, and the words expected.
public struct KeptCorpus: Sendable {
  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// Inputs of a target, by name; those without a line in the list expect nothing.
  public func seeds(for target: String) -> [FuzzSeed] {
    let path = "\(folder)/\(target)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let expected = outcomes(in: "\(path)/outcomes")
    return names.sorted().filter { $0 != "outcomes" && !$0.hasPrefix(".") }.compactMap { name in
      guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else { return nil }
      return FuzzSeed(name, Array(data), expected[name] ?? "nothing: the list lacks it")
    }
  }

  private func outcomes(in path: String) -> [String: String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    var outcomes: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2 { outcomes[String(parts[0])] = String(parts[1]) }
    }
    return outcomes
  }

  /// All inputs of a target: those of its sibling too, whose outcomes may be others there.
  public func pool(for target: FuzzTarget, among targets: [FuzzTarget]) -> [[UInt8]] {
    var pool = target.seeds().map(\.bytes) + seeds(for: target.name).map(\.bytes)
    if let sibling = targets.first(where: { $0.name == target.sibling }) {
      pool += sibling.seeds().map(\.bytes) + seeds(for: sibling.name).map(\.bytes)
    }
    return pool
  }
}
