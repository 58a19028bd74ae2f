import Foundation
import ToolSupport

/// Rewrites LLVM's intermediate code that was made for riscv64 for another machine.
///
/// What names the machine goes: the triple, the CPU and its features on functions, and the
/// module flags of riscv64. What cannot be carried over is refused by name. All else is the
/// same on both, since the data layouts are.
///
/// Source: LLVM Language Reference, "Target Triple", "Module Flags Metadata", "Inline
/// Assembler Expressions".
public struct RetargetedCode: Sendable {
  /// A machine whose data layout is that of riscv64.
  public struct Target: Sendable {
    public let triple: String
    /// Names of the ABIs without and with floating-point registers.
    public let softFloatABI: String
    public let hardFloatABI: String
  }

  /// LoongArch, 64 bit. Source: LoongArch ELF psABI, "ABI type".
  public static let loongArch64 = Target(
    triple: "loongarch64-unknown-none-elf", softFloatABI: "lp64s", hardFloatABI: "lp64d")

  let target: Target
  let usesFloatRegisters: Bool

  init(_ target: Target, usesFloatRegisters: Bool) {
    self.target = target
    self.usesFloatRegisters = usesFloatRegisters
  }

  /// - Parameter name: What messages call `code`.
  /// - Throws: A failure that names each thing in `code` that only riscv64 has.
  func rewritten(_ code: [UInt8], name: String) throws(ToolFailure) -> [UInt8] {
    var complaints = Self.foreignParts(of: code)
    let lines = code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let flags = ModuleFlags(lines)
    var output: [UInt8] = []
    output.reserveCapacity(code.count)
    for (index, line) in lines.enumerated() {
      if index > 0 { output.append(UInt8(ascii: "\n")) }
      guard Self.concernsMachine(line) else {
        output += line
        continue
      }
      do throws(ToolFailure) {
        output += try rewritten(line: String(decoding: line, as: UTF8.self), flags).utf8
      } catch {
        complaints.append(error.message)
      }
    }
    guard complaints.isEmpty else {
      throw ToolFailure(
        "\(name): cannot become code for \(target.triple):\n"
          + complaints.map { "  \($0)" }.joined(separator: "\n"))
    }
    return output
  }

  /// Beginnings of lines that may say something of the machine.
  private static let beginnings = ["target ", "attributes #", "module asm", "!"].map {
    Array($0.utf8)
  }

  private static func concernsMachine(_ line: ArraySlice<UInt8>) -> Bool {
    // Most lines are indented.
    guard let first = line.first, first != UInt8(ascii: " ") else { return false }
    return beginnings.contains { line.starts(with: $0) }
  }

  private func rewritten(line: String, _ flags: ModuleFlags) throws(ToolFailure) -> String {
    if line.hasPrefix("module asm") {
      throw ToolFailure("assembly of the whole module: \(line)")
    }
    if line.hasPrefix("target triple = ") {
      guard line.hasPrefix("target triple = \"riscv64-") else {
        throw ToolFailure("not made for riscv64: \(line)")
      }
      return "target triple = \"\(target.triple)\""
    }
    if line.hasPrefix("target datalayout = ") {
      guard line == "target datalayout = \"\(Self.dataLayout)\"" else {
        throw ToolFailure("the data layout is not that of the machine: \(line)")
      }
      return line
    }
    if line.hasPrefix("attributes #") { return Self.withoutMachine(attributes: line) }
    return try flags.rewritten(
      line, abi: usesFloatRegisters ? target.hardFloatABI : target.softFloatABI)
  }

  /// Little-endian ELF, 64-bit pointers, integers of up to 128 bits aligned to their size,
  /// stack aligned to 128 bits. LLVM has this same string for riscv64 and loongarch64.
  static let dataLayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"

  /// An `attributes` line without the CPU's name and features.
  static func withoutMachine(attributes line: String) -> String {
    var kept = line
    for key in ["target-cpu", "target-features", "tune-cpu"] {
      while let start = kept.range(of: " \"\(key)\"=\"") {
        guard let end = kept.range(of: "\"", range: start.upperBound..<kept.endIndex) else { break }
        kept.removeSubrange(start.lowerBound..<end.upperBound)
      }
    }
    return kept
  }
}

extension RetargetedCode {
  /// What only riscv64 has, wherever it is in a line.
  private static let foreignNames = [
    "@llvm.riscv.", "target(\"riscv.", "riscv_vector_cc", "riscv_vls_cc", "<vscale x",
  ]

  /// A line for each part of the code that another machine cannot have.
  private static func foreignParts(of code: [UInt8]) -> [String] {
    let data = Data(code)
    var complaints: [String] = []
    for name in foreignNames {
      for line in lines(with: name, in: data) { complaints.append("\(name): \(line)") }
    }
    for line in lines(with: " asm ", in: data) {
      for constraint in InlineAssembly.constraints(in: line)
      where !InlineAssembly.isOfEveryMachine(constraint) {
        complaints.append(
          "inline assembly with the constraint '\(constraint)', which names a register or a kind "
            + "of operand of riscv64; use \"r\", or a function in assembly: \(line)")
      }
    }
    return complaints
  }

  /// The lines that hold `text`, without their indentation.
  private static func lines(with text: String, in data: Data) -> [String] {
    let needle = Data(text.utf8)
    let newline = Data([UInt8(ascii: "\n")])
    var found: [String] = []
    var position = data.startIndex
    while let hit = data.range(of: needle, in: position..<data.endIndex) {
      let before = data.range(of: newline, options: .backwards, in: 0..<hit.lowerBound)
      let after = data.range(of: newline, in: hit.upperBound..<data.endIndex)
      let start = before?.upperBound ?? data.startIndex
      let end = after?.lowerBound ?? data.endIndex
      let line = String(decoding: data[start..<end], as: UTF8.self)
      found.append(line.trimmingCharacters(in: .whitespaces))
      position = end
    }
    return found
  }
}

/// The module flags of one file of intermediate code.
///
/// Source: LLVM Language Reference, "Module Flags Metadata": the list names nodes, and each
/// node is a behaviour, a name and a value.
private struct ModuleFlags {
  /// Flags that only riscv64 has, or that the command line sets for the new machine.
  private static let dropped: Set<String> = ["riscv-isa", "SmallDataLimit", "Code Model"]

  private static let list = "!llvm.module.flags = !{"
  /// Names of the flags by their node, such as `!3`.
  private var names: [String: String] = [:]

  init(_ lines: [ArraySlice<UInt8>]) {
    guard let list = lines.first(where: { $0.starts(with: Self.list.utf8) }) else { return }
    for node in Self.nodes(String(decoding: list, as: UTF8.self)) { names[node] = "" }
    for line in lines where line.first == UInt8(ascii: "!") {
      let parts = String(decoding: line, as: UTF8.self).components(separatedBy: " = ")
      guard parts.count == 2, names[parts[0]] != nil else { continue }
      let quoted = parts[1].components(separatedBy: "\"")
      if quoted.count >= 3 { names[parts[0]] = quoted[1] }
    }
  }

  private static func nodes(_ list: String) -> [String] {
    list.dropFirst(Self.list.count).dropLast().components(separatedBy: ", ")
  }

  /// A line of metadata as the new machine wants it.
  func rewritten(_ line: String, abi: String) throws(ToolFailure) -> String {
    if line.hasPrefix(Self.list) {
      let kept = Self.nodes(line).filter { !Self.dropped.contains(names[$0] ?? "") }
      return Self.list + kept.joined(separator: ", ") + "}"
    }
    let node = line.prefix { $0 != " " }
    guard let name = names[String(node)] else { return line }
    if name == "target-abi" { return "\(node) = !{i32 1, !\"target-abi\", !\"\(abi)\"}" }
    if name.hasPrefix("riscv"), !Self.dropped.contains(name) {
      throw ToolFailure("the module flag \(name): \(line)")
    }
    return line
  }
}

/// Inline assembly in a line of intermediate code.
enum InlineAssembly {
  /// The constraints of the operands, clobbers included: the string after the template.
  static func constraints(in line: String) -> [String] {
    // Quotes inside strings are written \22, so every second part is outside of strings.
    let parts = line.components(separatedBy: "\"")
    for index in stride(from: 0, to: parts.count, by: 2) {
      let words = parts[index].split(separator: " ")
      let modifiers = words.drop { $0 != "asm" }.dropFirst()
      let isAssembly =
        words.contains("asm")
        && modifiers.allSatisfy { ["sideeffect", "alignstack", "unwind"].contains($0) }
      guard isAssembly, index + 3 < parts.count else { continue }
      return parts[index + 3].split(separator: ",").map(String.init)
    }
    return []
  }

  /// Whether a constraint means the same on every machine: any register, a number, memory.
  static func isOfEveryMachine(_ constraint: String) -> Bool {
    if constraint == "~{memory}" { return true }
    let kind = constraint.drop { "=&*%".contains($0) }
    return ["r", "f", "i", "n", "m", "s", "X"].contains(kind)
      || !kind.isEmpty && kind.allSatisfy(\.isNumber)
  }
}
