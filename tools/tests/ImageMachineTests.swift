import Foundation
import Testing
import ToolSupport

@testable import Builder

@Suite struct ImageMachineTests {
  /// Eight sectors, in the sixth of them the beginning of a program for `machine`.
  private func image(machine: UInt16, type: UInt8 = 3, at offset: Int = 2560) -> Data {
    var bytes = [UInt8](repeating: 0x90, count: 4096)
    let header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    bytes.replaceSubrange(offset..<offset + 8, with: header)
    bytes[offset + 16] = type
    bytes[offset + 17] = 0
    bytes[offset + 18] = UInt8(truncatingIfNeeded: machine)
    bytes[offset + 19] = UInt8(truncatingIfNeeded: machine >> 8)
    return Data(bytes)
  }

  @Test(arguments: Architecture.all.map(\.name))
  func programTellsTheArchitecture(name: String) throws {
    let architecture = try Architecture.named(name)

    let found = ImageMachine.architecture(of: image(machine: architecture.elfMachine))

    #expect(found?.name == name)
  }

  @Test func otherFilesTellNothing() {
    #expect(ImageMachine.architecture(of: Data()) == nil)
    #expect(ImageMachine.architecture(of: Data([0x7f])) == nil)
    #expect(ImageMachine.architecture(of: image(machine: 8)) == nil)
    #expect(ImageMachine.architecture(of: image(machine: 62, type: 1)) == nil)
    #expect(ImageMachine.architecture(of: image(machine: 62, at: 2561)) == nil)
  }

  @Test func imageForAnotherMachineNamesBoth() throws {
    let path = NSTemporaryDirectory() + "mnos-other-\(UUID().uuidString).iso"
    try image(machine: 243).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }

    let failure = #expect(throws: ToolFailure.self) {
      try ImageMachine.check(path, isFor: try Architecture.named("x86_64"))
    }

    #expect(failure?.message.contains("image for riscv64") == true)
    #expect(failure?.message.contains("--arch riscv64") == true)
    #expect(throws: Never.self) {
      try ImageMachine.check(path, isFor: try Architecture.named("riscv64"))
    }
  }

  @Test func missingImageIsNamed() throws {
    let failure = #expect(throws: ToolFailure.self) {
      try ImageMachine.check("/nowhere/x.iso", isFor: Architecture.all[0])
    }

    #expect(failure?.message.hasPrefix("/nowhere/x.iso: no such image") == true)
  }
}
