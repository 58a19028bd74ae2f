import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Looks at a whole kernel and says what does not fit together.
///
/// It recomputes from scratch what the kernel keeps up to date in steps: counts, queues,
/// trees, charges, page tables, TLBs. It trusts only the pools' and tables' own bits.
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
    auditor.checkTimers(kernel)
    auditor.checkMappings(kernel)
    auditor.checkTranslations(kernel)
    auditor.checkBudgets(kernel)
    auditor.checkFrames(kernel)
    return auditor.findings
  }

  private init(_ kernel: borrowing TestKernel, ignoringPriorities: Bool) {
    ignoresPriorities = ignoringPriorities
    census = Census(kernel)
    for slot in census.slots {
      let held = kernel.objects[slot]
      if held.object != 0 { namedBy[held.object, default: []].append(slot) }
      if held.state == .inTransit { inTransit[held.holder, default: []].append(slot) }
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

  /// The threads of a queue, first to last; checks its back links.
  mutating func members(
    of head: ThreadID, _ name: String, _ kernel: borrowing TestKernel
  ) -> [ThreadID] {
    var result: [ThreadID] = []
    var previous = ThreadID.none
    var thread = head
    while !thread.isNone {
      guard isLive(thread), result.count <= census.threads.count else {
        expect(false, "\(name): leads to a dead thread or in a circle")
        break
      }
      expect(
        kernel.objects[thread].previousInQueue == previous,
        "\(name): back link of thread \(thread.granule)")
      result.append(thread)
      previous = thread
      thread = kernel.objects[thread].nextInQueue
    }
    return result
  }
}
