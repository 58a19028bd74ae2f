import KernelHAL
import MnosABI

/// Page tables of the 4 KiB granule with four levels, 48 address bits in each half.
///
/// Source: DDI 0487 §D8.3, Translation table descriptor formats.
public struct AArch64PageTableFormat: PageTableFormat, Equatable {
  /// Places in MAIR_EL1 of what memory and devices are.
  @usableFromInline let attributes: MemoryAttributes

  @inlinable public init(attributes: MemoryAttributes) {
    self.attributes = attributes
  }

  @inlinable public var levelCount: Int { 4 }
  /// All that TTBR0_EL1 translates.
  @inlinable public var userAddressLimit: UInt64 { 1 << 48 }
  /// Addresses have 48 bits in an entry.
  @inlinable public var physicalAddressLimit: UInt64 { 1 << 48 }
  /// None: TTBR1_EL1 is the kernel's own.
  @inlinable public var sharedRootEntries: Range<Int> { 0..<0 }

  /// Blocks of 2 MiB and 1 GiB; the root has none.
  @inlinable public func permitsLeaf(atLevel level: Int) -> Bool { level >= 0 && level <= 2 }

  @inlinable public func makeTable(at table: PhysicalAddress) -> UInt64 {
    table.rawValue & Bits.address | Bits.valid | Bits.table
  }

  /// An entry that maps memory. The access flag is set beforehand: a CPU that does not set it
  /// itself would fault. The kernel can read whatever is valid, so write and, for the kernel,
  /// execute include read; no rights at all make an empty entry.
  ///
  /// What the kernel may execute, user mode may not, and the other way about.
  @inlinable public func makeLeaf(
    at frame: PhysicalAddress, rights: PageRights, level: Int
  ) -> UInt64 {
    let isWritable = rights.includes(.write)
    let isExecutable = rights.includes(.execute)
    guard isWritable || isExecutable || rights.includes(.read), !(isWritable && isExecutable)
    else { return 0 }
    var entry = Bits.valid | Bits.innerShareable | Bits.accessed
    if level == 0 { entry |= Bits.page }
    if !isWritable { entry |= Bits.readOnly }
    if !rights.includes(.global) { entry |= Bits.notGlobal }
    entry |= attributes.bits(for: rights)
    if rights.includes(.user) {
      if isWritable || rights.includes(.read) { entry |= Bits.user }
      entry |= Bits.kernelExecuteNever
      if !isExecutable { entry |= Bits.userExecuteNever }
    } else {
      entry |= Bits.userExecuteNever
      if !isExecutable { entry |= Bits.kernelExecuteNever }
    }
    return frame.rawValue & Bits.address | entry
  }

  @inlinable public func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard entry & Bits.valid != 0 else { return .empty }
    let address = PhysicalAddress(entry & Bits.address)
    let isTableOrPage = entry & Bits.table != 0
    if level > 0 && isTableOrPage { return .table(address) }
    guard isTableOrPage == (level == 0), permitsLeaf(atLevel: level) else { return .empty }
    return .leaf(address, rights(of: entry))
  }

  @inlinable func rights(of entry: UInt64) -> PageRights {
    let isUserExecutable = entry & Bits.userExecuteNever == 0
    let isUserReadable = entry & Bits.user != 0
    var rights = PageRights.none
    if isUserExecutable || isUserReadable {
      rights = rights.union(.user)
      if isUserReadable { rights = rights.union(.read) }
      if isUserExecutable { rights = rights.union(.execute) }
    } else {
      rights = rights.union(.read)
      if entry & Bits.kernelExecuteNever == 0 { rights = rights.union(.execute) }
    }
    if entry & Bits.readOnly == 0 { rights = rights.union(.write) }
    if entry & Bits.notGlobal == 0 { rights = rights.union(.global) }
    switch entry & MemoryAttributes.mask {
    case attributes.deviceBits: rights = rights.union(.device)
    case attributes.uncachedBits: rights = rights.union(.writeCombining)
    default: break
    }
    return rights
  }

  /// The bits of an entry.
  @usableFromInline enum Bits {
    @inlinable static var valid: UInt64 { 1 << 0 }
    /// Above level 0: the entry points to a table.
    @inlinable static var table: UInt64 { 1 << 1 }
    /// At level 0 all leaves have the same bit.
    @inlinable static var page: UInt64 { 1 << 1 }
    /// AP[1]: user mode may access it too, and the kernel, by PAN, may not.
    @inlinable static var user: UInt64 { 1 << 6 }
    /// AP[2].
    @inlinable static var readOnly: UInt64 { 1 << 7 }
    /// SH: coherent between the CPUs. Devices and uncached memory are outer shareable, whatever
    /// the field says. Source: DDI 0487 §D8.6, Memory region attributes.
    @inlinable static var innerShareable: UInt64 { 3 << 8 }
    /// AF.
    @inlinable static var accessed: UInt64 { 1 << 10 }
    /// nG: of one identifier only.
    @inlinable static var notGlobal: UInt64 { 1 << 11 }
    /// PXN.
    @inlinable static var kernelExecuteNever: UInt64 { 1 << 53 }
    /// UXN.
    @inlinable static var userExecuteNever: UInt64 { 1 << 54 }
    /// Bits 47 to 12.
    @inlinable static var address: UInt64 { (1 << 48) - (1 << 12) }
  }
}

/// What the eight places of MAIR_EL1 say, and which of them table entries name.
///
/// The boot loader's tables stay in use while the register is written, so the place in which
/// it describes ordinary memory is kept.
/// Source: DDI 0487 §D19.2, MAIR_EL1.
public struct MemoryAttributes: Equatable, Sendable {
  /// AttrIndx of write-back memory, in place in an entry.
  @usableFromInline let normalBits: UInt64
  /// AttrIndx of devices.
  @usableFromInline let deviceBits: UInt64
  /// AttrIndx of memory that is not cached.
  @usableFromInline let uncachedBits: UInt64
  /// What MAIR_EL1 is to hold.
  let register: UInt64

  @inlinable static var mask: UInt64 { 7 << 2 }
  /// Write-back, allocating on read and write, inner and outer.
  private static var normal: UInt64 { 0xff }
  /// Normal memory, non-cacheable, inner and outer: writes may be gathered and reordered.
  private static var uncached: UInt64 { 0x44 }
  /// Device-nGnRE: writes may be acknowledged early, but are neither merged nor reordered.
  private static var device: UInt64 { 0x04 }

  /// - Parameter loaded: MAIR_EL1 as the boot loader left it.
  /// - Returns: nil if no place describes write-back memory.
  init?(loaded: UInt64) {
    var index = 0
    while (loaded >> UInt64(index * 8)) & 0xff != Self.normal {
      index += 1
      if index == 8 { return nil }
    }
    // The lowest two of the other places.
    let deviceIndex = index == 0 ? 1 : 0
    let uncachedIndex = index <= 1 ? 2 : 1
    normalBits = UInt64(index) << 2
    deviceBits = UInt64(deviceIndex) << 2
    uncachedBits = UInt64(uncachedIndex) << 2
    let others = Self.device &* 0x0101_0101_0101_0101
    register = Self.setting(
      index, to: Self.normal, in: Self.setting(uncachedIndex, to: Self.uncached, in: others))
  }

  /// `word` with another attribute in one of its places.
  private static func setting(_ index: Int, to attribute: UInt64, in word: UInt64) -> UInt64 {
    let shift = UInt64(index * 8)
    return word & ~(0xff << shift) | attribute << shift
  }

  /// AttrIndx of what a page with these rights is.
  @usableFromInline func bits(for rights: PageRights) -> UInt64 {
    if rights.includes(.device) { return deviceBits }
    return rights.includes(.writeCombining) ? uncachedBits : normalBits
  }
}
