import KernelHAL
import MnosABI

/// One interrupt line, claimed by whoever holds capabilities to it.
public struct Interrupt: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .interrupt }

  public internal(set) var header = ObjectHeader(.interrupt)
  let line: UInt32
  /// Masked since a delivery until acknowledged.
  var isPending = false
  /// Slot of the notification that a delivery signals.
  var target = SlotID.none
  var deliveries: UInt64 = 0
  /// Next claimed interrupt of the same hash chain.
  var nextInChain = InterruptID.none

  init(line: UInt32) { self.line = line }
}

extension ObjectStore where P: ~Copyable {
  /// The claimed interrupt of a line, or none.
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
  public mutating func interrupted(line: UInt32) {
    platform.acceptInterrupt(line: line)
    let interrupt = objects.interrupt(ofLine: line)
    guard !interrupt.isNone else { return }
    objects[interrupt].isPending = true
    objects[interrupt].deliveries &+= 1
    objects.signalBound(objects[interrupt].target)
  }
}
