/// The firmware's power management: how it is called, by the machine's tables.
///
/// Source: Power State Coordination Interface (DEN 0022) §5, function identifiers.
enum PowerConduit: Equatable {
  /// No such firmware.
  case none
  /// hvc.
  case hypervisor
  /// smc.
  case secureMonitor
}

/// Functions without arguments.
enum PowerFunction {
  /// SYSTEM_OFF.
  static var off: UInt64 { 0x8400_0008 }
  /// SYSTEM_RESET.
  static var reset: UInt64 { 0x8400_0009 }
  /// CPU_OFF, which is not called: trees of version 0.1 name it.
  static var processorOff: UInt32 { 0x8400_0002 }
}
