/// One `sfence.vma`, by which of its two operands it has; without one it means all of them.
///
/// Source: RISC-V Privileged Architecture, "Supervisor Memory-Management Fence Instruction". With
/// an address it is about leaf entries only; with an identifier it leaves global entries alone.
enum TranslationFence: Equatable {
  case everything
  case space(UInt64)
  case page(UInt64)
  case pageInSpace(UInt64, UInt64)
}

/// Which fences changes of page tables need on this machine.
struct FenceRules: Equatable {
  /// Whether a fence with an operand does not do what it says.
  let isPartialFenceBroken: Bool

  /// After a leaf entry of a page changed. Whatever is under identifier 0, which the kernel's
  /// own tables have, is fenced for all identifiers.
  func page(_ address: UInt64, identifier: UInt32) -> TranslationFence {
    if isPartialFenceBroken { return .everything }
    return identifier == 0 ? .page(address) : .pageInSpace(address, UInt64(identifier))
  }

  /// After entries above the last level changed, or many leaves.
  func space(identifier: UInt32) -> TranslationFence {
    isPartialFenceBroken || identifier == 0 ? .everything : .space(UInt64(identifier))
  }

  /// When a space becomes active. What identifier 0, which several share, translated before was
  /// another's; the kernel's own translations are global and may stay.
  func activation(identifier: UInt32) -> TranslationFence? {
    guard identifier == 0 else { return nil }
    return isPartialFenceBroken ? .everything : .space(0)
  }

  /// How many pages are fenced one by one after an addition; above, all of the space is.
  private static var pageLimit: UInt64 { 16 }

  /// Whether added pages are fenced one by one.
  func fencesPages(_ count: UInt64, linksTables: Bool) -> Bool {
    !linksTables && !isPartialFenceBroken && count <= Self.pageLimit
  }
}

/// Who made the hart, as the firmware tells it.
struct HartIdentity: Equatable {
  var vendor: UInt64 = 0
  var architecture: UInt64 = 0
  var implementation: UInt64 = 0

  /// Whether `sfence.vma` works without operands only: SiFive erratum CIP-1200, on the U74 cores
  /// of the HiFive Unmatched among others.
  /// Source: SiFive FU740-C000 errata; the cores as Linux lists them in
  /// arch/riscv/errata/sifive/errata.c.
  var hasBrokenPartialFence: Bool {
    guard vendor == 0x489, architecture == 0x8000_0000_0000_0007 || architecture == 1 else {
      return false
    }
    return implementation & 0xff_ffff <= 0x20_0630 && implementation != 0x120_0626
  }
}
