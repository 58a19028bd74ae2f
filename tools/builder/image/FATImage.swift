import Foundation
import ToolSupport

/// A FAT file system in a file, as UEFI firmware reads it.
struct FATImage {
  let path: String
  let inputs: ImageInputs
  let root: String

  /// What the boot catalogue of a CD can say: 65535 sectors of 512 bytes.
  static let largestByteCount = 65535 * 512

  /// Makes the image with `files`, each at its path.
  func make(_ files: [(target: String, source: String)]) throws(ToolFailure) {
    let contents = files.reduce(0) { $0 + Files.byteCount(of: "\(root)/\($1.source)") }
    let byteCount = Self.byteCount(forContents: contents, fileCount: files.count)
    guard byteCount <= Self.largestByteCount else {
      throw ToolFailure(
        "the boot files need \(byteCount >> 20) MiB, and the built-in loader's image holds "
          + "\(Self.largestByteCount >> 20); take files out of boot/initramfs")
    }
    try Files.write([UInt8](repeating: 0, count: byteCount), to: "\(root)/\(path)")
    try run(
      "mformat",
      [
        "-i", path, "-N", "6d6e6f73", "-v", "MNOS", "-T", "\(byteCount / 512)", "-h", "16",
        "-s", "32", "::",
      ])
    for folder in Self.folders(of: files.map(\.target)) {
      try run("mmd", ["-i", path, "::/\(folder)"])
    }
    for file in files {
      try run("mcopy", ["-o", "-i", path, file.source, "::/\(file.target)"])
    }
  }

  /// Room for the contents, clusters half used, and the tables; in whole MiB, and never so
  /// small that the file system would be of the 12-bit kind.
  static func byteCount(forContents contents: Int, fileCount: Int) -> Int {
    let needed = contents + contents / 64 + fileCount * 8192 + (1 << 20)
    return max(8 << 20, ((needed + (1 << 20) - 1) >> 20) << 20)
  }

  /// Every folder that the paths lie in, outer ones first.
  static func folders(of paths: [String]) -> [String] {
    var folders: Set<String> = []
    for path in paths {
      var parts = path.split(separator: "/").dropLast()
      while !parts.isEmpty {
        folders.insert(parts.joined(separator: "/"))
        parts = parts.dropLast()
      }
    }
    return folders.sorted()
  }

  private func run(_ program: String, _ arguments: [String]) throws(ToolFailure) {
    try ToolCommand(program, arguments, environment: inputs.environment).run(in: root)
  }
}
