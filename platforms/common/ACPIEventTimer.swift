/// Where the high-precision event timer is.
///
/// Source: IA-PC HPET Specification 1.0a §3.2.4.
public struct ACPIEventTimer: Equatable, Sendable {
  /// Physical address of its registers.
  public let address: UInt64

  /// - Returns: nil if the table is too short or the timer is not in memory.
  public init?<Memory: PhysicalMemoryReader>(_ table: ACPITable<Memory>) {
    guard let address = table.register(at: 40)?.memoryAddress else { return nil }
    self.address = address
  }
}
