import KernelHAL
import MnosABI

/// Page tables of four levels of 9 bits, 48-bit addresses in either half.
///
/// The CPU's table walk is set up for just these levels; see `PageWalk`.
/// Source: LoongArch Reference Manual, Volume 1, §5.4.5, "Multi-Level Page Table Structure".
public struct LoongArchPageTableFormat: PageTableFormat, Equatable {
  /// What of an entry's rights the CPU checks.
  let protection: PageProtection

  init(protection: PageProtection) { self.protection = protection }

  @inlinable public var levelCount: Int { 4 }
  /// Half of what the levels reach: all that CPUs with 47 or 48 bits have in common.
  @inlinable public var userAddressLimit: UInt64 { 1 << 47 }
  /// Addresses have 48 bits in an entry.
  @inlinable public var physicalAddressLimit: UInt64 { 1 << 48 }
  /// None: the upper half has a root register of its own.
  @inlinable public var sharedRootEntries: Range<Int> { 0..<0 }

  /// Pages of 2 MiB and 1 GiB beside those of 4 KiB.
  @inlinable public func permitsLeaf(atLevel level: Int) -> Bool { level >= 0 && level <= 2 }

  public func makeTable(at table: PhysicalAddress) -> UInt64 {
    table.rawValue & Bits.addressMask
  }

  /// An entry that maps memory. Dirty is set beforehand where writing is allowed: a store to
  /// a page without it faults. Write includes read, as there is no page for writing alone; no
  /// rights at all make an empty entry.
  public func makeLeaf(at frame: PhysicalAddress, rights: PageRights, level: Int) -> UInt64 {
    let canWrite = rights.includes(.write)
    let canExecute = rights.includes(.execute)
    guard canWrite || canExecute || rights.includes(.read), !(canWrite && canExecute) else {
      return 0
    }
    var entry = frame.rawValue & Bits.addressMask | Bits.valid | Bits.present
    if canWrite { entry |= Bits.dirty | Bits.writable }
    entry |= Bits.accessType(for: rights)
    if rights.includes(.user) { entry |= Bits.userLevel | protection.restrictedLevel }
    if rights.includes(.global) { entry |= level > 0 ? Bits.hugeGlobal : Bits.global }
    if level > 0 { entry |= Bits.huge }
    if !canWrite && !rights.includes(.read) { entry |= Bits.unreadable | protection.notReadable }
    if !canExecute { entry |= Bits.unexecutable | protection.notExecutable }
    return entry
  }

  public func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard entry != 0 else { return .empty }
    if level > 0 && entry & Bits.huge == 0 {
      return .table(PhysicalAddress(entry & Bits.addressMask))
    }
    guard entry & Bits.valid != 0, permitsLeaf(atLevel: level) else { return .empty }
    var rights = PageRights.none
    if entry & Bits.unreadable == 0 { rights = rights.union(.read) }
    if entry & Bits.writable != 0 { rights = rights.union(.write) }
    if entry & Bits.unexecutable == 0 { rights = rights.union(.execute) }
    if entry & Bits.userLevel != 0 { rights = rights.union(.user) }
    switch entry & Bits.accessTypeMask {
    case Bits.stronglyOrdered: rights = rights.union(.device)
    case Bits.weaklyOrdered: rights = rights.union(.writeCombining)
    default: break
    }
    let global = level > 0 ? Bits.hugeGlobal : Bits.global
    if entry & global != 0 { rights = rights.union(.global) }
    let address = entry & Bits.addressMask & ~(Bits.pageByteCount(level) - 1)
    return .leaf(PhysicalAddress(address), rights)
  }

  /// The bits of an entry. Source: LoongArch Reference Manual, Volume 1, §5.4.5, figures of
  /// the page table entries of basic and huge pages.
  private enum Bits {
    static var valid: UInt64 { 1 << 0 }
    static var dirty: UInt64 { 1 << 1 }
    /// The lowest privilege that may use the page: level 3 of 0 to 3.
    static var userLevel: UInt64 { 3 << 2 }
    /// MAT, the memory access type: uncached and strongly ordered, coherent and cached, or
    /// uncached and weakly ordered, where reads may be speculated and writes merged.
    /// Source: LoongArch Reference Manual, Volume 1, §2.1.7, "Memory Access Types".
    static var stronglyOrdered: UInt64 { 0 << 4 }
    static var cached: UInt64 { 1 << 4 }
    static var weaklyOrdered: UInt64 { 2 << 4 }
    static var accessTypeMask: UInt64 { 3 << 4 }
    static func accessType(for rights: PageRights) -> UInt64 {
      if rights.includes(.device) { return stronglyOrdered }
      return rights.includes(.writeCombining) ? weaklyOrdered : cached
    }
    static var global: UInt64 { 1 << 6 }
    /// In an entry above the lowest level: a page, not a table.
    static var huge: UInt64 { 1 << 6 }
    /// For a CPU that walks tables by itself.
    static var present: UInt64 { 1 << 7 }
    static var writable: UInt64 { 1 << 8 }
    static var hugeGlobal: UInt64 { 1 << 12 }
    /// Bits for software, so that an entry tells its rights on every CPU.
    static var unreadable: UInt64 { 1 << 9 }
    static var unexecutable: UInt64 { 1 << 10 }
    /// 48 bits of address, from bit 12. A huge page's lowest ones hold other bits.
    static var addressMask: UInt64 { (1 << 48) - (1 << 12) }
    static func pageByteCount(_ level: Int) -> UInt64 {
      PageTableWalk.leafByteCount(atLevel: level)
    }
  }
}

/// The bits of a page table entry that only some CPUs have; 0 for those that this one lacks.
///
/// Source: LoongArch Reference Manual, Volume 1, §5.4.5.
struct PageProtection: Equatable {
  /// NR: loads fault.
  let notReadable: UInt64
  /// NX: fetches fault.
  let notExecutable: UInt64
  /// RPLV: only the page's own privilege level may use it, so not the kernel a user's page.
  let restrictedLevel: UInt64

  init(hasReadInhibit: Bool, hasExecuteProtection: Bool, hasRestrictedLevel: Bool) {
    notReadable = hasReadInhibit ? 1 << 61 : 0
    notExecutable = hasExecuteProtection ? 1 << 62 : 0
    restrictedLevel = hasRestrictedLevel ? 1 << 63 : 0
  }
}

/// How the CPU is to walk the tables of `LoongArchPageTableFormat`.
enum PageWalk {
  /// Bits of the address that index one table, and where the lowest table's begin.
  private static var width: UInt64 { 9 }
  private static func base(_ level: UInt64) -> UInt64 { 12 + width * level }

  /// CSR.PWCL: the three lower levels; entries have 8 bytes.
  /// Source: LoongArch Reference Manual, Volume 1, §7.5.9.
  static var lowerLevels: UInt64 {
    base(0) | width << 5 | base(1) << 10 | width << 15 | base(2) << 20 | width << 25
  }
  /// CSR.PWCH: the highest. Source: the same, §7.5.10.
  static var upperLevels: UInt64 { base(3) | width << 6 }
  /// CSR.STLBPS: the size of the pages that the larger part of the TLB holds, as a power of 2.
  static var pageShift: UInt64 { 12 }
}
