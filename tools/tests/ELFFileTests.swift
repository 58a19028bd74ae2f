import Testing
import ToolSupport

@testable import Builder

@Suite struct ELFFileTests {
  /// A file of one segment with `flags`, and no sections.
  private func file(machine: UInt16 = 62, type: UInt16 = 3, flags: UInt8 = 5) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 + 56)
    bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    bytes[16] = UInt8(type)
    bytes[18] = UInt8(truncatingIfNeeded: machine)
    bytes[32] = 64
    bytes[56] = 1
    bytes[64] = 1
    bytes[68] = flags
    return bytes
  }

  @Test func headersAreRead() throws {
    let file = try ELFFile(file(), name: "f")

    #expect(file.machine == 62)
    #expect(file.segments == [ELFFile.Segment(isWritable: false, isExecutable: true)])
  }

  @Test(arguments: [0, 1, 63, 64, 119])
  func truncatedFileIsRefused(byteCount: Int) {
    #expect(throws: ToolFailure.self) {
      try ELFFile(Array(file().prefix(byteCount)), name: "f")
    }
  }

  @Test func fileOfAnotherKindIsRefused() {
    #expect(throws: ToolFailure.self) {
      try ELFFile([UInt8](repeating: 0x41, count: 200), name: "f")
    }
  }
}
