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
}
