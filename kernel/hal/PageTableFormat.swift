import MnosABI

/// What a page may be used for, and how the CPU caches it.
public struct PageRights: Equatable, BitwiseCopyable, Sendable {
  public let bits: UInt8
  @inlinable public init(bits: UInt8) { self.bits = bits }
  @inlinable public static var none: PageRights { PageRights(bits: 0) }
  @inlinable public static var read: PageRights { PageRights(bits: 1 << 0) }
  @inlinable public static var write: PageRights { PageRights(bits: 1 << 1) }
  @inlinable public static var execute: PageRights { PageRights(bits: 1 << 2) }
  /// User mode may use it; the kernel may not.
  @inlinable public static var user: PageRights { PageRights(bits: 1 << 3) }
  /// The same in every address space.
  @inlinable public static var global: PageRights { PageRights(bits: 1 << 4) }
  /// Device registers: uncached, not speculated, not merged.
  @inlinable public static var device: PageRights { PageRights(bits: 1 << 5) }
  /// Memory without side effects, such as a frame buffer or RAM that a device reads past the
  /// caches: uncached, but the CPU may read ahead, and gather writes into longer ones.
  ///
  /// Never together with `device`, which goes before it where both are given. Software tells such
  /// a page from others on every machine, also where the CPU does not: see
  /// `PageTableFormat.decode`.
  @inlinable public static var writeCombining: PageRights { PageRights(bits: 1 << 6) }

  @inlinable public func includes(_ other: PageRights) -> Bool {
    bits & other.bits == other.bits
  }
  @inlinable public func union(_ other: PageRights) -> PageRights {
    PageRights(bits: bits | other.bits)
  }
}

/// What an entry of a page table says.
public enum PageTableEntry: Equatable, Sendable {
  case empty
  /// The next level's table is at this address.
  case table(PhysicalAddress)
  /// Memory at this address, for this use.
  case leaf(PhysicalAddress, PageRights)
}

/// How one machine encodes page tables; the walk over them is portable.
///
/// Tables are one 4 KiB frame of 512 entries of 8 bytes, on every machine here. Level 0
/// maps 4 KiB pages, each level above 512 times as much; the root is `levelCount - 1`.
public protocol PageTableFormat: Sendable {
  /// Levels in use, 3 to 5.
  var levelCount: Int { get }
  /// One past the last address that user code can have mapped; page aligned.
  var userAddressLimit: UInt64 { get }
  /// One past the highest physical address that an entry can name; page aligned.
  var physicalAddressLimit: UInt64 { get }
  /// Entries of the root table that every address space shares with the kernel's; empty
  /// where the CPU has a root register of its own for the kernel's half.
  var sharedRootEntries: Range<Int> { get }
  /// Whether a leaf may stand at `level`: true for 0.
  func permitsLeaf(atLevel level: Int) -> Bool
  /// An entry that points to the next lower table.
  func makeTable(at table: PhysicalAddress) -> UInt64
  /// An entry that maps memory. Never both writable and executable.
  ///
  /// - Precondition: `frame` is aligned to the level's page size.
  func makeLeaf(at frame: PhysicalAddress, rights: PageRights, level: Int) -> UInt64
  /// Reads an entry back. An entry that is neither table nor leaf is `empty`.
  ///
  /// A leaf says how it was asked to be cached, also on a CPU that cannot do so: the kernel must
  /// not reach uncached memory through its own, cached window.
  func decode(_ entry: UInt64, level: Int) -> PageTableEntry
}

/// An address space as the MMU knows it.
public struct AddressSpaceTag: Equatable, BitwiseCopyable, Sendable {
  public let root: PhysicalAddress
  /// Below `addressSpaceIdentifierCount`; 0 is shared by all that have none of their own
  /// and by the kernel: activating it drops the translations made under it before.
  public let identifier: UInt32
  @inlinable public init(root: PhysicalAddress, identifier: UInt32) {
    self.root = root
    self.identifier = identifier
  }
}
