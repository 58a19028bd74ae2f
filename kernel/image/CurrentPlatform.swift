import MnosABI
import PlatformCommon

#if MNOS_ARCH_X86_64
  @_exported import PlatformX86_64
  typealias CurrentPlatform = X86Platform
#elseif MNOS_ARCH_RISCV64
  @_exported import PlatformRISCV64
  typealias CurrentPlatform = RISCVPlatform
#endif

/// What the boot protocol leaves to each architecture.
enum CurrentArchitecture {
  #if MNOS_ARCH_X86_64
    static var name: StaticString { "x86_64" }
    static var machine: ProgramMachine { .x86_64 }
    static var processorLayout: LimineProcessorLayout { .x86 }
    /// Levels of page tables in the protocol's paging mode 0.
    static var lowestLevelCount: Int { 4 }
  #elseif MNOS_ARCH_RISCV64
    static var name: StaticString { "riscv64" }
    static var machine: ProgramMachine { .riscv64 }
    static var processorLayout: LimineProcessorLayout { .wide }
    static var lowestLevelCount: Int { 3 }
  #endif
}
