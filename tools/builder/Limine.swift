import Foundation
import ToolSupport

/// Finds Limine's released binaries.
public enum Limine {
  /// The release that is fetched when none is given.
  static let release = "v8.2.0-binary"
  private static let repository = "https://github.com/limine-bootloader/limine.git"

  /// The folder to use: `given`, else LIMINE_DIR, else a clone of the pinned release under
  /// build/.
  ///
  /// - Returns: nil if nothing was given and the clone failed.
  public static func folder(given: String?, root: String) throws(ToolFailure) -> String? {
    if let named = given ?? ProcessInfo.processInfo.environment["LIMINE_DIR"] {
      guard Files.isFolder(named) else {
        throw ToolFailure("\(named): no such folder of Limine binaries")
      }
      return URL(fileURLWithPath: named).path
    }
    let clone = "\(root)/build/limine-\(release)"
    if Files.isFolder(clone) { return clone }
    Report.progress("fetching Limine \(release) ...")
    let result = try Subprocess.capture(
      "git",
      ["clone", "-q", "--depth", "1", "--branch", release, repository, clone],
      environment: ["GIT_TERMINAL_PROMPT": "0"])
    return result.succeeded ? clone : nil
  }
}
