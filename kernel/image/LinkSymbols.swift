import KernelImageShims

/// Where the parts of the kernel's image are in its address space. Source: link.ld.
enum ImageLayout {
  static var start: UInt64 { mnos_image_start_address() }
  static var end: UInt64 { mnos_image_end_address() }
  static var text: Range<UInt64> { mnos_text_start_address()..<mnos_text_end_address() }
  static var rodata: Range<UInt64> { mnos_rodata_start_address()..<mnos_rodata_end_address() }
  static var data: Range<UInt64> { mnos_data_start_address()..<mnos_data_end_address() }
  static var stackGuard: UInt64 { mnos_boot_stack_guard_address() }
  static var stack: Range<UInt64> {
    mnos_boot_stack_address()..<mnos_boot_stack_top_address()
  }
  static var symbols: UInt64 { mnos_symbols_start_address() }
}
