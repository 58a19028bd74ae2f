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
    if let folder = try folderInPlace(given: given, root: root) { return folder }
    let clone = Self.clone(root)
    Report.progress("fetching Limine \(release) ...")
    let result = try Subprocess.capture(
      "git",
      ["clone", "-q", "--depth", "1", "--branch", release, repository, clone],
      environment: ["GIT_TERMINAL_PROMPT": "0"])
    return result.succeeded ? clone : nil
  }

  /// The folder to use if that takes no fetching.
  ///
  /// - Throws: If a folder is named that does not exist.
  public static func folderInPlace(given: String?, root: String) throws(ToolFailure) -> String? {
    let variable = ProcessInfo.processInfo.environment["LIMINE_DIR"].flatMap {
      $0.isEmpty ? nil : $0
    }
    if let named = given ?? variable {
      guard Files.isFolder(named) else {
        let source = given == nil ? "LIMINE_DIR" : "--limine"
        throw ToolFailure(
          "\(source) names \(named), and there is no such folder: it must be that of a Limine "
            + "binary release, 8.2 or newer; without it the built-in loader is used")
      }
      return URL(fileURLWithPath: named).path
    }
    return Files.isFolder(clone(root)) ? clone(root) : nil
  }

  private static func clone(_ root: String) -> String { "\(root)/build/limine-\(release)" }
}
