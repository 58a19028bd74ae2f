/// Extensions of the RISC-V instruction set, as far as the kernel looks for them.
///
/// Source: RISC-V Unprivileged Architecture, "ISA Extension Naming Conventions".
public struct RISCVExtensions: Equatable, Sendable {
  /// Svpbmt: a page table's entry says how its page is cached.
  public var hasPageTypes: Bool
  /// Zicbom: lines of caches are written back and dropped by address.
  public var hasCacheBlocks: Bool

  @inlinable public init(hasPageTypes: Bool = false, hasCacheBlocks: Bool = false) {
    self.hasPageTypes = hasPageTypes
    self.hasCacheBlocks = hasCacheBlocks
  }

  /// What a text such as `rv64imafdc_zicbom_svpbmt` names, which ends at its first zero.
  ///
  /// Longer names are looked for behind underscores only; one may stand right behind the letters
  /// too, but no firmware is known to write these two there.
  ///
  /// - Parameter byte: The byte at an index; nil past the text's end.
  public init(text byte: (UInt64) -> UInt8?) {
    self.init()
    var index: UInt64 = 0
    while let character = byte(index), character != 0 {
      index += 1
      guard character == UInt8(ascii: "_") else { continue }
      if Self.holds("svpbmt", at: index, in: byte) { hasPageTypes = true }
      if Self.holds("zicbom", at: index, in: byte) { hasCacheBlocks = true }
    }
  }

  /// Whether a name stands at an index, in letters of either case, perhaps with a version.
  private static func holds(
    _ name: StaticString, at start: UInt64, in byte: (UInt64) -> UInt8?
  ) -> Bool {
    let count = UInt64(name.utf8CodeUnitCount)
    var index: UInt64 = 0
    while index < count {
      // SAFETY: `index` is below the number of bytes that the name has.
      let letter = unsafe name.utf8Start[Int(index)]
      guard let character = byte(start + index), character | 0x20 == letter else { return false }
      index += 1
    }
    switch byte(start + count) ?? 0 {
    case 0, UInt8(ascii: "_"), UInt8(ascii: "0")...UInt8(ascii: "9"): return true
    default: return false
    }
  }

  /// What both have.
  public func intersection(_ other: Self) -> Self {
    Self(
      hasPageTypes: hasPageTypes && other.hasPageTypes,
      hasCacheBlocks: hasCacheBlocks && other.hasCacheBlocks)
  }
}
