import X86Shims

/// What this CPU can do beyond what every x86_64 has.
///
/// Source: Intel SDM vol. 2A, CPUID.
struct CPUFeatures {
  let hasTimeStampDeadline: Bool
  let hasGiantPages: Bool
  let hasNoExecute: Bool
  let hasSystemCall: Bool
  let hasMachineCheck: Bool
  let hasSupervisorExecutionPrevention: Bool
  let hasSupervisorAccessPrevention: Bool
  let hasUserInstructionPrevention: Bool
  let hasRandom: Bool
  let hasSeed: Bool
  /// Hertz of the time stamp counter and of the crystal behind it, 0 if not told.
  let timeStampFrequency: UInt64
  let crystalFrequency: UInt64

  init() {
    let highest = x86_cpuid(0, 0).eax
    let basic = x86_cpuid(1, 0)
    let structured = highest >= 7 ? x86_cpuid(7, 0) : x86_cpuid_result()
    let highestExtended = x86_cpuid(0x8000_0000, 0).eax
    let extended = highestExtended >= 0x8000_0001 ? x86_cpuid(0x8000_0001, 0) : x86_cpuid_result()

    hasMachineCheck = basic.edx & (1 << 7) != 0
    hasTimeStampDeadline = basic.ecx & (1 << 24) != 0
    hasRandom = basic.ecx & (1 << 30) != 0
    hasSupervisorExecutionPrevention = structured.ebx & (1 << 7) != 0
    hasSupervisorAccessPrevention = structured.ebx & (1 << 20) != 0
    hasSeed = structured.ebx & (1 << 18) != 0
    hasUserInstructionPrevention = structured.ecx & (1 << 2) != 0
    hasSystemCall = extended.edx & (1 << 11) != 0
    hasNoExecute = extended.edx & (1 << 20) != 0
    hasGiantPages = extended.edx & (1 << 26) != 0
    (timeStampFrequency, crystalFrequency) = Self.frequencies(highestLeaf: highest)
  }

  /// Leaf 0x15 has the counter's ratio to the crystal, and on newer CPUs the crystal's own
  /// frequency. A hypervisor may tell the counter's in leaf 0x40000010, in kilohertz.
  private static func frequencies(highestLeaf: UInt32) -> (timeStamp: UInt64, crystal: UInt64) {
    if highestLeaf >= 0x15 {
      let ratio = x86_cpuid(0x15, 0)
      if ratio.eax != 0 && ratio.ebx != 0 && ratio.ecx != 0 {
        let crystal = UInt64(ratio.ecx)
        return (crystal * UInt64(ratio.ebx) / UInt64(ratio.eax), crystal)
      }
    }
    let isVirtual = x86_cpuid(1, 0).ecx & (1 << 31) != 0
    if isVirtual && x86_cpuid(0x4000_0000, 0).eax >= 0x4000_0010 {
      return (UInt64(x86_cpuid(0x4000_0010, 0).eax) * 1_000, 0)
    }
    return (0, 0)
  }
}
