import Foundation

/// The Linux distribution this machine runs, from os-release(5).
public struct Distribution: Equatable, Sendable {
  public let identifier: String
  public let version: String
  public let codename: String

  public init(osRelease text: String) {
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      values[String(parts[0])] = parts[1].trimmingCharacters(in: ["\""])
    }
    identifier = values["ID"] ?? "unknown"
    version = values["VERSION_ID"] ?? ""
    codename = values["VERSION_CODENAME"] ?? ""
  }

  /// The running machine's.
  public static var current: Distribution {
    let text = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
    return Distribution(osRelease: text)
  }

  /// True where `setup` can install by itself.
  public var hasSupportedPackages: Bool { identifier == "debian" || identifier == "ubuntu" }

  /// True where the emulator and the firmware come from later suites.
  public var isDebian12: Bool { identifier == "debian" && version == "12" }
}
