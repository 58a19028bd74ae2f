import PlatformCommon

@testable import PlatformAArch64

/// A generic interrupt controller with one CPU, as its specifications describe it:
/// level-triggered interrupts that are pending while up, enabled and not active.
final class FakeGIC {
  /// Interrupts that exist: a multiple of 32.
  let interruptCount: UInt32
  /// Whether interrupts 0 to 31 are in the redistributor, and not in the distributor.
  let hasRedistributor: Bool
  var control: UInt32 = 0
  var interfaceControl: UInt32 = 0
  var priorityMask: UInt32 = 0
  var enabled: Set<UInt32> = []
  var active: Set<UInt32> = []
  var levels: Set<UInt32> = []
  /// Interrupts that were sent, or came as edges.
  var latched: Set<UInt32> = []
  var words: [UInt64: UInt32] = [:]
  var waker: UInt32 = 6
  /// Interrupts that were disabled in the distributor and still reach the CPU, until it says that the
  /// change is through.
  var leaving: Set<UInt32> = []
  private var pollsUntilThrough = 0
  var strayAccesses = 0

  init(interruptCount: UInt32, hasRedistributor: Bool) {
    self.interruptCount = interruptCount
    self.hasRedistributor = hasRedistributor
  }

  /// GICD_CTLR bits without which nothing is forwarded.
  private var forwarding: UInt32 { hasRedistributor ? 1 << 1 | 1 << 4 : 1 }

  /// The interrupt that the CPU is told of, lowest first; 1023 without one.
  var pending: UInt32 {
    guard control & forwarding == forwarding, interfaceControl & 1 != 0, priorityMask > 0xa0 else {
      return 1023
    }
    let forwarded = enabled.union(leaving)
    let candidates = levels.union(latched).intersection(forwarded).subtracting(active)
    return candidates.min() ?? 1023
  }

  func acknowledge() -> UInt32 {
    let interrupt = pending
    if interrupt < 1020 {
      active.insert(interrupt)
      latched.remove(interrupt)
    }
    return interrupt
  }

  func end(_ interrupt: UInt32) { active.remove(interrupt) }

  func isOwner(_ first: UInt32, redistributor: Bool) -> Bool {
    !hasRedistributor || (first < 32) == redistributor
  }

  /// Handles what a distributor and a redistributor have in common.
  func writeBits(_ value: UInt32, at offset: UInt64, redistributor: Bool) -> Bool {
    guard let kind = GICLayout.BitSet(rawValue: offset & ~0x7f) else { return false }
    let first = UInt32(offset & 0x7c) * 8
    guard first < interruptCount, isOwner(first, redistributor: redistributor) else { return false }
    let interrupts = Set((first..<first + 32).filter { value & 1 << ($0 % 32) != 0 })
    switch kind {
    case .setEnable: enabled.formUnion(interrupts)
    case .clearEnable:
      if hasRedistributor, !redistributor {
        leaving.formUnion(interrupts.intersection(enabled))
        pollsUntilThrough = 3
      }
      enabled.subtract(interrupts)
    case .clearPending: latched.subtract(interrupts)
    case .clearActive: active.subtract(interrupts)
    case .group: words[offset | (redistributor ? 1 << 32 : 0)] = value
    }
    return true
  }

  func isPriority(_ offset: UInt64, redistributor: Bool) -> Bool {
    guard offset >= 0x400, offset < 0x400 + UInt64(interruptCount) else { return false }
    return isOwner(UInt32(offset - 0x400), redistributor: redistributor)
  }

  /// GICD_CTLR, with the bit that says that a change is on its way (RWP).
  func readControl() -> UInt32 {
    pollsUntilThrough = max(0, pollsUntilThrough - 1)
    if pollsUntilThrough == 0 { leaving = [] }
    return leaving.isEmpty ? control : control | 1 << 31
  }

  /// GICD_TYPER, GICD_CTLR.
  struct Distributor: RegisterAccess {
    let gic: FakeGIC

    func read(at offset: UInt64) -> UInt32 {
      switch offset {
      case 0x000: return gic.readControl()
      case 0x004: return gic.interruptCount / 32 - 1
      case 0x800 where !gic.hasRedistributor: return 0x0404_0404
      default:
        gic.strayAccesses += 1
        return 0
      }
    }

    mutating func write(_ value: UInt32, at offset: UInt64) {
      if gic.writeBits(value, at: offset, redistributor: false) { return }
      switch offset {
      case 0x000: gic.control = value
      case 0xf00 where !gic.hasRedistributor:
        if value == 2 << 24 { gic.latched.insert(0) } else { gic.strayAccesses += 1 }
      case 0x820..<0x800 + UInt64(gic.interruptCount) where !gic.hasRedistributor,
        0xc08..<0xc00 + UInt64(gic.interruptCount / 4),
        0x6100..<0x6000 + UInt64(gic.interruptCount) * 8 where gic.hasRedistributor:
        gic.words[offset] = value
      default:
        if gic.isPriority(offset, redistributor: false) {
          gic.words[offset] = value
        } else {
          gic.strayAccesses += 1
        }
      }
    }
  }

  /// GICC of version 2.
  struct MemoryInterface: RegisterAccess {
    let gic: FakeGIC

    func read(at offset: UInt64) -> UInt32 {
      guard offset == 0x0c else {
        gic.strayAccesses += 1
        return 0
      }
      let interrupt = gic.acknowledge()
      // The sender's number, which a claim must not show.
      return interrupt < 16 ? interrupt | 2 << 10 : interrupt
    }

    mutating func write(_ value: UInt32, at offset: UInt64) {
      switch offset {
      case 0x00: gic.interfaceControl = value
      case 0x04: gic.priorityMask = value
      case 0x08: break
      // The end must name the sender that the acknowledgement named.
      case 0x10 where value >> 10 == (value & 0x3ff < 16 ? 2 : 0): gic.end(value & 0x3ff)
      default: gic.strayAccesses += 1
      }
    }
  }

  /// The two frames of one CPU's GICR. Its interrupts work only once it is awake.
  struct Redistributor: RegisterAccess {
    let gic: FakeGIC

    func read(at offset: UInt64) -> UInt32 {
      guard offset == 0x14 else {
        gic.strayAccesses += 1
        return 0
      }
      return gic.waker
    }

    mutating func write(_ value: UInt32, at offset: UInt64) {
      if offset == 0x14 {
        gic.waker = value & 1 << 1 == 0 ? 0 : 6
      } else if offset >= 0x1_0000, gic.waker == 0 {
        let own = offset - 0x1_0000
        if gic.writeBits(value, at: own, redistributor: true) { return }
        if gic.isPriority(own, redistributor: true) {
          gic.words[own | 1 << 32] = value
        } else {
          gic.strayAccesses += 1
        }
      } else {
        gic.strayAccesses += 1
      }
    }
  }

  /// ICC registers.
  struct RegisterInterface: GICProcessorInterface {
    let gic: FakeGIC

    mutating func start() {
      gic.interfaceControl = 1
      gic.priorityMask = 0xff
    }
    mutating func acknowledge() -> UInt32 { gic.acknowledge() }
    mutating func end(_ interrupt: UInt32) { gic.end(interrupt) }
    mutating func send(toAffinity affinity: UInt64) {
      if affinity == 0x0102_0003 { gic.latched.insert(0) } else { gic.strayAccesses += 1 }
    }
  }

  func version2() -> GICv2<Distributor, MemoryInterface> {
    GICv2(distributor: Distributor(gic: self), interface: MemoryInterface(gic: self))
  }

  func version3() -> GICv3<Distributor, Redistributor, RegisterInterface> {
    GICv3(
      distributor: Distributor(gic: self), redistributor: Redistributor(gic: self),
      interface: RegisterInterface(gic: self), affinity: 0x0102_0003)
  }
}
