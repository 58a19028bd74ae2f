import Foundation
import Testing
import ToolSupport

@testable import Builder

@Suite(.enabled(if: ProgramPath.find("xorriso") != nil && ProgramPath.find("mcopy") != nil))
struct ISOMakerTests {
  /// A tree with every file that an image takes, of made-up contents, in a new folder.
  private func context() throws -> BuildContext {
    let root = NSTemporaryDirectory() + "mnos-image-\(UUID().uuidString)"
    let context = BuildContext(
      root: root, architecture: Architecture.all[0], configuration: .release,
      toolchain: try SwiftToolchain())
    for folder in ["boot", "\(context.folder)/programs", "\(context.folder)/loader"] {
      try Files.makeFolder("\(root)/\(folder)")
    }
    try Files.write("cmdline: a\n", to: "\(root)/boot/limine.conf")
    for (index, path) in [
      context.bootKernelPath, context.programPath("init"), context.initramfsPath,
      context.loaderPath,
    ].enumerated() {
      let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * (index + 3)) }
      try Files.write(bytes, to: "\(root)/\(path)")
    }
    return context
  }

  private func image(_ context: BuildContext, _ options: String = "") throws -> [UInt8] {
    let inputs = try ImageInputs(context, environment: [:], kernelOptions: options)
    let output = "\(context.root)/out.iso"
    try ISOMaker(context, bootloader: .builtIn, inputs: inputs).make(output: output)
    return try Files.bytes(of: output)
  }

  @Test func sameInputsGiveTheSameBytesAnywhere() throws {
    let first = try context()
    let second = try context()
    defer {
      for context in [first, second] { try? FileManager.default.removeItem(atPath: context.root) }
    }

    let isSame = try image(first) == image(second)

    #expect(isSame)
  }

  @Test func otherInputsGiveOtherBytes() throws {
    let context = try context()
    defer { try? FileManager.default.removeItem(atPath: context.root) }

    let isSame = try image(context) == image(context, "loglevel=debug")

    #expect(!isSame)
  }

  @Test func firmwareFindsEachFileWithItsBytes() throws {
    let context = try context()
    defer { try? FileManager.default.removeItem(atPath: context.root) }
    _ = try image(context)
    let fat = "\(context.root)/\(context.folder)/iso/efi.img"

    for (target, source) in [
      ("EFI/BOOT/BOOTX64.EFI", context.loaderPath), ("boot/kernel.elf", context.bootKernelPath),
      ("boot/init", context.programPath("init")), ("boot/initramfs.tar", context.initramfsPath),
    ] {
      let copy = "\(context.root)/copy"
      let result = try Subprocess.capture("mcopy", ["-n", "-o", "-i", fat, "::/\(target)", copy])
      #expect(result.succeeded)
      let isSame = try Files.bytes(of: copy) == Files.bytes(of: "\(context.root)/\(source)")
      #expect(isSame)
    }
  }
}
