/// How much memory and how many objects a process tree may use.
///
/// A child's limits are taken from its parent when it is made and given back when it ends,
/// so a budget always has what it promises. It ends when no capability names it and
/// nothing is charged to it any more.
public struct Budget: BitwiseCopyable {
  let parent: BudgetID
  let memoryLimit: UInt64
  let objectLimit: UInt64
  /// Bytes and objects charged, limits of children included.
  var memoryUsed: UInt64 = 0
  var objectsUsed: UInt64 = 0
  var capabilityCount: UInt32 = 0

  init(parent: BudgetID, memoryLimit: UInt64, objectLimit: UInt64) {
    self.parent = parent
    self.memoryLimit = memoryLimit
    self.objectLimit = objectLimit
  }
}
