import MnosABI

/// Whole frames of RAM, read and written by physical address.
///
/// Used for page tables, allocator metadata and copies to and from user memory.
@safe public struct PhysicalWindow: BitwiseCopyable, Sendable {
  @usableFromInline let base: UInt

  /// - Parameter windowBase: Address of physical 0; all RAM is readable and writable there.
  @unsafe public init(windowBase: UInt64) { base = UInt(windowBase) }

  /// - Precondition: `address` is in RAM that the caller owns, and aligned to the value.
  @inlinable @inline(__always)
  public func load<Value: BitwiseCopyable>(_ address: UInt64, as: Value.Type) -> Value {
    // SAFETY: the precondition; RAM is mapped in the window.
    unsafe UnsafePointer<Value>(bitPattern: base &+ UInt(address)).unsafelyUnwrapped.pointee
  }

  /// - Precondition: As for `load`.
  @inlinable @inline(__always)
  public func store<Value: BitwiseCopyable>(_ value: Value, at address: UInt64) {
    // SAFETY: the precondition; RAM is mapped in the window.
    unsafe UnsafeMutablePointer<Value>(bitPattern: base &+ UInt(address))
      .unsafelyUnwrapped.pointee = value
  }

  /// Fills bytes with zero.
  ///
  /// - Precondition: The range is RAM that the caller owns.
  public func clear(_ address: UInt64, byteCount: UInt64) {
    // SAFETY: the precondition; RAM is mapped in the window.
    unsafe UnsafeMutableRawPointer(bitPattern: base &+ UInt(address)).unsafelyUnwrapped
      .initializeMemory(as: UInt8.self, repeating: 0, count: Int(byteCount))
  }

  /// Copies bytes between two places in RAM. They may overlap: the bytes arrive as they were before.
  public func copy(from source: UInt64, to destination: UInt64, byteCount: UInt64) {
    // SAFETY: both ranges are RAM that the caller owns, mapped in the window.
    unsafe UnsafeMutableRawPointer(bitPattern: base &+ UInt(destination)).unsafelyUnwrapped
      .copyMemory(
        from: UnsafeRawPointer(bitPattern: base &+ UInt(source)).unsafelyUnwrapped,
        byteCount: Int(byteCount))
  }
}
