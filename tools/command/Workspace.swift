import Builder
import Foundation
import ToolSupport

/// The package that the tool works on.
enum Workspace {
  /// The package's folder: where the script that started the tool lies.
  static var root: String {
    ProcessInfo.processInfo.environment["MNOS_ROOT"] ?? FileManager.default.currentDirectoryPath
  }

  /// The architectures that a word on the command line means; the default if there is none.
  static func architectures(_ word: String?) throws(ToolFailure) -> [Architecture] {
    guard let word else { return [Architecture.all[0]] }
    return word == "all" ? Architecture.all : [try Architecture.named(word)]
  }

  /// What to build for `architecture`.
  static func context(
    _ architecture: Architecture, configuration: Configuration = .release
  ) throws(ToolFailure) -> BuildContext {
    BuildContext(
      root: root, architecture: architecture, configuration: configuration,
      toolchain: try SwiftToolchain())
  }

  /// Seconds since `start`, to one decimal.
  static func seconds(since start: ContinuousClock.Instant) -> String {
    let elapsed = ContinuousClock.now - start
    let tenths =
      elapsed.components.seconds * 10 + elapsed.components.attoseconds / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
