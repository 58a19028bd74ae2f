import KernelHAL
import MnosABI
import RISCVShims

/// Address translation.
///
/// A fence for one identifier leaves global translations alone, so whatever is under
/// identifier 0, which the kernel's own tables have, is fenced for all of them.
/// Source: RISC-V Privileged Architecture, "Supervisor Memory-Management Fence Instruction".
extension RISCVPlatform {
  /// Pages that are fenced one by one; for more, all of the space is.
  private static var pageFenceLimit: UInt64 { 16 }

  public mutating func activateKernelTables(root: PhysicalAddress) {
    mnos_riscv_write_satp(
      TranslationControl.word(mode: translationMode, identifier: 0, root: root.rawValue))
    mnos_riscv_fence_all_translations()
  }

  @inline(__always)
  public mutating func activate(_ space: AddressSpaceTag) {
    mnos_riscv_write_satp(
      TranslationControl.word(
        mode: translationMode, identifier: space.identifier, root: space.root.rawValue))
    // Identifier 0 is shared: what it translated before was another space's. The kernel's
    // own translations are global and stay.
    if space.identifier == 0 { mnos_riscv_fence_space(0) }
  }

  /// A CPU may remember that an entry was invalid, and may not have seen the new one yet;
  /// the instruction fence covers code that was written to the pages before.
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag
  ) {
    if pageCount > Self.pageFenceLimit {
      spaceRemoved(space)
    } else {
      for index in 0..<pageCount {
        dropPage(page.rawValue &+ index &* Limits.pageByteCount, in: space)
      }
    }
    mnos_riscv_fence_instructions()
  }

  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    dropPage(page.rawValue, in: space)
  }

  private func dropPage(_ page: UInt64, in space: AddressSpaceTag) {
    if space.identifier == 0 {
      mnos_riscv_fence_page(page)
    } else {
      mnos_riscv_fence_page_in_space(page, UInt64(space.identifier))
    }
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    if space.identifier == 0 {
      mnos_riscv_fence_all_translations()
    } else {
      mnos_riscv_fence_space(UInt64(space.identifier))
    }
  }
}
