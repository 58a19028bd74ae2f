import PlatformCommon

/// A generic interrupt controller of version 2, whose CPU interface is in memory.
///
/// Source: GIC Architecture Specification 2.0 (IHI 0048).
struct GICv2<Distributor: RegisterAccess, Interface: RegisterAccess>: InterruptDistributor {
  private var distributor: Distributor
  private var interface: Interface
  let lineCount: UInt32
  /// This CPU's number as the controller has it.
  private let processor: UInt32

  /// GICC registers: CTLR, PMR, BPR, IAR, EOIR.
  private enum Register {
    static var control: UInt64 { 0x00 }
    static var priorityMask: UInt64 { 0x04 }
    static var binaryPoint: UInt64 { 0x08 }
    static var acknowledge: UInt64 { 0x0c }
    static var end: UInt64 { 0x10 }
  }

  init(distributor: Distributor, interface: Interface) {
    self.distributor = distributor
    self.interface = interface
    lineCount = GICLines.count(type: distributor.read(at: GICLayout.type))
    // What the first word says of the CPU's own interrupts is the CPU itself, in each byte;
    // nothing where there is only one.
    let own = distributor.read(at: GICLayout.target(of: 0)) & 0xff
    processor = own == 0 ? 0 : UInt32(own.trailingZeroBitCount)
  }

  mutating func start() {
    distributor.write(0, at: GICLayout.control)
    GICLines.quieten(0, in: &distributor)
    let target = distributor.read(at: GICLayout.target(of: 0))
    var first = GICLayout.firstShared
    while first < lineCount {
      GICLines.quieten(first, in: &distributor)
      for word in 0..<UInt32(8) {
        distributor.write(target, at: GICLayout.target(of: first + word * 4))
      }
      GICLines.setLevels(first, in: &distributor)
      first += 32
    }
    // Bit 0 forwards the one group that there is, seen from where the kernel runs.
    distributor.write(1, at: GICLayout.control)
    interface.write(0xff, at: Register.priorityMask)
    interface.write(0, at: Register.binaryPoint)
    interface.write(1, at: Register.control)
    setLine(0, isEnabled: true)
  }

  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard line < lineCount else { return }
    GICLines.set(line, isEnabled: isEnabled, in: &distributor)
  }

  /// The number of the CPU that sent interrupts 0 to 15 stands above the interrupt.
  mutating func claim() -> UInt32 { interface.read(at: Register.acknowledge) & 0x3ff }

  /// For interrupts 0 to 15 the sender is named again: this CPU, as no other one runs.
  mutating func complete(_ line: UInt32) {
    interface.write(line < 16 ? line | processor << 10 : line, at: Register.end)
  }

  mutating func interruptSelf() {
    // TargetListFilter 2: the CPU that writes.
    distributor.write(2 << 24, at: GICLayout.softwareInterrupt)
  }
}

/// What a distributor and a redistributor have in common: registers by 32 interrupts.
enum GICLines {
  /// ITLinesNumber of GICD_TYPER: a 32nd of the interrupts, less one.
  static func count(type: UInt32) -> UInt32 {
    min((type & 0x1f + 1) * 32, GICLayout.interruptLimit)
  }

  /// Disables 32 interrupts and forgets what they did.
  static func quieten<R: RegisterAccess>(_ first: UInt32, in registers: inout R) {
    registers.write(.max, at: GICLayout.BitSet.clearEnable.word(of: first))
    registers.write(.max, at: GICLayout.BitSet.clearPending.word(of: first))
    registers.write(.max, at: GICLayout.BitSet.clearActive.word(of: first))
    for word in 0..<UInt32(8) {
      registers.write(GICLayout.priorities, at: GICLayout.priority(of: first + word * 4))
    }
  }

  /// Lets 32 interrupts of devices go by the level of their line.
  static func setLevels<R: RegisterAccess>(_ first: UInt32, in registers: inout R) {
    registers.write(0, at: GICLayout.configuration(of: first))
    registers.write(0, at: GICLayout.configuration(of: first + 16))
  }

  /// Writing 0 to the other bits of these registers leaves them alone.
  static func set<R: RegisterAccess>(
    _ interrupt: UInt32, isEnabled: Bool, in registers: inout R
  ) {
    let set = isEnabled ? GICLayout.BitSet.setEnable : .clearEnable
    registers.write(1 << (interrupt % 32), at: set.word(of: interrupt))
  }
}
