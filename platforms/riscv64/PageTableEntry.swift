import KernelHAL
import MnosABI

/// Page tables of Sv39, Sv48 and Sv57, by their number of levels.
///
/// Source: RISC-V Privileged Architecture, "Sv39: Page-Based 39-bit Virtual-Memory System",
/// and its wider sisters.
public struct RISCVPageTableFormat: PageTableFormat, Equatable {
  public let levelCount: Int
  /// How the CPU is told what is not cached.
  public let pageTypes: PageTypes

  /// - Precondition: `3 <= levelCount <= 5`.
  @inlinable public init(levelCount: Int, pageTypes: PageTypes = .none) {
    precondition(levelCount >= 3 && levelCount <= 5)
    self.levelCount = levelCount
    self.pageTypes = pageTypes
  }

  /// Half of what the levels reach; the other half is the kernel's.
  @inlinable public var userAddressLimit: UInt64 {
    1 &<< UInt64(truncatingIfNeeded: 12 &+ 9 &* levelCount &- 1)
  }
  /// Addresses have 56 bits in an entry.
  @inlinable public var physicalAddressLimit: UInt64 { 1 << 56 }
  /// The root's upper half: one root register serves kernel and user.
  @inlinable public var sharedRootEntries: Range<Int> { 256..<512 }

  /// Every level may have leaves; tables of more than 1 GiB pages are not asked for.
  @inlinable public func permitsLeaf(atLevel level: Int) -> Bool { level >= 0 && level <= 2 }

  @inlinable public func makeTable(at table: PhysicalAddress) -> UInt64 {
    Bits.pageNumber(of: table) | Bits.valid
  }

  /// An entry that maps memory. Accessed and dirty are set beforehand: a CPU that does not
  /// set them itself would fault. Write includes read, since write alone is reserved; no
  /// rights at all make an empty entry.
  @inlinable public func makeLeaf(
    at frame: PhysicalAddress, rights: PageRights, level: Int
  ) -> UInt64 {
    var entry: UInt64 = 0
    if rights.includes(.read) { entry |= Bits.read }
    if rights.includes(.write) { entry |= Bits.read | Bits.write }
    if rights.includes(.execute) { entry |= Bits.execute }
    guard entry != 0, !(rights.includes(.write) && rights.includes(.execute)) else { return 0 }
    if rights.includes(.user) { entry |= Bits.user }
    if rights.includes(.global) { entry |= Bits.global }
    if rights.includes(.device) {
      entry |= Bits.device | pageTypes.device
    } else if rights.includes(.writeCombining) {
      entry |= Bits.writeCombining | pageTypes.uncached
    }
    return Bits.pageNumber(of: frame) | entry | Bits.valid | Bits.accessed | Bits.dirty
  }

  @inlinable public func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard entry & Bits.valid != 0 else { return .empty }
    let address = PhysicalAddress((entry & Bits.pageNumberMask) << 2)
    guard entry & Bits.anyAccess != 0 else { return level > 0 ? .table(address) : .empty }
    guard permitsLeaf(atLevel: level) else { return .empty }
    var rights = PageRights.none
    if entry & Bits.read != 0 { rights = rights.union(.read) }
    if entry & Bits.write != 0 { rights = rights.union(.write) }
    if entry & Bits.execute != 0 { rights = rights.union(.execute) }
    if entry & Bits.user != 0 { rights = rights.union(.user) }
    if entry & Bits.global != 0 { rights = rights.union(.global) }
    if entry & Bits.device != 0 { rights = rights.union(.device) }
    if entry & Bits.writeCombining != 0 { rights = rights.union(.writeCombining) }
    return .leaf(address, rights)
  }

  /// The bits of an entry.
  @usableFromInline enum Bits {
    @inlinable static var valid: UInt64 { 1 << 0 }
    @inlinable static var read: UInt64 { 1 << 1 }
    @inlinable static var write: UInt64 { 1 << 2 }
    @inlinable static var execute: UInt64 { 1 << 3 }
    @inlinable static var user: UInt64 { 1 << 4 }
    @inlinable static var global: UInt64 { 1 << 5 }
    @inlinable static var accessed: UInt64 { 1 << 6 }
    @inlinable static var dirty: UInt64 { 1 << 7 }
    /// RSW, two bits that the CPU ignores: they remember what was asked for, whatever `PageTypes`
    /// the CPU has.
    @inlinable static var device: UInt64 { 1 << 8 }
    @inlinable static var writeCombining: UInt64 { 1 << 9 }
    @inlinable static var anyAccess: UInt64 { read | write | execute }
    /// The 44 bits of the page number, from bit 10.
    @inlinable static var pageNumberMask: UInt64 { ((1 << 44) - 1) << 10 }
    @inlinable static func pageNumber(of address: PhysicalAddress) -> UInt64 {
      (address.rawValue >> 2) & pageNumberMask
    }
  }
}
