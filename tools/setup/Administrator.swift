import Foundation
import ToolSupport

/// Runs commands with the rights that installing needs.
struct Administrator {
  private let prefix: [String]

  /// - Throws: If this is neither root nor able to become root by sudo.
  init() throws(ToolFailure) {
    if geteuid() == 0 {
      prefix = []
    } else if ProgramPath.find("sudo") != nil {
      prefix = ["sudo"]
    } else {
      throw ToolFailure(
        "installing needs root, and there is no sudo: run 'tools/mnos setup --yes' as root")
    }
  }

  /// Runs one command; its output is shown only if it fails.
  func run(_ program: String, _ arguments: [String], step: String) throws(ToolFailure) {
    Report.progress("\(step) ...")
    let all = prefix + ["env", "DEBIAN_FRONTEND=noninteractive", program] + arguments
    let result = try Subprocess.capture(all[0], Array(all.dropFirst()))
    guard result.succeeded else {
      throw ToolFailure(
        "\(step) failed: \(program) \(arguments.joined(separator: " "))\n\(result.output)"
          + "check the network and /etc/apt, then run 'tools/mnos setup' again")
    }
  }

  /// Writes `text` to the root-owned file at `path`.
  func write(_ text: String, to path: String) throws(ToolFailure) {
    let all = prefix + ["tee", path]
    let result = try Subprocess.capture(all[0], Array(all.dropFirst()), input: text)
    guard result.succeeded else { throw ToolFailure("\(path): \(result.output)") }
  }
}
