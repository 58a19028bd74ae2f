import KernelHAL
import MnosABI

/// How x86_64 encodes page-table entries, with four or five levels.
///
/// Three bits of a leaf (PAT, PCD, PWT) choose one of the eight entries of `PageAttributes`.
/// Source: Intel SDM vol. 3A §4.5, 4-Level Paging and 5-Level Paging; §4.9.2, Paging and Memory
/// Typing When the PAT is Supported.
public struct X86PageTableFormat: PageTableFormat {
  public let levelCount: Int
  /// Whether a leaf may map 1 GiB.
  public let hasGiantPages: Bool

  @inlinable public init(levelCount: Int, hasGiantPages: Bool) {
    self.levelCount = levelCount
    self.hasGiantPages = hasGiantPages
  }

  /// One page short of 2^47: an instruction can then never end at the first address
  /// that is not canonical, which SYSRET could not return to.
  @inlinable public static var userAddressLimit: UInt64 { 0x7fff_ffff_f000 }
  @inlinable public var userAddressLimit: UInt64 { Self.userAddressLimit }
  /// Addresses have 52 bits in an entry.
  @inlinable public var physicalAddressLimit: UInt64 { 1 << 52 }

  /// The upper half of the addresses.
  @inlinable public var sharedRootEntries: Range<Int> { 256..<512 }

  @inlinable public func permitsLeaf(atLevel level: Int) -> Bool {
    level == 0 || level == 1 || (level == 2 && hasGiantPages)
  }

  /// Bits of an entry.
  @usableFromInline enum Bit {
    @usableFromInline static var present: UInt64 { 1 << 0 }
    @usableFromInline static var write: UInt64 { 1 << 1 }
    @usableFromInline static var user: UInt64 { 1 << 2 }
    /// PWT, PCD and, further up in levels above 0, PAT: bits 0, 1 and 2 of the number of an
    /// entry of the page attribute table.
    @usableFromInline static var writeThrough: UInt64 { 1 << 3 }
    @usableFromInline static var cacheDisable: UInt64 { 1 << 4 }
    @usableFromInline static func attribute(_ level: Int) -> UInt64 { 1 << (level > 0 ? 12 : 7) }
    /// Entry 3, uncached.
    @usableFromInline static var uncached: UInt64 { writeThrough | cacheDisable }
    /// Entry 5, write-combining.
    @usableFromInline static func writeCombining(_ level: Int) -> UInt64 {
      writeThrough | attribute(level)
    }
    /// The bits that are the number.
    @usableFromInline static func caching(_ level: Int) -> UInt64 {
      writeThrough | cacheDisable | attribute(level)
    }
    @usableFromInline static var accessed: UInt64 { 1 << 5 }
    @usableFromInline static var dirty: UInt64 { 1 << 6 }
    /// In levels above 0: a leaf.
    @usableFromInline static var large: UInt64 { 1 << 7 }
    @usableFromInline static var global: UInt64 { 1 << 8 }
    @usableFromInline static var noExecute: UInt64 { 1 << 63 }
    @usableFromInline static var address: UInt64 { 0x000f_ffff_ffff_f000 }
  }

  /// Rights are decided by the leaf alone: tables allow everything.
  @inlinable public func makeTable(at table: PhysicalAddress) -> UInt64 {
    table.rawValue & Bit.address | Bit.present | Bit.write | Bit.user | Bit.accessed
  }

  /// The accessed and dirty bits are set from the start: nobody here reads them, and the
  /// CPU need not write them then. A page that is mapped can always be read.
  @inlinable
  public func makeLeaf(at frame: PhysicalAddress, rights: PageRights, level: Int) -> UInt64 {
    var entry = frame.rawValue & Self.addressMask(level: level)
    entry |= Bit.present | Bit.accessed | Bit.dirty
    if level > 0 { entry |= Bit.large }
    if rights.includes(.user) { entry |= Bit.user }
    if rights.includes(.global) { entry |= Bit.global }
    if rights.includes(.device) {
      entry |= Bit.uncached
    } else if rights.includes(.writeCombining) {
      entry |= Bit.writeCombining(level)
    }
    if rights.includes(.write) {
      entry |= Bit.write | Bit.noExecute
    } else if !rights.includes(.execute) {
      entry |= Bit.noExecute
    }
    return entry
  }

  @inlinable public func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard entry & Bit.present != 0 else { return .empty }
    if level > 0 && entry & Bit.large == 0 {
      return .table(PhysicalAddress(entry & Bit.address))
    }
    guard permitsLeaf(atLevel: level) else { return .empty }
    let frame = PhysicalAddress(entry & Self.addressMask(level: level))
    return .leaf(frame, Self.rights(of: entry, level: level))
  }

  @usableFromInline static func rights(of entry: UInt64, level: Int) -> PageRights {
    var bits = PageRights.read.bits
    if entry & Bit.write != 0 { bits |= PageRights.write.bits }
    if entry & Bit.noExecute == 0 { bits |= PageRights.execute.bits }
    if entry & Bit.user != 0 { bits |= PageRights.user.bits }
    if entry & Bit.global != 0 { bits |= PageRights.global.bits }
    switch entry & Bit.caching(level) {
    case Bit.uncached: bits |= PageRights.device.bits
    case Bit.writeCombining(level): bits |= PageRights.writeCombining.bits
    default: break
    }
    return PageRights(bits: bits)
  }

  /// The address bits of a leaf that maps `512^level` pages.
  @usableFromInline static func addressMask(level: Int) -> UInt64 {
    Bit.address & ~(PageTableWalk.leafByteCount(atLevel: level) &- 1)
  }
}
