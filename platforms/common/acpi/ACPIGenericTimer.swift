import KernelHAL

extension ACPISignature {
  /// "GTDT"
  public static var genericTimer: Self { Self(rawValue: 0x5444_5447) }
}

/// Which interrupt of each CPU its virtual timer has.
///
/// Source: ACPI Specification 6.5 §5.2.25, Generic Timer Description Table (GTDT).
public struct ACPIGenericTimer: Equatable, Sendable {
  public let virtualInterrupt: UInt32

  /// - Returns: nil if the table is too short or the CPU has no such timer.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let interrupt = table.word32(at: 64) else {
      report.note(table.name, .tooShort)
      return nil
    }
    guard interrupt != 0 else { return nil }
    virtualInterrupt = interrupt
  }
}

/// How the firmware of an Arm machine is called.
///
/// Source: ACPI Specification 6.5 §5.2.9.4, ARM Architecture Boot Flags of the FADT.
public struct ACPIArmFirmware: Equatable, Sendable {
  /// Whether it has the functions of the Power State Coordination Interface.
  public let hasPowerInterface: Bool
  /// Whether they are called by hvc, not by smc.
  public let usesHypervisorCall: Bool

  /// - Returns: nil if the table is too short.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let flags = table.word16(at: 129) else {
      report.note(table.name, .tooShort)
      return nil
    }
    hasPowerInterface = flags & 1 != 0
    usesHypervisorCall = flags & 2 != 0
  }
}
