/// Where the registers of a generic interrupt controller are, by their offset in bytes.
///
/// Source: GIC Architecture Specification 2.0 (IHI 0048) chapter 4, and 3.0 (IHI 0069)
/// chapter 12. Interrupts 0 to 15 are those that CPUs send each other, 16 to 31 each CPU's own,
/// 32 and on the devices'.
enum GICLayout {
  /// GICD_CTLR, GICD_TYPER.
  static var control: UInt64 { 0x000 }
  static var type: UInt64 { 0x004 }
  /// GICD_SGIR, version 2 only.
  static var softwareInterrupt: UInt64 { 0xf00 }
  /// GICD_IROUTER, version 3 only.
  static func route(of interrupt: UInt32) -> UInt64 { 0x6000 + UInt64(interrupt) * 8 }

  /// Registers with a bit for each interrupt, 32 in a word.
  enum BitSet: UInt64 {
    case group = 0x080
    case setEnable = 0x100
    case clearEnable = 0x180
    case clearPending = 0x280
    case clearActive = 0x380

    /// The word that has the bit of `interrupt`.
    func word(of interrupt: UInt32) -> UInt64 { rawValue + UInt64(interrupt / 32) * 4 }
  }

  /// GICD_IPRIORITYR and GICD_ITARGETSR: a byte for each interrupt.
  static func priority(of interrupt: UInt32) -> UInt64 { 0x400 + UInt64(interrupt & ~3) }
  static func target(of interrupt: UInt32) -> UInt64 { 0x800 + UInt64(interrupt & ~3) }
  /// GICD_ICFGR: two bits for each interrupt, the upper one for edges.
  static func configuration(of interrupt: UInt32) -> UInt64 {
    0xc00 + UInt64(interrupt / 16) * 4
  }

  /// The same middle priority for each of four interrupts.
  static var priorities: UInt32 { 0xa0a0_a0a0 }
  /// One more than the highest interrupt that a device can have.
  static var interruptLimit: UInt32 { 1020 }
  static var firstShared: UInt32 { 32 }

  /// Bytes of a distributor's registers that are used.
  static var distributorByteCount: UInt64 { 0x1000 }
  static var routingDistributorByteCount: UInt64 { 0x1_0000 }
  /// Bytes of a CPU interface's registers, where they are in memory: those that are used end at
  /// 0x14, and no tree has fewer than these.
  static var interfaceByteCount: UInt64 { 0x100 }
  /// GICR: a frame of its own, then one for the CPU's own interrupts.
  static var redistributorByteCount: UInt64 { 0x2_0000 }
  static var ownInterruptFrame: UInt64 { 0x1_0000 }
}

/// What the platform asks of an interrupt controller, whichever version it is.
protocol InterruptDistributor {
  /// One more than the highest interrupt.
  var lineCount: UInt32 { get }
  /// Disables all interrupts and lets those enabled later through.
  mutating func start()
  /// Lets an interrupt, one of the CPU's own too, through or keeps it.
  mutating func setLine(_ line: UInt32, isEnabled: Bool)
  /// Takes the interrupt that is next in turn; 1020 or more if none is pending any more.
  mutating func claim() -> UInt32
  /// Ends a claim.
  mutating func complete(_ line: UInt32)
  /// Interrupts this CPU with interrupt 0.
  mutating func interruptSelf()
}
