import MnosABI

/// How much memory, how many objects and what share of the CPU's time a process tree may use,
/// and who owns them.
///
/// Every frame and every object in use is charged to exactly one budget. A child's limits
/// are taken from its parent when it is made and given back when it ends, so a budget always
/// has what it promises. Ending one ends all that is charged to it; one that no capability
/// names and that nothing is charged to ends by itself.
public struct Budget: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .budget }

  public internal(set) var header = ObjectHeader(.budget)
  public let memoryLimit: UInt64
  public let objectLimit: UInt64
  /// Bytes and objects charged, limits of children included.
  public internal(set) var memoryUsed: UInt64 = 0
  public internal(set) var objectsUsed: UInt64 = 0
  /// Processes and budgets charged to it: what can go on by itself.
  var independentCount: UInt32 = 0
  /// Threads charged to it, ended ones included as long as something names them.
  var threadCount: UInt32 = 0
  /// The nearest budget with a share of the CPU's time: itself, one above, or none.
  var payer = BudgetID.none
  /// The objects charged to it, children included; mappings are found by their process.
  var objects = List<ObjectsOfBudget>()
  var share = TimeShare()
  /// Where those objects lie.
  var slabs = SlabSet()

  init(memoryLimit: UInt64, objectLimit: UInt64) {
    self.memoryLimit = memoryLimit
    self.objectLimit = objectLimit
  }

  var isUnused: Bool { memoryUsed == 0 && objectsUsed == 0 }
  /// Whether nobody spends its share, nor can make a thread that would if no capability names it.
  var isIdle: Bool { threadCount == 0 && independentCount == 0 }
}
