/// The bits of a page table's entry that say how its page is cached (PBMT), 0 for what the CPU is
/// not told: the page is then what the physical memory attributes of the machine make it, which
/// is uncached for devices and cached for RAM.
///
/// Source: RISC-V Privileged Architecture, "Svpbmt": the bits are reserved without it.
public struct PageTypes: Equatable, Sendable {
  /// Not cached, accessed in order and not speculatively (IO).
  public let device: UInt64
  /// Not cached, but without side effects, so that reads may be speculative and writes merged (NC).
  public let uncached: UInt64

  @inlinable init(device: UInt64, uncached: UInt64) {
    self.device = device
    self.uncached = uncached
  }

  /// A CPU without the extension.
  @inlinable public static var none: PageTypes { PageTypes(device: 0, uncached: 0) }

  /// A CPU with it. RAM is only taken from the caches where these can be flushed: what they hold
  /// of it could otherwise be written over it at any time.
  @inlinable public static func all(canFlush: Bool) -> PageTypes {
    PageTypes(device: 2 << 61, uncached: canFlush ? 1 << 61 : 0)
  }
}
