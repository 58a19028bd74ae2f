import PlatformCommon

/// One CPU's own side of a controller of version 3: system registers on a machine.
protocol GICProcessorInterface {
  /// Lets interrupts of every priority through.
  mutating func start()
  mutating func acknowledge() -> UInt32
  mutating func end(_ interrupt: UInt32)
  /// Interrupts the CPU with this affinity with interrupt 0.
  mutating func send(toAffinity affinity: UInt64)
}

/// A generic interrupt controller of version 3 or 4, as one CPU sees it. Message-signalled
/// interrupts (LPIs) are not used.
///
/// Source: GIC Architecture Specification 3.0 (IHI 0069).
struct GICv3<
  Distributor: RegisterAccess, Redistributor: RegisterAccess, Interface: GICProcessorInterface
>: InterruptDistributor {
  private var distributor: Distributor
  /// The CPU's redistributor: its two first frames.
  private var redistributor: Redistributor
  private var interface: Interface
  /// MPIDR_EL1's four affinity fields, as it has them.
  private let affinity: UInt64
  let lineCount: UInt32

  init(
    distributor: Distributor, redistributor: Redistributor, interface: Interface,
    affinity: UInt64
  ) {
    self.distributor = distributor
    self.redistributor = redistributor
    self.interface = interface
    self.affinity = affinity
    lineCount = GICLines.count(type: distributor.read(at: GICLayout.type))
  }

  /// GICD_CTLR: EnableGrp1A where there are two security states, else EnableGrp1; ARE.
  private enum Control {
    static var group1: UInt32 { 1 << 1 }
    static var affinityRouting: UInt32 { 1 << 4 }
    /// RWP: a write has not had its effect everywhere yet.
    static var isPending: UInt32 { 1 << 31 }
  }
  /// Polls of a register that changes within microseconds.
  private static var pollLimit: Int { 1_000_000 }

  mutating func start() {
    distributor.write(0, at: GICLayout.control)
    awaitDistributor()
    distributor.write(Control.affinityRouting, at: GICLayout.control)
    awaitDistributor()
    var first = GICLayout.firstShared
    while first < lineCount {
      startShared(first)
      first += 32
    }
    awaitDistributor()
    distributor.write(Control.affinityRouting | Control.group1, at: GICLayout.control)
    awaitDistributor()
    startOwn()
    interface.start()
    setLine(0, isEnabled: true)
  }

  private mutating func startShared(_ first: UInt32) {
    GICLines.quieten(first, in: &distributor)
    GICLines.setLevels(first, in: &distributor)
    distributor.write(.max, at: GICLayout.BitSet.group.word(of: first))
    for interrupt in first..<min(first + 32, lineCount) {
      let route = GICLayout.route(of: interrupt)
      distributor.write(UInt32(truncatingIfNeeded: affinity), at: route)
      distributor.write(UInt32(truncatingIfNeeded: affinity >> 32), at: route + 4)
    }
  }

  /// Wakes the redistributor, and quietens the CPU's own interrupts.
  private mutating func startOwn() {
    let waker: UInt64 = 0x14
    let sleeps: UInt32 = 1 << 1
    let areChildrenAsleep: UInt32 = 1 << 2
    redistributor.write(redistributor.read(at: waker) & ~sleeps, at: waker)
    var polls = 0
    while redistributor.read(at: waker) & areChildrenAsleep != 0, polls < Self.pollLimit {
      polls += 1
    }
    withOwnInterrupts { registers in
      GICLines.quieten(0, in: &registers)
      registers.write(.max, at: GICLayout.BitSet.group.word(of: 0))
    }
  }

  private mutating func withOwnInterrupts(_ body: (inout OffsetRegisters<Redistributor>) -> Void) {
    var registers = OffsetRegisters(
      registers: redistributor, offset: GICLayout.ownInterruptFrame)
    body(&registers)
    redistributor = registers.registers
  }

  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard line < lineCount else { return }
    if line < GICLayout.firstShared {
      withOwnInterrupts { GICLines.set(line, isEnabled: isEnabled, in: &$0) }
    } else {
      GICLines.set(line, isEnabled: isEnabled, in: &distributor)
      // A line that still reaches the CPU after it was disabled would interrupt once more.
      if !isEnabled { awaitDistributor() }
    }
  }

  mutating func claim() -> UInt32 { interface.acknowledge() }

  mutating func complete(_ line: UInt32) { interface.end(line) }

  mutating func interruptSelf() { interface.send(toAffinity: affinity) }

  private func awaitDistributor() {
    var polls = 0
    while distributor.read(at: GICLayout.control) & Control.isPending != 0,
      polls < Self.pollLimit
    {
      polls += 1
    }
  }
}

/// A part of a register block as a block of its own.
private struct OffsetRegisters<Registers: RegisterAccess>: RegisterAccess {
  var registers: Registers
  let offset: UInt64

  func read(at offset: UInt64) -> UInt32 { registers.read(at: self.offset + offset) }
  mutating func write(_ value: UInt32, at offset: UInt64) {
    registers.write(value, at: self.offset + offset)
  }
}

/// How the redistributor of one CPU is found among those of a region.
enum GICRedistributors {
  /// - Parameters:
  ///   - registers: A region with the frames of several CPUs, one after the other.
  ///   - affinity: MPIDR_EL1's affinity fields.
  /// - Returns: The offset of the CPU's frames in the region; nil if they are not in it.
  static func offset<R: RegisterAccess>(
    ofAffinity affinity: UInt64, in registers: R, byteCount: UInt64
  ) -> UInt64? {
    // GICR_TYPER: affinity in the upper word; Last in bit 4, VLPIS, two more frames, in bit 1.
    let wanted =
      UInt32(truncatingIfNeeded: affinity & 0xff_ffff)
      | UInt32(truncatingIfNeeded: affinity >> 8) & 0xff00_0000
    var offset: UInt64 = 0
    while byteCount >= GICLayout.redistributorByteCount,
      offset <= byteCount - GICLayout.redistributorByteCount
    {
      let type = registers.read(at: offset + 8)
      if registers.read(at: offset + 12) == wanted { return offset }
      if type & 1 << 4 != 0 { return nil }
      offset += GICLayout.redistributorByteCount * (type & 1 << 1 != 0 ? 2 : 1)
    }
    return nil
  }
}

/// ICC_SGI1R_EL1.
///
/// Source: GIC Architecture Specification 3.0 (IHI 0069) §12.2.22.
enum GICSoftwareInterrupt {
  /// The word that sends interrupt 0 to one CPU.
  ///
  /// - Parameter affinity: MPIDR_EL1's affinity fields.
  static func word(affinity: UInt64) -> UInt64 {
    let aff0 = affinity & 0xff
    let aff1 = (affinity >> 8) & 0xff
    let aff2 = (affinity >> 16) & 0xff
    let aff3 = (affinity >> 32) & 0xff
    // RS picks which 16 CPUs of the lowest level the list of targets is about.
    return aff3 << 48 | (aff0 >> 4) << 44 | aff2 << 32 | aff1 << 16 | 1 << (aff0 & 15)
  }
}
