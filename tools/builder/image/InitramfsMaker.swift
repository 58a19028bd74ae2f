import Foundation
import ToolSupport

/// Packs the initramfs: the files of boot/initramfs, the programs and the tests.
struct InitramfsMaker {
  let context: BuildContext
  let programs: [ProgramSpec]
  /// Further folders whose files are laid over those of boot/initramfs.
  let additions: [String]
  /// Programs in the places of others, by name: what a system does with a service that fails.
  var standIns: [String: String] = [:]

  private var staging: String { "\(context.root)/\(context.folder)/initramfs" }

  /// Makes the archive; the same files give the same bytes.
  func make() throws(ToolFailure) {
    try Files.makeEmptyFolder(staging)
    for folder in ["\(context.root)/boot/initramfs"] + additions {
      try overlay(folder)
    }
    try Files.makeFolder("\(staging)/bin")
    try Files.makeFolder("\(staging)/tests")
    for program in programs {
      let name = standIns[program.name] ?? program.name
      let source = "\(context.root)/\(context.programPath(name))"
      switch program.place {
      case .boot, .bootTests: continue
      case .bin: try Files.copy(source, to: "\(staging)/bin/\(program.name)")
      case .tests, .subject: try Files.copy(source, to: "\(staging)/tests/\(program.name)")
      }
    }
    try pack()
  }

  private func overlay(_ folder: String) throws(ToolFailure) {
    for name in Files.names(in: folder) {
      let target = "\(staging)/\(name)"
      if Files.isFolder("\(folder)/\(name)"), Files.isFolder(target) {
        for inner in Files.names(in: "\(folder)/\(name)") {
          try? FileManager.default.removeItem(atPath: "\(target)/\(inner)")
          try Files.copy("\(folder)/\(name)/\(inner)", to: "\(target)/\(inner)")
        }
      } else {
        try? FileManager.default.removeItem(atPath: target)
        try Files.copy("\(folder)/\(name)", to: target)
      }
    }
  }

  /// Uses the plain format; if a name is too long for it, GNU's.
  private func pack() throws(ToolFailure) {
    do throws(ToolFailure) {
      try archive(format: "ustar").run(in: context.root)
    } catch {
      try archive(format: "gnu").run(in: context.root)
    }
  }

  private func archive(format: String) -> ToolCommand {
    ToolCommand(
      "tar",
      [
        "--format=\(format)", "--sort=name", "--mtime=@0", "--owner=0", "--group=0",
        "--numeric-owner", "--mode=u+rw,go+r,go-w,a+X", "-C", "\(context.folder)/initramfs",
        "-cf", context.initramfsPath, ".",
      ], environment: ["LC_ALL": "C"])
  }
}
