import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

/// Address spaces.
extension X86Platform {
  /// Process-context identifiers are not used.
  public var addressSpaceIdentifierCount: UInt32 { 1 }

  public mutating func activate(_ space: AddressSpaceTag) {
    guard ControlRegisters.rootTable != space.root.rawValue else { return }
    // SAFETY: every address space shares the kernel's half of the root table.
    unsafe x86_write_cr3(space.root.rawValue)
    // User code can load segment registers, which no thread has to itself, and read them.
    // SAFETY: the kernel uses none of them but the base of gs, which stays.
    if x86_data_selectors() != 0 { unsafe x86_clear_data_selectors() }
  }

  /// CPUs see the stores of another in order, so only the compiler must keep them in it.
  /// Source: Intel SDM vol. 3A §8.2.2, Memory Ordering in P6 and More Recent Processors.
  public mutating func orderTableStores() { x86_keep_store_order() }

  /// Neither the TLB nor the caches of tables hold entries that were not valid.
  /// Source: Intel SDM vol. 3A §4.10.2.3 and §4.10.3.1.
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    x86_keep_store_order()
  }

  /// Loading another root dropped what other spaces had in the TLB.
  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    x86_invalidate_page(page.rawValue)
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    guard ControlRegisters.rootTable == space.root.rawValue else { return }
    // SAFETY: the root stays as it was.
    unsafe x86_write_cr3(space.root.rawValue)
  }

  /// Line by line where the CPU can; all that its caches hold where it cannot, as no CPU is known
  /// to do. The fences order flushes with the stores before and after, CLFLUSH too: CPUs of AMD
  /// before Zen and of Intel before Skylake promise no more.
  /// Source: Intel SDM vol. 2A, CLFLUSH and CLFLUSHOPT; AMD64 APM vol. 3, the same.
  public mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64) {
    let lines = CacheLines(
      of: physicalWindowBase &+ base.rawValue, byteCount: byteCount,
      lineByteCount: features.cacheLineByteCount)
    x86_memory_fence()
    if lines.count == 0 {
      x86_empty_caches()
    } else if features.hasOptimizedFlush {
      lines.visit { x86_flush_line_unordered($0) }
    } else {
      lines.visit { x86_flush_line($0) }
    }
    x86_memory_fence()
  }
}
