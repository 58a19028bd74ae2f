/// A 64-bit word that signals OR into, and the threads that wait for it to be non-zero.
public struct Notification: BitwiseCopyable {
  var word: UInt64 = 0
  var queue = ThreadQueue()
  /// The thread whose receive takes this word too.
  var boundThread = ThreadID.none
  var isDestroyed = false
  var capabilityCount: UInt32 = 0
  let budget: BudgetID

  init(budget: BudgetID) { self.budget = budget }
}
