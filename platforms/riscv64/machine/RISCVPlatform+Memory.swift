import KernelHAL
import MnosABI
import PlatformCommon
import RISCVShims

/// Address translation; `FenceRules` says which fence is needed when.
extension RISCVPlatform {
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
    if let fence = fences.activation(identifier: space.identifier) { perform(fence) }
  }

  /// Walkers of other harts load entries like any load: the link must not be seen before the
  /// clear table. This hart's own walker is fenced by `mappingAdded`.
  /// Source: RISC-V Unprivileged Architecture, RVWMO, "FENCE"; Privileged Architecture,
  /// "Supervisor Memory-Management Fence Instruction", on implicit references.
  public mutating func orderTableStores() { mnos_riscv_fence_stores() }

  /// A CPU may remember that an entry was invalid, and may not have seen the new one yet;
  /// the instruction fence covers code that was written to the pages before.
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    if fences.fencesPages(pageCount, linksTables: linksTables) {
      for index in 0..<pageCount {
        let address = page.rawValue &+ index &* Limits.pageByteCount
        perform(fences.page(address, identifier: space.identifier))
      }
    } else {
      spaceRemoved(space)
    }
    mnos_riscv_fence_instructions()
  }

  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    perform(fences.page(page.rawValue, identifier: space.identifier))
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    perform(fences.space(identifier: space.identifier))
  }

  @inline(__always)
  private func perform(_ fence: TranslationFence) {
    switch fence {
    case .everything: mnos_riscv_fence_all_translations()
    case .space(let identifier): mnos_riscv_fence_space(identifier)
    case .page(let address): mnos_riscv_fence_page(address)
    case .pageInSpace(let address, let identifier):
      mnos_riscv_fence_page_in_space(address, identifier)
    }
  }

  // MARK: Caches

  /// Takes up what the tables say that the hart can do. Each is tried first, because machine mode
  /// may keep it from the kernel; and none is tried that the tables do not name, because older
  /// harts have uses of their own for some of the bits.
  ///
  /// - Parameter root: Of the kernel's tables, which are in use.
  mutating func useExtensions(_ root: PhysicalAddress) {
    let blocks = layout.cacheBlockByteCount
    // A frame is flushed by itself: no block may reach beyond it.
    if layout.extensions.hasCacheBlocks, blocks > 0, blocks <= Limits.pageByteCount,
      blocks & (blocks - 1) == 0,
      mnos_riscv_can_flush(physicalWindowBase &+ root.rawValue) != 0
    {
      cacheBlockByteCount = blocks
    }
    let types = PageTypes.all(canFlush: cacheBlockByteCount > 0)
    if layout.extensions.hasPageTypes, accepts(types, root) {
      pageTableFormat = RISCVPageTableFormat(
        levelCount: pageTableFormat.levelCount, pageTypes: types)
    }
  }

  /// Whether the CPU walks through an entry with a page type, tried on a load from the root table
  /// itself, by an address of the lower half, which is empty as yet. The type is the devices', so
  /// that nothing else of what the one large page shows is accessed.
  private func accepts(_ types: PageTypes, _ root: PhysicalAddress) -> Bool {
    let format = RISCVPageTableFormat(levelCount: pageTableFormat.levelCount, pageTypes: types)
    let level = format.levelCount - 1
    let mask = PageTableWalk.leafByteCount(atLevel: level) - 1
    let entry = physicalWindowBase &+ root.rawValue
    // SAFETY: the kernel's root table lies in RAM, which the window maps; nobody else uses it yet.
    let place = unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(entry)).unsafelyUnwrapped
    guard unsafe place.pointee == 0 else { return false }
    let leaf = format.makeLeaf(
      at: PhysicalAddress(root.rawValue & ~mask), rights: .read.union(.device), level: level)
    // SAFETY: as above; the address is mapped for as long as the load takes.
    unsafe place.pointee = leaf
    mnos_riscv_fence_all_translations()
    let isAccepted = mnos_riscv_can_load(root.rawValue & mask) != 0
    unsafe place.pointee = 0
    mnos_riscv_fence_all_translations()
    return isAccepted
  }

  /// With Zicbom. Without, nothing can be done, nor need be: `PageTypes` then takes no RAM from the
  /// caches.
  /// Source: RISC-V Privileged Architecture, "Svpbmt", on locations accessed by several types: a
  /// fence, a flush and a fence.
  public mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64) {
    guard cacheBlockByteCount > 0 else { return }
    mnos_riscv_fence_devices()
    CacheLines(
      of: physicalWindowBase &+ base.rawValue, byteCount: byteCount,
      lineByteCount: cacheBlockByteCount
    ).visit { mnos_riscv_flush_block($0) }
    mnos_riscv_fence_devices()
  }
}
