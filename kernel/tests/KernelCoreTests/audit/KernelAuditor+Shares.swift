import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Shares of the CPU's time: who pays, who was given what, and who is throttled.
extension KernelAuditor {
  mutating func checkShares(_ kernel: borrowing TestKernel) {
    let root = kernel.objects.rootBudget
    var given: [UInt32: UInt32] = [:]
    var count: UInt32 = 0
    for budget in census.budgets {
      let object = kernel.objects[budget]
      let parent = object.header.budget
      let above = parent.isNone ? .none : kernel.objects[parent].payer
      guard object.share.period > 0 else {
        expect(object.payer == above, "budget \(budget.granule): another pays for it")
        continue
      }
      count += 1
      expect(object.payer == budget, "budget \(budget.granule): its own share is not used")
      given[(above.isNone ? root : above).granule, default: 0] += object.share.parts
    }
    expect(kernel.objects.shared.shareCount == count, "count of shares")
    var threads: [UInt32: UInt32] = [:]
    for thread in census.threads {
      threads[kernel.objects[thread].header.budget.granule, default: 0] += 1
    }
    for budget in census.budgets {
      expect(
        kernel.objects[budget].threadCount == threads[budget.granule, default: 0],
        "budget \(budget.granule): count of threads")
    }
    for budget in census.budgets {
      let share = kernel.objects[budget].share
      expect(
        share.given == given[budget.granule, default: 0],
        "budget \(budget.granule): gave \(share.given) of its share")
      expect(share.given <= share.parts, "budget \(budget.granule): gave more than it has")
    }
    for thread in census.threads { checkThrottle(of: thread, kernel) }
    for index in 0..<kernel.objects.shared.cpuCount { checkPayer(ofCPU: index, kernel) }
  }

  private mutating func checkThrottle(of thread: ThreadID, _ kernel: borrowing TestKernel) {
    let object = kernel.objects[thread]
    let name = "thread \(thread.granule)"
    expect(
      object.payer == kernel.objects[object.header.budget].payer, "\(name): another pays for it")
    expect(
      object.priority == (object.isThrottled ? 0 : object.ownPriority),
      "\(name): at priority \(object.priority), throttled \(object.isThrottled)")
    guard object.isThrottled else { return }
    expect(!object.payer.isNone, "\(name): throttled, and its time is not counted")
    if object.state == .ready || object.state == .running {
      expect(object.timer.isArmed, "\(name): throttled for ever")
    }
  }

  private mutating func checkPayer(ofCPU index: Int, _ kernel: borrowing TestKernel) {
    let state = kernel.objects[kernel.objects.shared.cpus[index]]
    if state.current.isNone {
      expect(state.payer.isNone && state.payerEnd == .max, "CPU \(index): idles at a price")
    } else if kernel.objects.shared.shareCount > 0 {
      expect(state.payerEnd != .max, "CPU \(index): nobody looks who pays")
    }
    expect(state.sponsored.isNone, "CPU \(index): a sponsor is left over")
    guard !state.payer.isNone else { return }
    let isBudget = census.budgets.contains(state.payer)
    expect(isBudget, "CPU \(index): a dead budget pays")
    if isBudget {
      expect(kernel.objects[state.payer].share.period > 0, "CPU \(index): it pays without a share")
    }
  }
}
