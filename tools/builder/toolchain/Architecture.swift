import ToolSupport

/// What building for one kind of machine needs to know; a new port is one more entry in `all`.
public struct Architecture: Sendable {
  /// The name that command lines and folders use.
  public let name: String
  /// Swift's name for the bare machine.
  public let swiftTarget: String
  /// clang's name for it, for assembly and C headers.
  public let clangTarget: String
  /// The module in platforms/<name>.
  public let platformModule: String
  /// clang flags of everything that runs in the kernel.
  public let kernelFlags: [String]
  /// clang flags of user programs.
  public let userFlags: [String]
  /// clang flags of the UEFI loader.
  public let loaderFlags: [String]
  /// Linker flags of kernel, loader and user programs.
  public let linkFlags: [String]
  /// What firmware starts from removable media. Source: UEFI 2.10 §3.5.1.1.
  public let efiFileName: String
  /// Whether its machines may also start by BIOS.
  public var hasBIOS: Bool { name == "x86_64" }
  /// The machine number of its ELF files. Source: ELF gABI, e_machine.
  public let elfMachine: UInt16
  /// How its trap instructions are found in a kernel.
  let trapEncoding: TrapInstructions.Encoding
  /// How Swift source becomes an object file.
  public let route: any CompileRoute

  /// Whether the toolchain brings tables for comparing strings by Unicode's rules that user
  /// programs can be linked with: those of riscv64 are for programs without float registers.
  public let hasUnicodeTables: Bool

  /// The architectures that can be built, the default first.
  public static let all: [Architecture] = [x86_64, aarch64, riscv64, loongarch64]

  /// Looks an architecture up by the name on a command line.
  public static func named(_ name: String) throws(ToolFailure) -> Architecture {
    if let found = all.first(where: { $0.name == name }) { return found }
    throw ToolFailure.usage("unknown architecture '\(name)'; there are \(names)")
  }

  private static var names: String { all.map(\.name).joined(separator: ", ") }
}

extension Architecture {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private static let x86_64 = Architecture(
    name: "x86_64",
    swiftTarget: "x86_64-unknown-none-elf",
    clangTarget: "x86_64-unknown-none-elf",
    platformModule: "PlatformX86_64",
    kernelFlags: [
      "-mno-red-zone", "-mcmodel=kernel", "-mno-sse", "-mno-mmx", "-mno-avx",
    ],
    userFlags: [],
    loaderFlags: ["-mno-red-zone", "-mno-sse", "-mno-mmx", "-mno-avx"],
    linkFlags: [],
    efiFileName: "BOOTX64.EFI",
    elfMachine: 62,
    trapEncoding: .variable,
    route: DirectRoute(),
    hasUnicodeTables: true)

  private static let aarch64 = Architecture(
    name: "aarch64",
    swiftTarget: "aarch64-none-none-elf",
    clangTarget: "aarch64-none-elf",
    platformModule: "PlatformAArch64",
    kernelFlags: cortexA53Flags + ["-mgeneral-regs-only", "-fno-omit-frame-pointer"],
    userFlags: cortexA53Flags,
    loaderFlags: cortexA53Flags + ["-mgeneral-regs-only"],
    linkFlags: ["--fix-cortex-a53-843419"],
    efiFileName: "BOOTAA64.EFI",
    elfMachine: 183,
    trapEncoding: .aarch64,
    route: DirectRoute(),
    hasUnicodeTables: true)

  private static let riscv64 = Architecture(
    name: "riscv64",
    swiftTarget: "riscv64-none-none-eabi",
    clangTarget: "riscv64-unknown-none-elf",
    platformModule: "PlatformRISCV64",
    // Frame pointers are for the back-trace of a panic; x86_64 has them by default.
    kernelFlags: [
      "-march=rv64imac", "-mabi=lp64", "-mcmodel=medany", "-fno-omit-frame-pointer",
    ],
    userFlags: ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
    loaderFlags: ["-march=rv64imac", "-mabi=lp64", "-mcmodel=medany"],
    linkFlags: [],
    efiFileName: "BOOTRISCV64.EFI",
    elfMachine: 243,
    trapEncoding: .riscv64,
    route: DirectRoute(),
    hasUnicodeTables: false)

  private static let loongarch64 = Architecture(
    name: "loongarch64",
    // Stands in until the intermediate code is retargeted.
    swiftTarget: "riscv64-none-none-eabi",
    clangTarget: "loongarch64-unknown-none-elf",
    platformModule: "PlatformLoongArch64",
    kernelFlags: loongArchFlags + ["-mabi=lp64s", "-fno-omit-frame-pointer"],
    userFlags: loongArchFlags + ["-mabi=lp64d", "-mno-lsx"],
    loaderFlags: loongArchFlags + ["-mabi=lp64s"],
    linkFlags: [],
    efiFileName: "BOOTLOONGARCH64.EFI",
    elfMachine: 258,
    trapEncoding: .loongarch64,
    route: RetargetedRoute(RetargetedCode.loongArch64),
    hasUnicodeTables: false)

  /// Early Cortex-A53 cores multiply and accumulate wrongly right after a memory access (erratum
  /// 835769), and compute wrong addresses from an adrp at the end of a page (843419), which is the
  /// linker's to avoid. Source: Arm, Cortex-A53 MPCore Software Developers Errata Notice (EPM048406).
  private static let cortexA53Flags = ["-mfix-cortex-a53-835769"]

  /// Not every CPU accesses memory at any alignment; calls reach 128 MiB in one instruction; and
  /// loops start without instructions that do nothing.
  private static let loongArchFlags = [
    "-mstrict-align", "-mno-relax", "-mcmodel=normal", "-falign-loops=4",
  ]
}
