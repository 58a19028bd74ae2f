/// The CPU that a program file is for, by its ELF machine number.
///
/// Source: System V ABI, generic chapter 4, `e_machine`.
public enum ProgramMachine: UInt16, Sendable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case x86_64 = 62
  case aarch64 = 183
  case riscv64 = 243
  case loongarch64 = 258

  /// Bytes that an instruction's address must be a multiple of.
  var instructionAlignment: UInt64 {
    switch self {
    case .x86_64: 1
    case .riscv64: 2
    case .aarch64, .loongarch64: 4
    }
  }
}
