import KernelHAL

/// Where the high-precision event timer is.
///
/// Source: IA-PC HPET Specification 1.0a §3.2.4.
public struct ACPIEventTimer: Equatable, Sendable {
  /// Physical address of its registers.
  public let address: UInt64

  /// - Returns: nil if the table is too short or the timer is not in memory.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let register = table.register(at: 40) else {
      report.note(table.name, .tooShort)
      return nil
    }
    guard let address = register.memoryAddress else { return nil }
    self.address = address
  }
}
