import X86Shims

/// Writes the control registers; `ControlWords` says what.
///
/// Source: Intel SDM vol. 3A §2.5, Control Registers.
enum ControlRegisters {
  /// Makes floating point usable by user code, and stops CR0 bits from interfering.
  /// Monitor coprocessor and native errors on; emulation, task-switched and alignment
  /// checks off.
  static func enableExtendedState() {
    let cleared: UInt64 = 1 << 2 | 1 << 3 | 1 << 18
    let set: UInt64 = 1 << 1 | 1 << 5
    // SAFETY: none of these bits changes how addresses are translated.
    unsafe x86_write_cr0(x86_read_cr0() & ~cleared | set)
    // OSFXSR and OSXMMEXCPT.
    unsafe x86_write_cr4(x86_read_cr4() | 1 << 9 | 1 << 10)
  }

  /// Everything that protects the kernel from user code and from itself: read-only pages
  /// hold for the kernel (WP), global pages, SMEP, SMAP, UMIP, machine checks.
  ///
  /// - Precondition: the kernel's own page tables are in use.
  static func enableProtection(_ features: CPUFeatures) {
    // SAFETY: the kernel's tables map what it uses, with the rights it needs.
    unsafe x86_write_cr0(x86_read_cr0() | 1 << 16)
    unsafe x86_write_cr4(ControlWords.cr4(features, loaded: x86_read_cr4()))
  }

  /// Whether page tables have five levels.
  static var hasFiveLevels: Bool { x86_read_cr4() & ControlWords.fiveLevels != 0 }

  /// The table of the root that is in use.
  static var rootTable: UInt64 { x86_read_cr3() & 0x000f_ffff_ffff_f000 }
}

/// Model-specific registers, by number.
///
/// Source: Intel SDM vol. 4, table 2-2.
enum ModelRegister {
  static var localAPICBase: UInt32 { 0x1b }
  static var fastEntrySegment: UInt32 { 0x174 }
  static var pageAttributes: UInt32 { 0x277 }
  static var timeStampDeadline: UInt32 { 0x6e0 }
  static var extendedLocalAPIC: UInt32 { 0x800 }
  static var extendedFeatures: UInt32 { 0xc000_0080 }
  static var systemCallSegments: UInt32 { 0xc000_0081 }
  static var systemCallEntry: UInt32 { 0xc000_0082 }
  static var systemCallFlagMask: UInt32 { 0xc000_0084 }
  static var fsBase: UInt32 { 0xc000_0100 }
  static var gsBase: UInt32 { 0xc000_0101 }
  static var kernelGSBase: UInt32 { 0xc000_0102 }
}

extension CPUFeatures {
  /// Those of the CPU that runs this.
  static var current: CPUFeatures {
    CPUFeatures { leaf, subleaf in
      let words = x86_cpuid(leaf, subleaf)
      return CPUIDWords(eax: words.eax, ebx: words.ebx, ecx: words.ecx, edx: words.edx)
    }
  }
}
