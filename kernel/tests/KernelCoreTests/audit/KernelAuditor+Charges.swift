import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Who pays for the frames that are in use.
extension KernelAuditor {
  /// What budgets use themselves, children's limits apart, and the kernel's own frames are
  /// exactly the frames in use.
  mutating func checkWholeFrames(_ kernel: borrowing TestKernel) {
    var bytes: UInt64 = 0
    for id in census.budgets {
      let budget = kernel.objects[id]
      expect(
        (budget.memoryUsed - childLimits(of: id, kernel)) % Limits.pageByteCount == 0,
        "budget \(id.granule): \(budget.memoryUsed) bytes are no whole frames")
      bytes += budget.memoryUsed
    }
    for id in census.budgets where !kernel.objects[id].header.budget.isNone {
      bytes -= kernel.objects[id].memoryLimit
    }
    // What is going to be filled is charged before it is taken.
    for id in census.memories where kernel.objects[id].kind == .owned {
      let taken = Census.frames(of: kernel.objects[id], kernel)
      bytes &-= (UInt64(kernel.objects[id].chargedFrames)
        &- UInt64(taken.pages.count + taken.tables.count)) &* Limits.pageByteCount
    }
    // The state that all CPUs share lies in a frame too.
    let own = UInt64(kernel.platform.cpuCount) + 1
    let used = kernel.frames.totalCount - kernel.frames.freeCount
    expect(
      bytes == (used - own) * Limits.pageByteCount,
      "budgets pay \(bytes) bytes for \(used - own) frames")
  }

  /// What a budget gave to its children, which may be no whole frames.
  private func childLimits(of budget: BudgetID, _ kernel: borrowing TestKernel) -> UInt64 {
    census.budgets.filter { kernel.objects[$0].header.budget == budget }
      .reduce(0) { $0 + kernel.objects[$1].memoryLimit }
  }
}
