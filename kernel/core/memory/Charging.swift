import KernelHAL
import MnosABI

/// Budgets: who pays for what.
extension Kernel where P: ~Copyable {
  /// Charges a budget.
  ///
  /// - Throws: `noMemory` or `noSlot` if the budget has no room; nothing is charged then.
  mutating func charge(_ budget: BudgetID, bytes: UInt64, objects count: UInt64) throws(Failure) {
    guard bytes <= objects[budget].memoryLimit - objects[budget].memoryUsed else {
      throw .noMemory
    }
    guard count <= objects[budget].objectLimit - objects[budget].objectsUsed else {
      throw .noSlot
    }
    objects[budget].memoryUsed += bytes
    objects[budget].objectsUsed += count
  }

  /// Takes a charge back; ends the budget if that was the last and no capability is left.
  mutating func uncharge(_ budget: BudgetID, bytes: UInt64, objects count: UInt64) {
    objects[budget].memoryUsed -= bytes
    objects[budget].objectsUsed -= count
    endIfUnused(budget)
  }

  /// Ends a budget that nothing names or uses, and its parents likewise.
  mutating func endIfUnused(_ budget: BudgetID) {
    var budget = budget
    while !budget.isNone {
      let ended = objects[budget]
      guard ended.capabilityCount == 0, ended.memoryUsed == 0, ended.objectsUsed == 0 else {
        return
      }
      pools.budgets.free(budget.granule, in: objects, frames: &frames)
      budget = ended.parent
      guard !budget.isNone else { return }
      objects[budget].memoryUsed -= ended.memoryLimit + pools.budgets.chargedByteCount
      objects[budget].objectsUsed -= ended.objectLimit + 1
    }
  }

  /// Takes a frame for a process and clears it.
  ///
  /// - Throws: `noMemory`; nothing is charged then.
  mutating func allocateFrame(chargedTo budget: BudgetID) throws(Failure) -> FrameNumber {
    try charge(budget, bytes: Limits.pageByteCount, objects: 0)
    guard let frame = frames.allocate() else {
      uncharge(budget, bytes: Limits.pageByteCount, objects: 0)
      throw .noMemory
    }
    window.clear(UInt64(frame) << 12, byteCount: Limits.pageByteCount)
    return frame
  }

  mutating func freeFrame(_ frame: FrameNumber, chargedTo budget: BudgetID) {
    frames.free(frame, count: 1)
    uncharge(budget, bytes: Limits.pageByteCount, objects: 0)
  }
}
