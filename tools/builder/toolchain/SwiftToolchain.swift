import Foundation
import ToolSupport

/// Where the installed Swift keeps its compiler's companions.
public struct SwiftToolchain: Sendable {
  /// The folder of swiftc, clang, ld.lld and the LLVM programs.
  public let programFolder: String
  /// The folder of the Embedded standard library, one sub-folder per target.
  public let embeddedFolder: String
  /// Changes with the compiler, so that everything is built anew.
  public let version: String

  /// Asks the `swiftc` on the PATH.
  public init() throws(ToolFailure) {
    let answer = try Subprocess.capture("swiftc", ["-print-target-info"])
    struct Info: Decodable {
      struct Paths: Decodable { let runtimeResourcePath: String }
      let compilerVersion: String
      let paths: Paths
    }
    guard
      answer.succeeded,
      let info = try? JSONDecoder().decode(Info.self, from: Data(answer.output.utf8))
    else { throw ToolFailure("swiftc -print-target-info failed:\n\(answer.output)") }
    let resources = info.paths.runtimeResourcePath
    programFolder = resources.parentFolder.parentFolder + "/bin"
    embeddedFolder = "\(resources)/embedded"
    version = info.compilerVersion
    guard let number = Version(firstIn: version), number >= Version(6, 3) else {
      throw ToolFailure("\(version) is too old: 6.3 or newer is needed (swift.org/install)")
    }
  }

  /// Full path of one of its programs.
  public func program(_ name: String) -> String { "\(programFolder)/\(name)" }

  /// Tables for comparing strings by Unicode's rules, for programs that do.
  public func unicodeTables(for architecture: Architecture) -> String {
    "\(embeddedFolder)/\(architecture.swiftTarget)/libswiftUnicodeDataTables.a"
  }
}
