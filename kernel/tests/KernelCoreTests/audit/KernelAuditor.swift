import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Looks at a whole kernel and says what does not fit together.
///
/// It recomputes from scratch what the kernel keeps up to date in steps: counts, queues,
/// trees, charges, page tables, TLBs. It trusts only the lists of the budgets and the tables' own bits.
struct KernelAuditor {
  let census: Census
  var findings: [String] = []
  /// Slots that each object is named by.
  private(set) var namedBy: [UInt32: [SlotID]] = [:]

  /// Slots in transit, by the thread that sends them.
  private(set) var inTransit: [UInt32: [SlotID]] = [:]
  /// What is in each process's page tables.
  private(set) var walks: [UInt32: TableWalk] = [:]
  /// Whether the test chooses who runs, without regard to priorities.
  let ignoresPriorities: Bool

  /// Everything that is wrong with `kernel`; empty if nothing is.
  static func audit(
    _ kernel: borrowing TestKernel, ignoringPriorities: Bool = false
  ) -> [String] {
    var auditor = KernelAuditor(kernel, ignoringPriorities: ignoringPriorities)
    auditor.checkSlots(kernel)
    auditor.checkTree(kernel)
    auditor.checkTables(kernel)
    auditor.checkCounts(kernel)
    auditor.checkBindings(kernel)
    auditor.checkThreads(kernel)
    auditor.checkWaiting(kernel)
    auditor.checkRunQueues(kernel)
    auditor.checkShares(kernel)
    auditor.checkTimers(kernel)
    auditor.checkMappings(kernel)
    auditor.checkDMASpaces(kernel)
    auditor.checkTranslations(kernel)
    auditor.checkKernelHalf(kernel)
    auditor.checkBudgets(kernel)
    auditor.checkFrames(kernel)
    auditor.checkReaper(kernel)
    auditor.checkMessages(kernel)
    auditor.checkWork(kernel)
    auditor.checkLeases(kernel)
    auditor.checkWholeFrames(kernel)
    auditor.checkMachine(kernel)
    return auditor.findings
  }

  private init(_ kernel: borrowing TestKernel, ignoringPriorities: Bool) {
    ignoresPriorities = ignoringPriorities
    census = Census(kernel)
    findings += census.findings
    for slot in census.slots {
      let held = kernel.objects[slot]
      if !held.object.isNone { namedBy[held.object.granule, default: []].append(slot) }
      if held.state == .inTransit { inTransit[held.holder.granule, default: []].append(slot) }
    }
    for process in census.processes where kernel.objects[process].state != .ended {
      var walk = TableWalk()
      walk.visit(
        kernel.objects[process].space.root.rawValue, level: kernel.format.levelCount - 1,
        start: 0, kernel)
      walks[process.granule] = walk
      findings += walk.findings
    }
  }

  mutating func expect(_ isRight: Bool, _ finding: @autoclosure () -> String) {
    if !isRight { findings.append(finding()) }
  }

  func isLive<Object>(_ id: ObjectID<Object>) -> Bool { census.live.contains(id.granule) }

  /// The members of a list, first to last; checks its links.
  mutating func members<Role: ListRole>(
    of list: List<Role>, _ name: @autoclosure () -> String, _ kernel: borrowing TestKernel
  ) -> [ObjectID<Role.Node>] {
    var result: [ObjectID<Role.Node>] = []
    var node = list.first
    while !node.isNone {
      guard isLive(node), result.count <= census.live.count else {
        expect(false, "\(name()): leads to something dead or in a circle")
        break
      }
      if let last = result.last {
        expect(Role[node, in: kernel.objects].previous == last, "\(name()): back link")
      }
      result.append(node)
      node = Role[node, in: kernel.objects].next
    }
    if let last = result.last {
      expect(
        Role[list.first, in: kernel.objects].previous == last, "\(name()): link to the last")
    }
    return result
  }

  /// The members of a tree, in order, as far as it is sound. Checks links, heights, balance and
  /// order on the way.
  mutating func members<Role: TreeRole>(
    of tree: SearchTree<Role>, _ name: String, _ kernel: borrowing TestKernel
  ) -> [SearchTree<Role>.Member] {
    _ = height(below: tree.root, under: .none, Role.self, name, kernel, levels: 40)
    let members = Census.members(tree, kernel)
    let keys = members.map { Role.key(of: $0, in: kernel.objects) }
    expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }, "\(name): out of order")
    return members
  }

  private mutating func height<Role: TreeRole>(
    below node: ObjectID<Role.Node>, under parent: ObjectID<Role.Node>, _ role: Role.Type,
    _ name: String, _ kernel: borrowing TestKernel, levels: Int
  ) -> Int {
    guard !node.isNone else { return 0 }
    guard levels > 0, isLive(node) else {
      expect(false, "\(name): leads to something dead or in a circle")
      return 0
    }
    let links = Role[node, in: kernel.objects]
    expect(links.parent == parent, "\(name): link to the parent")
    let left = height(below: links.left, under: node, role, name, kernel, levels: levels - 1)
    let right = height(below: links.right, under: node, role, name, kernel, levels: levels - 1)
    expect(abs(left - right) <= 1, "\(name): out of balance")
    let height = 1 + max(left, right)
    expect(Int(Role[heightOf: node, in: kernel.objects]) == height, "\(name): height")
    return height
  }
}
