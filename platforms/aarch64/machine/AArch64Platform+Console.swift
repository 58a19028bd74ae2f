import AArch64Shims
import KernelHAL
import MnosABI
import PlatformCommon

/// Fence: edits the kernel's page tables while it boots.
extension AArch64Platform {
  public mutating func writeDebug(byte: UInt8) { console.write(byte) }

  /// Starts writing on the serial port, if one was found that the kernel can write on, and its
  /// page is mapped or can be.
  ///
  /// The kernel maps the platform's devices only after all of discovery went well; so that a
  /// failure can be told, the port's page is mapped here, in tables kept for that.
  mutating func openConsole(isMapped: Bool) {
    guard !console.isOpen, let region = layout.consoleRegion, region.base % 4096 == 0,
      region.pages(below: 0 &- physicalWindowBase) != nil,
      isMapped || mapConsole(at: region.base)
    else { return }
    // SAFETY: the page is mapped, and stays so; the kernel uses no other register block on it.
    let registers = unsafe DeviceRegisters(
      base: physicalWindowBase &+ region.base, byteCount: PL011<DeviceRegisters>.byteCount)
    console.open(PL011(registers: registers))
  }

  /// - Returns: false if the page is mapped already, for the device or as something else.
  private func mapConsole(at address: UInt64) -> Bool {
    let virtual = physicalWindowBase &+ address
    var table = kernelRoot.rawValue
    var spare =
      mnos_aarch64_translate(mnos_aarch64_console_tables_address())
      & AArch64PageTableFormat.Bits.address
    var level = pageTableFormat.levelCount - 1
    while level > 0 {
      // SAFETY: tables in use lie in RAM, all of which the window maps; the spare ones are in
      // the kernel's image, as many as there are levels below the root, and used only here.
      let entry = unsafe entryPointer(table, virtual, level)
      switch unsafe pageTableFormat.decode(entry.pointee, level: level) {
      case .table(let next): table = next.rawValue
      case .leaf: return false
      case .empty:
        unsafe entry.pointee = pageTableFormat.makeTable(at: PhysicalAddress(spare))
        table = spare
        spare += Limits.pageByteCount
      }
      level -= 1
    }
    let rights = PageRights.global.union(.read).union(.write).union(.device)
    // SAFETY: as above.
    let entry = unsafe entryPointer(table, virtual, 0)
    guard unsafe pageTableFormat.decode(entry.pointee, level: 0) == .empty else { return false }
    unsafe entry.pointee = pageTableFormat.makeLeaf(
      at: PhysicalAddress(address), rights: rights, level: 0)
    mnos_aarch64_store_barrier()
    mnos_aarch64_instruction_barrier()
    return true
  }

  /// Where a table's entry for an address is in the window.
  @unsafe func entryPointer(
    _ table: UInt64, _ virtual: UInt64, _ level: Int
  ) -> UnsafeMutablePointer<UInt64> {
    let index = virtual >> UInt64(12 + 9 * level) & 511
    let address = physicalWindowBase &+ table &+ index * 8
    return unsafe UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }
}
