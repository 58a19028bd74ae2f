import Foundation
import Machine
import Testing
import ToolSupport

@testable import Builder

/// What keeps ports equal: checks of the tree's own sources.
@Suite struct PortabilityTests {
  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    .dropLast(3).joined(separator: "/")

  /// Sources below these are the same for every architecture.
  static let portable = [
    "kernel", "libmnos", "services", "init", "userland-tests", "boot/loader/core",
    "boot/loader/uefi", "platforms/common", "platforms/sim",
  ]

  /// All files below a folder with one of these endings, as paths from the root.
  private func files(in folder: String, endings: [String]) -> [String] {
    let names = FileManager.default.enumerator(atPath: "\(Self.root)/\(folder)")
    return (names?.allObjects as? [String] ?? [])
      .filter { name in endings.contains { name.hasSuffix($0) } }
      .map { "\(folder)/\($0)" }.sorted()
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
  }

  // MARK: Conditions

  /// What names an architecture in a condition, in lower case.
  private static let names = [
    "arch(", "mnos_arch", "x86_64", "aarch64", "arm64", "riscv", "loongarch",
    "targetenvironment",
  ]

  /// Lines that make something depend on the architecture, by their numbers.
  private func conditions(in text: String) -> [Int] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.filter { index in
      let line = lines[index].lowercased()
      let first = line.split(separator: " ").first ?? ""
      let isCondition = ["#if", "#elseif", "#ifdef", "#ifndef", "#elif"].contains(first)
      return isCondition && Self.names.contains { line.contains($0) }
    }.map { $0 + 1 }
  }

  @Test(arguments: [
    "#if arch(x86_64)", "  #elseif MNOS_ARCH_RISCV64", "#ifdef __riscv", "#if defined(__x86_64__)",
  ])
  func conditionOnTheArchitectureIsSeen(line: String) {
    #expect(conditions(in: "let a = 1\n\(line)\n#endif") == [2])
  }

  @Test(arguments: ["// #if arch(x86_64)", "#if DEBUG", "#ifndef MNOS_SHIMS_H", "let riscv = 1"])
  func otherLinesAreNoConditions(line: String) {
    #expect(conditions(in: line) == [])
  }

  @Test func portableSourcesHaveNoConditionOnTheArchitecture() throws {
    var offences: [String] = []
    for folder in Self.portable {
      let sources = files(in: folder, endings: [".swift", ".h"])
      #expect(!sources.isEmpty, "\(folder) holds no source")
      for path in sources {
        offences += conditions(in: try text(path)).map { "\(path):\($0)" }
      }
    }

    #expect(offences == [])
  }

  // MARK: Addresses

  /// Numbers in code that could be where a board has a device: from 64 KiB to 1 TiB, page
  /// aligned, and used as an address. Texts, comments and masks are not meant.
  private func boardAddresses(in text: String) -> [UInt64] {
    text.split(separator: "\n").flatMap { line -> [UInt64] in
      let code = line.range(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
      let words = code.split { !($0.isHexDigit || $0 == "_" || $0 == "x") }
      return words.compactMap { word in
        guard word.hasPrefix("0x") else { return nil }
        let digits = word.dropFirst(2).filter { $0 != "_" }
        return UInt64(digits, radix: 16).flatMap { Self.known[$0] == nil ? nil : $0 }
      }
    }
  }

  /// Where the boards that the tests boot on have their devices: what must be read from tables.
  /// Source: QEMU hw/riscv/virt.c, hw/arm/virt.c, hw/loongarch/virt.c, hw/i386/pc.c.
  private static let known: [UInt64: String] = [
    0x0200_0000: "riscv64 CLINT", 0x0c00_0000: "riscv64 PLIC or APLIC",
    0x0d00_0000: "riscv64 APLIC",
    0x2400_0000: "riscv64 IMSIC", 0x2800_0000: "riscv64 IMSIC",
    0x1000_0000: "riscv64 UART, loongarch64 bridge",
    0x1000_1000: "riscv64 virtio", 0x3000_0000: "riscv64 PCI", 0x0010_1000: "riscv64 clock",
    0x0800_0000: "aarch64 GIC distributor", 0x0801_0000: "aarch64 GIC interface",
    0x0802_0000: "aarch64 GICv2m", 0x0808_0000: "aarch64 GIC ITS",
    0x080a_0000: "aarch64 GIC redistributors", 0x0900_0000: "aarch64 UART",
    0x0901_0000: "aarch64 clock",
    0x0903_0000: "aarch64 GPIO", 0x0a00_0000: "aarch64 virtio", 0x3eff_0000: "aarch64 PCI",
    0x1fe0_01e0: "loongarch64 UART", 0x1fe0_0000: "loongarch64 chip registers",
    0x100d_001c: "loongarch64 power", 0x100d_0000: "loongarch64 power",
    0x2ff0_0000: "loongarch64 MSI",
    0xfec0_0000: "x86_64 I/O APIC", 0xfee0_0000: "x86_64 local APIC", 0xfed0_0000: "x86_64 HPET",
  ]

  @Test func boardAddressIsSeenHoweverItIsWritten() {
    #expect(boardAddresses(in: "let a = 0x0c00_0000  // PLIC") == [0xc00_0000])
    #expect(boardAddresses(in: "  .quad 0x9000000, 0xFEC00000") == [0x900_0000, 0xfec0_0000])
    #expect(boardAddresses(in: "// 0x0c00_0000") == [])
    #expect(boardAddresses(in: "let mask = 0x0fff_ffff") == [])
  }

  @Test func platformsAndKernelNameNoBoardAddress() throws {
    var offences: [String] = []
    let endings = [".swift", ".h", ".S", ".ld", ".inc"]
    for folder in ["platforms", "kernel", "boot/loader", "services", "libmnos", "init"] {
      for path in files(in: folder, endings: endings)
      where !path.contains("/tests/") && !path.hasPrefix("platforms/testing/") {
        offences += boardAddresses(in: try text(path)).map {
          "\(path): \(Self.known[$0] ?? "")"
        }
      }
    }

    #expect(offences == [])
  }

  // MARK: Copies

  /// What counts when two files are compared: code lines of some length.
  private func codeLines(_ text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { $0.count > 12 && !$0.hasPrefix("//") && !$0.hasPrefix("import ") })
  }

  /// Code of one file.
  private struct Code {
    let architecture: String
    let path: String
    var lines: Set<String>
  }

  @Test func platformsHoldNoCopiesOfEachOther() throws {
    var files: [Code] = []
    for name in Architecture.all.map(\.name) {
      for path in self.files(in: "platforms/\(name)", endings: [".swift"])
      where !path.contains("/tests/") {
        files.append(Code(architecture: name, path: path, lines: codeLines(try text(path))))
      }
    }
    // What three ports write is the form that a protocol asks for.
    var users: [String: Set<String>] = [:]
    for file in files {
      for line in file.lines { users[line, default: []].insert(file.architecture) }
    }
    let compared = files.map { file in
      var own = file
      own.lines = file.lines.filter { users[$0, default: []].count < 3 }
      return own
    }.filter { $0.lines.count >= 10 }
    var copies: [String] = []
    for (index, left) in compared.enumerated() {
      for right in compared[(index + 1)...] where left.architecture != right.architecture {
        let common = left.lines.intersection(right.lines).count
        let smaller = min(left.lines.count, right.lines.count)
        if common * 4 >= smaller * 3 { copies.append("\(left.path) and \(right.path): \(common)") }
      }
    }

    #expect(compared.count > 20)
    #expect(copies == [])
  }

  // MARK: The contract

  @Test(arguments: Architecture.all.map(\.name))
  func portHasEveryFileOfTheContract(name: String) throws {
    #expect(PortContract.missingFiles(of: name, root: Self.root) == [])
    #expect(try Board.of(name).machines.isEmpty == false)
  }

  @Test func missingFilesAreNamed() {
    let missing = PortContract.missingFiles(of: "vax", root: Self.root)

    #expect(missing.contains("platforms/vax/link.ld"))
    #expect(missing.contains("libmnos/asm/vax.S"))
    #expect(missing.contains("docs/ports/vax.md"))
  }

  @Test func missingSymbolsAreNamed() {
    let present = PortContract.kernel.symbols.filter { $0 != "mnos_trap" } + ["other"]

    #expect(
      PortContract.missingSymbols(of: PortContract.kernel, present: present) == ["mnos_trap"])
  }

  @Test func guideNamesAllThatTheContractChecks() throws {
    let guide = try text("docs/ports/porting.md")

    for part in PortContract.parts {
      for symbol in part.symbols { #expect(guide.contains(symbol), "\(symbol) is not explained") }
      for file in part.files { #expect(guide.contains(file), "\(file) is not explained") }
    }
  }
}
