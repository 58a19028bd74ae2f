import KernelHAL

extension ACPISignature {
  /// "RHCT"
  public static var hartCapabilities: Self { Self(rawValue: 0x5443_4852) }
}

/// What the RISC-V Hart Capabilities Table says of time.
///
/// Source: ACPI Specification 6.6 §5.2.36, RISC-V Hart Capabilities Table (RHCT).
public struct ACPIHartCapabilities: Equatable, Sendable {
  /// Ticks of the time counter per second.
  public let timeFrequency: UInt64

  /// - Returns: nil if the table is too short or the frequency is 0.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let frequency = table.word64(at: 40) else {
      report.note(table.name, .tooShort)
      return nil
    }
    guard frequency > 0 else { return nil }
    timeFrequency = frequency
  }
}
