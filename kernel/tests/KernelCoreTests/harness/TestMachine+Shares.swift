import MnosABI

@testable import KernelCore

/// Budgets with shares of the CPU's time, and who runs for how long.
extension TestMachine {
  /// The period of most shares here; nanoseconds.
  static var sharePeriod: UInt64 { 20_000_000 }
  /// How long a thread runs before it is looked at; nanoseconds.
  static var turn: UInt64 { 100_000 }

  /// Turns that so many microseconds in each period come to.
  static func steps(_ share: UInt64, periods: UInt64) -> Int {
    Int(share * 1_000 * periods / turn)
  }

  /// A budget of init's with a share in microseconds, or without one for 0.
  func makeBudget(
    share: UInt64, in period: UInt64 = TestMachine.sharePeriod / 1_000,
    of parent: Handle = TestMachine.budgetHandle
  ) -> Handle {
    make(
      .budget, share == 0 ? [100 * 4096, 100] : [100 * 4096, 100, share, period], budget: parent)
  }

  /// An actor makes a budget below another, with a share in microseconds.
  func createBudget(
    _ actor: Actor, _ parent: Handle, share: UInt64, _ period: UInt64
  ) -> Outcome {
    call(
      actor, .create, UInt64(parent.rawValue), UInt64(ObjectType.budget.rawValue), 0xffff,
      [20 * 4096, 20, share, period])
  }

  /// Nanoseconds of a budget's share that are used by now.
  func timeUsed(of budget: Handle) -> UInt64 {
    let now = now
    holdingWork { enter { $0.chargePayer(at: now) } }
    return kernel.objects[budgetID(of: budget)].share.used
  }

  func budgetID(of handle: Handle) -> BudgetID {
    object(of: handle, in: initial).narrowed(to: Budget.self)
  }

  /// Has init wait, so that it is not one of those who want the CPU.
  func parkInit(until deadline: UInt64 = Deadline.never) {
    wait(initial, makeNotification(), deadline: deadline)
  }

  /// How many turns each thread had, by its granule.
  ///
  /// - Parameter act: What a thread does when it has one.
  func turns(overPeriods count: UInt64, act: (ThreadID) -> Void = { _ in }) -> [UInt32: Int] {
    run(
      slices: count * Self.sharePeriod / TestKernel.sliceLength, step: Self.turn,
      whileEnding: false, act: act
    ).acts
  }
}
