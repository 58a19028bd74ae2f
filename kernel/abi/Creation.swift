/// The word arguments of `create`, which takes a budget (argument 0), an `ObjectType`
/// (argument 1) and a destination slot (argument 2).
///
/// - endpoint, notification: none.
/// - memory: word 0 bytes (a multiple of the page size); word 1 `MemoryOptions`; word 2
///   machine handle and word 3 physical address, for device memory only.
/// - process: none. - thread: word 0 process handle, word 1 priority.
/// - interrupt: word 0 machine handle, word 1 line.
/// - portRange: word 0 machine handle, word 1 first port, word 2 count.
/// - budget: word 0 memory limit in bytes, word 1 object limit.
public enum MemoryOptions {
  /// Registers of a device at a fixed physical address: uncached, not cleared.
  @inlinable public static var device: UInt64 { 1 << 0 }
}
