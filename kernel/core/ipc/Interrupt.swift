import KernelHAL
import MnosABI

/// One interrupt line, claimed by whoever holds capabilities to it.
///
///     masked ── bind ──> enabled ── the line fires ──> pending, masked ── acknowledge ──┐
///       ^                   ^                                                           │
///       │ binding ends      └───────────────────────────────────────────────────────────┘
///
/// Masked between delivery and acknowledgement: a level stays up until its driver has served
/// the device, and would interrupt again at once.
public struct Interrupt: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .interrupt }

  public internal(set) var header = ObjectHeader(.interrupt)
  let line: UInt32
  /// Masked since a delivery until acknowledged.
  var isPending = false
  /// Slot of the notification that a delivery signals.
  var target = SlotID.none
  /// Times that the line fired since it was claimed.
  var deliveries: UInt64 = 0
  /// Next claimed interrupt of the same hash chain.
  var nextInChain = InterruptID.none

  init(line: UInt32) { self.line = line }
}

extension ObjectStore where P: ~Copyable {
  /// The claimed interrupt of a line, or none. Cost: linear in the claimed lines that are equal
  /// modulo 64.
  func interrupt(ofLine line: UInt32) -> InterruptID {
    var found = shared.interrupts[Int(line & 63)]
    while !found.isNone, self[found].line != line { found = self[found].nextInChain }
    return found
  }

  /// Enters an interrupt that was just made under its line.
  func chain(_ interrupt: InterruptID) {
    let chain = Int(self[interrupt].line & 63)
    self[interrupt].nextInChain = shared.interrupts[chain]
    shared.interrupts[chain] = interrupt
  }

  /// Takes an interrupt that is about to be freed out of its chain: the line can be claimed again.
  func unchain(_ interrupt: InterruptID) {
    let chain = Int(self[interrupt].line & 63)
    if shared.interrupts[chain] == interrupt {
      shared.interrupts[chain] = self[interrupt].nextInChain
      return
    }
    var previous = shared.interrupts[chain]
    while self[previous].nextInChain != interrupt { previous = self[previous].nextInChain }
    self[previous].nextInChain = self[interrupt].nextInChain
  }
}

extension Kernel where P: ~Copyable {
  /// A line interrupted: masks it until it is acknowledged and signals its target.
  ///
  /// A line that nobody claimed, or that is bound to nothing, stays masked: it could only
  /// interrupt for ever.
  public mutating func interrupted(line: UInt32) {
    platform.acceptInterrupt(line: line)
    let interrupt = objects.interrupt(ofLine: line)
    guard !interrupt.isNone else { return }
    objects[interrupt].isPending = true
    objects[interrupt].deliveries &+= 1
    objects.signalBound(objects[interrupt].target)
  }
}
