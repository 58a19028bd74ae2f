import Foundation
import ToolSupport

/// What a step was made from, so that it is repeated only when something changed.
///
/// A file counts as changed when its size or its time of change differs, in either direction.
public struct Fingerprint: Equatable, Sendable {
  /// One line per command and input.
  public let text: String

  /// - Parameter root: What the step's paths are relative to.
  public init(of step: Step, root: String) {
    var lines = step.actions.map { action in
      switch action {
      case .run(let command): command.line
      case .perform(let label, _): label
      }
    }
    for input in step.inputs {
      lines.append("\(input) \(Self.state(of: "\(root)/\(input)"))")
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// Whether every output of `step` is there and was made from exactly this.
  public func matches(_ step: Step, root: String) -> Bool {
    guard
      let stored = try? String(contentsOfFile: Self.stampPath(of: step, root), encoding: .utf8)
    else { return false }
    return stored == text
      && step.outputs.allSatisfy { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
  }

  /// Remembers that `step` is done.
  public func store(for step: Step, root: String) throws(ToolFailure) {
    try Files.write(text, to: Self.stampPath(of: step, root))
  }

  /// Forgets that `step` was ever done, before it is begun anew.
  public static func clear(for step: Step, root: String) {
    try? FileManager.default.removeItem(atPath: stampPath(of: step, root))
  }

  private static func stampPath(of step: Step, _ root: String) -> String {
    "\(root)/\(step.outputs[0]).made-from"
  }

  private static func state(of path: String) -> String {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return "absent"
    }
    let size = (attributes[.size] as? UInt64) ?? 0
    let changed = (attributes[.modificationDate] as? Date)?.timeIntervalSinceReferenceDate ?? 0
    return "\(size) \(changed)"
  }
}
