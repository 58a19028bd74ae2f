import MnosABI

/// A descent through page tables towards an address: where one stands, and at which entry.
///
/// The one place that knows how an address is cut up. The same on all machines here, which
/// have 3 to 5 levels of tables with 512 entries of 8 bytes each:
///
///      63      57 56     48 47     39 38     30 29     21 20     12 11         0
///     ┌──────────┬─────────┬─────────┬─────────┬─────────┬─────────┬────────────┐
///     │   sign   │ level 4 │ level 3 │ level 2 │ level 1 │ level 0 │ in page    │
///     └──────────┴─────────┴─────────┴─────────┴─────────┴─────────┴────────────┘
///                  9 bits each: the entry's index; a leaf at    4 KiB pages
///                  level 1 maps 2 MiB, at level 2 1 GiB
///
/// The walker does not read memory: its user loads the entry, decodes it with the format,
/// and tells the walk where to go, so that the same walk serves the kernel's window, the
/// firmware's and a test's.
///
/// Source: Intel SDM vol. 3A §4.5; Arm DDI 0487 §D8.2; RISC-V Privileged §4.4 and §4.5;
/// LoongArch Reference Manual vol. 1 §5.4.
public struct PageTableWalk: BitwiseCopyable {
  public let address: UInt64
  /// Physical address of the table where the walk stands, and its level; 0 is the lowest.
  public internal(set) var table: UInt64
  public internal(set) var level: Int

  /// - Parameter levelCount: Levels in use; the root is of level `levelCount - 1`.
  public init(to address: UInt64, from root: PhysicalAddress, levelCount: Int) {
    self.address = address
    table = root.rawValue
    level = levelCount - 1
  }

  /// Physical address of the entry that the address goes through.
  public var entryAddress: UInt64 {
    // An index is at most 511, and a table lies in RAM.
    table &+ Self.index(of: address, atLevel: level) &* 8
  }

  /// Goes on to the table that the entry names.
  ///
  /// - Precondition: `level > 0`.
  public mutating func descend(to next: PhysicalAddress) {
    table = next.rawValue
    level -= 1
  }

  /// The index of an address's entry in its table of a level.
  @inlinable public static func index(of address: UInt64, atLevel level: Int) -> UInt64 {
    (address &>> shift(ofLevel: level)) & 511
  }

  /// Bytes that one leaf maps at a level.
  @inlinable public static func leafByteCount(atLevel level: Int) -> UInt64 {
    1 &<< shift(ofLevel: level)
  }

  /// The lowest bit of an address that chooses an entry of a level.
  ///
  /// - Parameter level: 0 to 4, so the shift is at most 48.
  @inlinable @inline(__always)
  static func shift(ofLevel level: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: 12 &+ 9 &* level)
  }
}
