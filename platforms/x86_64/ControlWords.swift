/// The values of control registers that the kernel runs with. They are set whole: a bit that a
/// firmware left on could let user code reach registers that nobody saves.
enum ControlWords {
  /// CR4. Off are, among others, extended states beyond SSE (OSXSAVE), protection keys (PKE),
  /// performance counters (PCE) and bases of segments (FSGSBASE) for user code; control-flow
  /// enforcement (CET); and process-context identifiers (PCIDE).
  ///
  /// Source: Intel SDM vol. 3A §2.5, Control Registers.
  ///
  /// - Parameter loaded: CR4 as it is; the number of levels cannot change while paging is on.
  static func cr4(_ features: CPUFeatures, loaded: UInt64) -> UInt64 {
    // PAE, without which there is no 64-bit mode; PGE; OSFXSR and OSXMMEXCPT.
    var word: UInt64 = 1 << 5 | globalPages | 1 << 9 | 1 << 10
    word |= loaded & fiveLevels
    if features.hasMachineCheck { word |= 1 << 6 }
    if features.hasUserInstructionPrevention { word |= 1 << 11 }
    if features.hasSupervisorExecutionPrevention { word |= 1 << 20 }
    if features.hasSupervisorAccessPrevention { word |= 1 << 21 }
    return word
  }

  /// CR4.PGE: the TLB keeps pages that are the same in all address spaces.
  static var globalPages: UInt64 { 1 << 7 }

  /// CR4.LA57: page tables have five levels.
  static var fiveLevels: UInt64 { 1 << 12 }

  /// IA32_EFER: system calls and no-execute pages. AMD's fast FXSAVE (FFXSR), which leaves out
  /// the SSE registers, is off.
  ///
  /// Source: Intel SDM vol. 4, table 2-2; AMD64 APM vol. 2 §3.1.7.
  ///
  /// - Parameter loaded: The register as it is: 64-bit mode stays on.
  static func extendedFeatures(loaded: UInt64) -> UInt64 {
    loaded & (1 << 8 | 1 << 10) | 1 << 0 | 1 << 11
  }
}

/// IA32_PAT: how memory is cached, by the number that a leaf of the page tables has.
///
/// Entries 0 to 3 are as after reset, 4 and 5 as boot loaders have them for frame buffers: those
/// in use mean the same before and after the register is written.
/// Source: Intel SDM vol. 3A §12.12, Page Attribute Table; Limine PROTOCOL.md, "Caching".
enum PageAttributes {
  /// From entry 0, the lowest byte, up: write-back, write-through, uncached unless a range
  /// register says write-combining (UC-), uncached; write-protected, write-combining, the last
  /// two again as 2 and 3.
  static var word: UInt64 { 0x0007_0105_0007_0406 }
}
