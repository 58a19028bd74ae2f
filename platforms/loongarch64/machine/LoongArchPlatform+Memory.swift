import KernelHAL
import LoongArchShims
import MnosABI
import PlatformCommon

/// Address translation. Fence: follows page tables by their physical addresses.
///
/// The TLB holds pairs of pages, and an empty entry becomes an invalid page in it: dropping
/// a page drops its neighbour too, and a new mapping has to be dropped like an old one.
extension LoongArchPlatform {
  /// Pages that are dropped one by one; for more, all of the space is.
  private static var pageLimit: UInt64 { 16 }

  /// Puts the kernel's tables and the handler that reads them in place of the loader's.
  public mutating func activateKernelTables(root: PhysicalAddress) {
    kernelRoot = root
    emptyRoot = physicalAddress(of: mnos_loongarch_empty_table_address())
    let refill = physicalAddress(of: mnos_loongarch_refill_address())
    mnos_loongarch_write_pwcl(PageWalk.lowerLevels)
    mnos_loongarch_write_pwch(PageWalk.upperLevels)
    mnos_loongarch_write_stlbps(PageWalk.pageShift)
    mnos_loongarch_write_tlbrentry(refill.rawValue)
    mnos_loongarch_write_asid(0)
    mnos_loongarch_write_pgdl(emptyRoot.rawValue)
    mnos_loongarch_write_pgdh(root.rawValue)
    mnos_loongarch_forget_all()
  }

  /// Where the kernel's tables have a part of its image.
  private func physicalAddress(of virtual: UInt64) -> PhysicalAddress {
    var table = kernelRoot.rawValue
    var level = pageTableFormat.levelCount - 1
    while level >= 0 {
      let shift = UInt64(12 + 9 * level)
      let entry = physicalWindowBase &+ table &+ (virtual >> shift & 511) * 8
      // SAFETY: tables lie in RAM, which the window maps, and are aligned.
      let word = unsafe UnsafePointer<UInt64>(bitPattern: UInt(entry)).unsafelyUnwrapped.pointee
      switch pageTableFormat.decode(word, level: level) {
      case .table(let next): table = next.rawValue
      case .leaf(let base, _):
        return PhysicalAddress(base.rawValue + virtual & (1 << shift - 1))
      case .empty: return PhysicalAddress(0)
      }
      level -= 1
    }
    return PhysicalAddress(0)
  }

  /// The kernel's half has its own root register and stays as it is. Its tables are not for
  /// the lower half, where a process without its own has nothing.
  @inline(__always)
  public mutating func activate(_ space: AddressSpaceTag) {
    let root = space.root == kernelRoot ? emptyRoot : space.root
    mnos_loongarch_write_asid(SpaceIdentifiers.word(space.identifier))
    mnos_loongarch_write_pgdl(root.rawValue)
    // Identifier 0 is shared: what it translated before was another space's. The kernel's
    // own translations are global and stay.
    if space.identifier == 0 { mnos_loongarch_forget_space(0) }
  }

  /// Tables are walked by the refill handler, with loads like any other.
  /// Source: LoongArch Reference Manual, Volume 1, §2.2.8.1, "DBAR".
  public mutating func orderTableStores() { mnos_loongarch_barrier() }

  /// The TLB holds leaf entries only, so linked tables need nothing of their own. The instruction
  /// barrier covers code that was written to the pages before.
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    // The handler that refills the TLB must see the new entries.
    mnos_loongarch_barrier()
    if pageCount > Self.pageLimit {
      spaceRemoved(space)
    } else {
      for index in 0..<pageCount {
        mnos_loongarch_forget_page(
          SpaceIdentifiers.word(space.identifier),
          page.rawValue &+ index &* Limits.pageByteCount)
      }
    }
    mnos_loongarch_instruction_barrier()
  }

  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    mnos_loongarch_barrier()
    mnos_loongarch_forget_page(SpaceIdentifiers.word(space.identifier), page.rawValue)
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    mnos_loongarch_barrier()
    mnos_loongarch_forget_space(SpaceIdentifiers.word(space.identifier))
  }

  /// Each line from the CPU's own caches outwards, so that what one hands on the next writes back.
  public mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64) {
    let lines = CacheLines(
      of: physicalWindowBase &+ base.rawValue, byteCount: byteCount,
      lineByteCount: caches.lineByteCount)
    mnos_loongarch_barrier()
    for number in 0..<DataCaches.limit where caches.contains(number) {
      lines.visit { flush($0, from: number) }
    }
    mnos_loongarch_barrier()
  }

  @inline(__always)
  private func flush(_ address: UInt64, from cache: Int) {
    switch cache {
    case 0: mnos_loongarch_flush_line0(address)
    case 1: mnos_loongarch_flush_line1(address)
    case 2: mnos_loongarch_flush_line2(address)
    case 3: mnos_loongarch_flush_line3(address)
    case 4: mnos_loongarch_flush_line4(address)
    default: mnos_loongarch_flush_line5(address)
    }
  }
}
