import Foundation

/// Where programs are.
public enum ProgramPath {
  /// Full path of `name`: itself if it holds a slash, else the first hit on the PATH.
  ///
  /// The administrator's folders are searched last, since a plain user's PATH often lacks them.
  public static func find(_ name: String) -> String? {
    if name.contains("/") {
      return FileManager.default.isExecutableFile(atPath: name) ? name : nil
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    return folders.lazy.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
