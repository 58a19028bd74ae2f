/// Capacities that user code can see.
public enum Limits {
  /// Message words in registers.
  @inlinable public static var messageWords: UInt64 { 8 }
  /// Capabilities in one message.
  @inlinable public static var messageCapabilities: UInt64 { 4 }
  /// Ranges of its memory that a call can lend, and the words beside which it can.
  @inlinable public static var leases: UInt64 { 2 }
  @inlinable public static var wordsBesideLeases: UInt64 { 4 }
  /// Slots in a capability table, of which 0 is never used and 65,535 means any.
  @inlinable public static var tableSlots: UInt64 { 65_535 }
  /// Priorities are 0 (lowest) to 255.
  @inlinable public static var highestPriority: UInt64 { 255 }
  /// Bytes in a page.
  @inlinable public static var pageByteCount: UInt64 { 4096 }
  /// Words in a register record; what each means is in docs/manual/readRegisters.md.
  @inlinable public static var registerWords: UInt64 { 40 }
  /// The addresses below are never mapped, so that a null pointer faults.
  @inlinable public static var nullGuardByteCount: UInt64 { 65_536 }
}

/// A time-out on a blocking call, in nanoseconds on the clock that `clock` reads.
public enum Deadline {
  /// Does not wait.
  @inlinable public static var poll: UInt64 { 0 }
  /// Waits for as long as it takes.
  @inlinable public static var never: UInt64 { .max }
}
