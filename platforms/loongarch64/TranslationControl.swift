/// Identifiers of address spaces.
///
/// Source: LoongArch Reference Manual, Volume 1, §7.5.4, "Address Space Identifier (ASID)".
enum SpaceIdentifiers {
  private static var mask: UInt64 { 0x3ff }

  /// How many there are, by CSR.ASID.
  static func count(configuration: UInt64) -> UInt32 {
    1 << UInt32(min(configuration >> 16 & 0xff, 10))
  }

  /// The word of CSR.ASID that makes `identifier` the current one.
  static func word(_ identifier: UInt32) -> UInt64 { UInt64(identifier) & mask }
}
