// Addresses that the link script defines. Fence: symbols as numbers.

@_extern(c, "mnos_image_start") func mnosImageStart()
@_extern(c, "mnos_text_start") func mnosTextStart()
@_extern(c, "mnos_text_end") func mnosTextEnd()
@_extern(c, "mnos_rodata_start") func mnosRodataStart()
@_extern(c, "mnos_rodata_end") func mnosRodataEnd()
@_extern(c, "mnos_data_start") func mnosDataStart()
@_extern(c, "mnos_data_end") func mnosDataEnd()
@_extern(c, "mnos_image_end") func mnosImageEnd()
@_extern(c, "mnos_boot_stack_guard") func mnosBootStackGuard()
@_extern(c, "mnos_boot_stack") func mnosBootStack()
@_extern(c, "mnos_boot_stack_top") func mnosBootStackTop()
@_extern(c, "mnos_symbols_start") func mnosSymbolsStart()

/// Where the parts of the kernel's image are in its address space. Source: link.ld.
enum ImageLayout {
  private static func address(_ symbol: @convention(c) () -> Void) -> UInt64 {
    // SAFETY: a symbol of the link script is never called; its address is the value.
    UInt64(unsafe unsafeBitCast(symbol, to: UInt.self))
  }
  static var start: UInt64 { address(mnosImageStart) }
  static var end: UInt64 { address(mnosImageEnd) }
  static var text: Range<UInt64> { address(mnosTextStart)..<address(mnosTextEnd) }
  static var rodata: Range<UInt64> { address(mnosRodataStart)..<address(mnosRodataEnd) }
  static var data: Range<UInt64> { address(mnosDataStart)..<address(mnosDataEnd) }
  static var stackGuard: UInt64 { address(mnosBootStackGuard) }
  static var stack: Range<UInt64> { address(mnosBootStack)..<address(mnosBootStackTop) }
  static var symbols: UInt64 { address(mnosSymbolsStart) }
}
