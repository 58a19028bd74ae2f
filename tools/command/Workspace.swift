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

  /// Does `work` for each of `architectures`; one that fails does not stop the others.
  ///
  /// - Parameter lacking: Why it cannot be done for an architecture.
  /// - Returns: A failure that names each architecture for which it was not done.
  static func each(
    _ architectures: [Architecture], lacking: [String: ToolFailure],
    _ work: (Architecture) throws(ToolFailure) -> Void
  ) -> Result<Void, ToolFailure> {
    var failures: [(name: String, failure: ToolFailure)] = []
    for architecture in architectures {
      do throws(ToolFailure) {
        if let failure = lacking[architecture.name] { throw failure }
        try work(architecture)
      } catch {
        failures.append((architecture.name, error))
      }
    }
    guard let first = failures.first else { return .success(()) }
    guard architectures.count > 1 else { return .failure(first.failure) }
    let lines = failures.map { "\($0.name): \($0.failure.message)" }
    let names = failures.map(\.name).joined(separator: ", ")
    return .failure(
      ToolFailure(
        lines.joined(separator: "\n") + "\n\(failures.count) of \(architectures.count) "
          + "architectures failed: \(names)", exitStatus: first.failure.exitStatus))
  }

  /// Seconds since `start`, to one decimal.
  static func seconds(since start: ContinuousClock.Instant) -> String {
    seconds(ContinuousClock.now - start)
  }

  /// `elapsed` in seconds, to one decimal.
  static func seconds(_ elapsed: Duration) -> String {
    let tenths =
      elapsed.components.seconds * 10 + elapsed.components.attoseconds / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
