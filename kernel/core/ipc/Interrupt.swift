/// One interrupt line, claimed by whoever holds capabilities to it.
public struct Interrupt: BitwiseCopyable {
  let line: UInt32
  /// Masked since a delivery until acknowledged.
  var isPending = false
  var capabilityCount: UInt32 = 0
  /// Slot of the notification that a delivery signals.
  var target = SlotID.none
  var deliveries: UInt64 = 0
  /// Next claimed interrupt of the same hash chain.
  var nextInChain = InterruptID.none
  let budget: BudgetID

  init(line: UInt32, budget: BudgetID) {
    self.line = line
    self.budget = budget
  }
}
