/// What is left of a process or thread that ended: the value `query` answers.
public enum ExitValue {
  /// Set in the exit value of a process that `destroy` ended.
  @inlinable public static var killed: UInt64 { 1 << 63 }
  /// Set, with a `FaultKind` in bits 0-7, for one that ended by a fault.
  @inlinable public static var faulted: UInt64 { 1 << 62 }
}
