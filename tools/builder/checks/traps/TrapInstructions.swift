import ToolSupport

/// The instructions that do nothing but trap, in a linked kernel's code.
///
/// Swift ends each check that can fail with one (`llvm.trap`); assembly has its own.
enum TrapInstructions {
  /// Their addresses, in rising order.
  static func addresses(
    in file: ELFFile, bytes: [UInt8], context: BuildContext
  ) throws(ToolFailure) -> [UInt64] {
    guard context.architecture.trapEncoding != .variable else {
      let listing = try ToolCommand(
        context.toolchain.program("llvm-objdump"),
        ["--disassemble", "--no-show-raw-insn", context.kernelPath]
      ).run(in: context.root)
      return addresses(inListing: listing, named: "ud2")
    }
    var found: [UInt64] = []
    for section in file.sections where section.isExecutable {
      guard section.offset >= 0, section.byteCount >= 0,
        section.offset + section.byteCount <= bytes.count
      else { throw ToolFailure("\(context.kernelPath): \(section.name) lies outside the file") }
      let code = Array(bytes[section.offset..<section.offset + section.byteCount])
      found += offsets(in: code, context.architecture.trapEncoding)
        .map { section.address + UInt64($0) }
    }
    return found
  }

  /// How a machine's instructions are told apart.
  enum Encoding: Sendable {
    /// x86_64: only a disassembler knows where an instruction begins.
    case variable
    /// aarch64: `brk`, whatever its number. Source: Arm ARM DDI 0487, C6.2.49.
    case aarch64
    /// riscv64: `unimp` in its long and its short form, and `ebreak`. The two low bits tell a
    /// short instruction. Source: RISC-V unprivileged ISA, 1.5 and 27; psABI, "unimp".
    case riscv64
    /// loongarch64: the atomic swap whose registers are forbidden that LLVM takes for an undefined
    /// instruction (`ud`), and `break`, but for `break 0`: the linker fills gaps with that.
    /// Source: LoongArch manual vol. 1, 2.2.7 and 2.2.10.
    case loongarch64
  }

  /// Offsets of the traps in a section's bytes.
  static func offsets(in code: [UInt8], _ encoding: Encoding) -> [Int] {
    var found: [Int] = []
    var offset = 0
    while offset + 2 <= code.count {
      let half = UInt32(code[offset]) | UInt32(code[offset + 1]) << 8
      if encoding == .riscv64, half & 3 != 3 {
        // `unimp` and `ebreak`, short.
        if half == 0 || half == 0x9002 { found.append(offset) }
        offset += 2
        continue
      }
      guard offset + 4 <= code.count else { break }
      let word = half | UInt32(code[offset + 2]) << 16 | UInt32(code[offset + 3]) << 24
      if isTrap(word, encoding) { found.append(offset) }
      offset += 4
    }
    return found
  }

  private static func isTrap(_ word: UInt32, _ encoding: Encoding) -> Bool {
    switch encoding {
    case .variable: false
    case .aarch64: word & 0xffe0_001f == 0xd420_0000
    case .riscv64: word == 0xc000_1073 || word == 0x0010_0073
    // `ud N` is the swap of r1 whose target is the register of its address.
    case .loongarch64:
      word & 0xffff_fc00 == 0x3860_0400 && word & 31 == (word >> 5) & 31
        || word >> 15 == 0x54 && word != 0x2a_0000
    }
  }

  /// Addresses of the lines of a disassembly that say `name`.
  static func addresses(inListing listing: String, named name: String) -> [UInt64] {
    listing.split(separator: "\n").compactMap { line in
      guard line.hasSuffix(name), let colon = line.firstIndex(of: ":") else { return nil }
      let rest = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      guard rest == name else { return nil }
      return UInt64(line[..<colon].drop { $0 == " " }, radix: 16)
    }
  }
}
