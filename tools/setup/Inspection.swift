import Foundation
import ToolSupport

/// What was found out about one requirement on this machine.
public struct Inspection: Sendable {
  public enum Finding: Sendable, Equatable {
    /// There; `detail` is its version or its path.
    case present(detail: String)
    case missing
    case tooOld(found: String, minimum: String)
  }

  public let requirement: Requirement
  public let finding: Finding

  public var isSatisfied: Bool {
    if case .present = finding { return true }
    return false
  }

  /// Looks for `requirement` on this machine.
  public init(of requirement: Requirement) {
    self.requirement = requirement
    switch requirement.probe {
    case .file(let paths):
      let found = paths.first { FileManager.default.fileExists(atPath: $0) }
      finding = found.map { .present(detail: $0) } ?? .missing
    case .program(let name, let minimum):
      finding = Inspection.program(name, minimum: minimum)
    }
  }

  /// One line per thing that is not as it should be, for messages.
  public var complaint: String {
    switch finding {
    case .present(let detail): "\(requirement.name): \(detail)"
    case .missing: "\(requirement.name) is missing (package \(requirement.package))"
    case .tooOld(let found, let minimum):
      "\(requirement.name) \(found) is too old, \(minimum) or newer is needed "
        + "(package \(requirement.package))"
    }
  }

  private static func program(_ name: String, minimum: Version) -> Finding {
    guard
      ProgramPath.find(name) != nil,
      let result = try? Subprocess.capture(name, ["--version"])
    else { return .missing }
    // xorriso tells its version only on the first line that starts with its name.
    let line = result.output.split(separator: "\n").first { $0.contains(where: \.isNumber) } ?? ""
    guard let version = Version(firstIn: String(line)) else {
      return .tooOld(found: "of unknown version", minimum: minimum.description)
    }
    return version < minimum
      ? .tooOld(found: version.description, minimum: minimum.description)
      : .present(detail: version.description)
  }
}
