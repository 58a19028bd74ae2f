import AArch64Shims
import KernelHAL
import MnosABI
import PlatformCommon

/// Address translation. Fence: reads page tables in use.
///
/// Writes of TTBR0_EL1 take effect at the return to user mode at the latest, before which the
/// kernel uses no user address.
extension AArch64Platform {
  public mutating func activateKernelTables(root: PhysicalAddress) {
    kernelRoot = root
    mnos_aarch64_write_ttbr0(emptyTable)
    mnos_aarch64_instruction_barrier()
    mnos_aarch64_write_tcr(TranslationControl.word(features))
    mnos_aarch64_instruction_barrier()
    mnos_aarch64_switch_kernel_tables(root.rawValue)
    mnos_aarch64_write_sctlr(SystemControl.word(features))
    mnos_aarch64_instruction_barrier()
  }

  @inline(__always)
  public mutating func activate(_ space: AddressSpaceTag) {
    // The kernel's own tables have no user addresses: none may be looked up in them.
    let root = space.root == kernelRoot ? emptyTable : space.root.rawValue
    mnos_aarch64_write_ttbr0(
      TranslationControl.base(root: root, identifier: space.identifier))
    // Identifier 0 is shared: what it translated before was another space's. The kernel's
    // own translations are global and stay.
    if space.identifier == 0 {
      mnos_aarch64_instruction_barrier()
      mnos_aarch64_drop_space_here(0)
    }
  }

  /// Walks are loads that no store of the kernel orders by itself; a DSB does, for the walkers
  /// of all CPUs that share the tables.
  /// Source: DDI 0487 §D8.2, "Translation process", on ordering of table walks; §B2.3, "Data
  /// Synchronization Barrier".
  public mutating func orderTableStores() { mnos_aarch64_store_barrier() }

  /// No TLB remembers that an entry was invalid, at any level; it need but be written before it is
  /// used. For the kernel's own accesses that takes the instruction barrier too, for user mode's
  /// the return to it is one.
  /// Source: DDI 0487 §D8.16, "TLB maintenance", and "Context synchronization event".
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    mnos_aarch64_store_barrier()
    mnos_aarch64_instruction_barrier()
    publishCode(at: page.rawValue, pageCount: pageCount, in: space)
  }

  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    mnos_aarch64_store_barrier()
    mnos_aarch64_drop_page(
      TranslationControl.operand(page: page.rawValue, identifier: space.identifier))
    mnos_aarch64_full_barrier()
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    // If another space was activated just before, that has to be so first.
    mnos_aarch64_instruction_barrier()
    mnos_aarch64_store_barrier()
    if space.identifier == 0 {
      mnos_aarch64_drop_all_translations()
    } else {
      mnos_aarch64_drop_space(TranslationControl.operand(page: 0, identifier: space.identifier))
    }
    mnos_aarch64_full_barrier()
  }

  /// By address to the point of coherency, where all that access memory see the same. A line's
  /// flush comes after the stores to it by itself; the barrier waits for it to end, and whoever
  /// goes past the caches, uncached memory being outer shareable, comes after.
  /// Source: DDI 0487 §D7.5, Cache maintenance; "Ordering and completion of data and instruction
  /// cache instructions" there.
  public mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64) {
    CacheLines(
      of: physicalWindowBase &+ base.rawValue, byteCount: byteCount,
      lineByteCount: caches.lineByteCount
    ).visit { mnos_aarch64_flush_line($0) }
    mnos_aarch64_system_barrier()
  }

  // MARK: Code

  /// Makes instructions that were written to pages of one mapping the ones that are fetched
  /// from them, on CPUs that do not see to that themselves.
  ///
  /// Source: DDI 0487 §B2.7.4, Concurrent modification and execution of instructions.
  private func publishCode(at page: UInt64, pageCount: UInt64, in space: AddressSpaceTag) {
    guard caches.needsClean || caches.needsDrop else { return }
    guard let first = leaf(of: page, in: space), first.isExecutable else { return }
    if caches.needsClean {
      for index in 0..<pageCount {
        guard let next = leaf(of: page &+ index * Limits.pageByteCount, in: space) else { break }
        clean(next.frame)
      }
      mnos_aarch64_full_barrier()
    }
    mnos_aarch64_drop_instructions()
    mnos_aarch64_full_barrier()
  }

  private func clean(_ frame: UInt64) {
    CacheLines(
      of: physicalWindowBase &+ frame, byteCount: Limits.pageByteCount,
      lineByteCount: caches.lineByteCount
    ).visit { mnos_aarch64_clean_line($0) }
  }

  /// Where a page is, and whether it holds code.
  private func leaf(
    of page: UInt64, in space: AddressSpaceTag
  ) -> (frame: UInt64, isExecutable: Bool)? {
    var table = space.root.rawValue
    var level = pageTableFormat.levelCount - 1
    while level >= 0 {
      // SAFETY: the tables of a live space lie in RAM, all of which the window maps.
      let entry = unsafe entryPointer(table, page, level).pointee
      switch pageTableFormat.decode(entry, level: level) {
      case .empty: return nil
      case .table(let next): table = next.rawValue
      case .leaf(let frame, let rights):
        // The window does not show devices, so there is nothing to clean it by.
        return (frame.rawValue, rights.includes(.execute) && !rights.includes(.device))
      }
      level -= 1
    }
    return nil
  }
}
