/// What satp can hold.
///
/// Source: RISC-V Privileged Architecture, "Supervisor Address Translation and Protection
/// (satp) Register".
struct TranslationControl: Equatable {
  let levelCount: Int
  /// The mode field, in place.
  let mode: UInt64
  /// One more than the largest address-space identifier.
  let identifierCount: UInt32

  static var identifierShift: UInt64 { 44 }
  static var identifierMask: UInt64 { 0xffff << identifierShift }

  /// - Parameters:
  ///   - loaded: satp as the boot loader left it.
  ///   - probed: satp as it reads after all identifier bits were written.
  init?(loaded: UInt64, probed: UInt64) {
    switch loaded >> 60 {
    case 8: levelCount = 3
    case 9: levelCount = 4
    case 10: levelCount = 5
    default: return nil
    }
    mode = loaded & 0xf << 60
    identifierCount =
      UInt32(truncatingIfNeeded: (probed & Self.identifierMask) >> Self.identifierShift) + 1
  }

  /// Physical address of the root table that a value of satp names.
  static func root(of satp: UInt64) -> UInt64 { (satp & ((1 << 44) - 1)) << 12 }

  /// The word that makes the CPU use the tables at `root`.
  static func word(mode: UInt64, identifier: UInt32, root: UInt64) -> UInt64 {
    mode | UInt64(identifier) << identifierShift | root >> 12
  }
}
