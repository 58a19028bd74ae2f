/// What CPUID answers in its four registers.
struct CPUIDWords {
  var eax: UInt32 = 0
  var ebx: UInt32 = 0
  var ecx: UInt32 = 0
  var edx: UInt32 = 0
}

/// What this CPU can do beyond what every x86_64 has.
///
/// Source: Intel SDM vol. 2A, CPUID; AMD64 APM vol. 3, appendix E.
struct CPUFeatures {
  let hasTimeStampDeadline: Bool
  let hasGiantPages: Bool
  let hasNoExecute: Bool
  let hasSystemCall: Bool
  let hasMachineCheck: Bool
  let hasPageAttributes: Bool
  /// Bytes in a line that CLFLUSH takes, or 0 if the CPU has no such instruction.
  let cacheLineByteCount: UInt64
  /// CLFLUSHOPT: flushes of several lines go on at a time.
  let hasOptimizedFlush: Bool
  let hasSupervisorExecutionPrevention: Bool
  let hasSupervisorAccessPrevention: Bool
  let hasUserInstructionPrevention: Bool
  let hasRandom: Bool
  let hasSeed: Bool
  /// FXRSTOR leaves the addresses of the last x87 instruction and operand as another thread
  /// had them: CVE-2006-1056, AMD's CPUs before Zen.
  let leavesErrorPointers: Bool
  /// Hertz of the time stamp counter and of the crystal behind it, 0 if not told.
  let timeStampFrequency: UInt64
  let crystalFrequency: UInt64

  /// - Parameter cpuid: The answer to a leaf and subleaf.
  init(cpuid: (_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDWords) {
    let vendor = cpuid(0, 0)
    let highest = vendor.eax
    let basic = cpuid(1, 0)
    let structured = highest >= 7 ? cpuid(7, 0) : CPUIDWords()
    let highestExtended = cpuid(0x8000_0000, 0).eax
    let extended = highestExtended >= 0x8000_0001 ? cpuid(0x8000_0001, 0) : CPUIDWords()
    let sizes = highestExtended >= 0x8000_0008 ? cpuid(0x8000_0008, 0) : CPUIDWords()

    hasMachineCheck = basic.edx & (1 << 7) != 0
    hasPageAttributes = basic.edx & (1 << 16) != 0
    cacheLineByteCount = basic.edx & (1 << 19) != 0 ? UInt64(basic.ebx >> 8 & 0xff) * 8 : 0
    hasOptimizedFlush = structured.ebx & (1 << 23) != 0
    hasTimeStampDeadline = basic.ecx & (1 << 24) != 0
    hasRandom = basic.ecx & (1 << 30) != 0
    hasSupervisorExecutionPrevention = structured.ebx & (1 << 7) != 0
    hasSupervisorAccessPrevention = structured.ebx & (1 << 20) != 0
    hasSeed = structured.ebx & (1 << 18) != 0
    hasUserInstructionPrevention = structured.ecx & (1 << 2) != 0
    hasSystemCall = extended.edx & (1 << 11) != 0
    hasNoExecute = extended.edx & (1 << 20) != 0
    hasGiantPages = extended.edx & (1 << 26) != 0
    // RstrFpErrPtrs.
    leavesErrorPointers = Self.isAMD(vendor) && sizes.ebx & (1 << 2) == 0
    (timeStampFrequency, crystalFrequency) = Self.frequencies(highestLeaf: highest, cpuid)
  }

  /// "AuthenticAMD", or "HygonGenuine", whose CPUs are AMD's.
  private static func isAMD(_ vendor: CPUIDWords) -> Bool {
    switch (vendor.ebx, vendor.edx, vendor.ecx) {
    case (0x6874_7541, 0x6974_6e65, 0x444d_4163), (0x6f67_7948, 0x6e65_476e, 0x656e_6975): true
    default: false
    }
  }

  /// Leaf 0x15 has the counter's ratio to the crystal, and on newer CPUs the crystal's own
  /// frequency. A hypervisor may tell the counter's in leaf 0x40000010, in kilohertz.
  private static func frequencies(
    highestLeaf: UInt32, _ cpuid: (UInt32, UInt32) -> CPUIDWords
  ) -> (timeStamp: UInt64, crystal: UInt64) {
    if highestLeaf >= 0x15 {
      let ratio = cpuid(0x15, 0)
      if ratio.eax != 0 && ratio.ebx != 0 && ratio.ecx != 0 {
        let crystal = UInt64(ratio.ecx)
        return (crystal * UInt64(ratio.ebx) / UInt64(ratio.eax), crystal)
      }
    }
    let isVirtual = cpuid(1, 0).ecx & (1 << 31) != 0
    if isVirtual && cpuid(0x4000_0000, 0).eax >= 0x4000_0010 {
      return (UInt64(cpuid(0x4000_0010, 0).eax) * 1_000, 0)
    }
    return (0, 0)
  }
}
