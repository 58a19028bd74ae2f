import KernelHAL
import MnosABI

/// Shares of the CPU's time: who gives them, and when they return.
///
///     root, or a budget with a share ── create: so many parts ──> child
///                    ^                                              │ nobody can spend it
///                    └──────────── with what of it is spent ────────┘
///
/// Who spends them, and what follows when they are spent: threads/Payer.swift.
extension Kernel where P: ~Copyable {
  /// Whose share a child of this budget would be given a part of: its own; or that of the budget of
  /// everything, if nobody above has one; or none: what it spends with others is not its to give.
  private func giver(for budget: BudgetID) -> BudgetID {
    let payer = objects[budget].payer
    if payer.isNone { return objects.rootBudget }
    return payer == budget ? budget : .none
  }

  /// Checks the share that a new budget is to have, and what its parent has left of that.
  ///
  /// - Parameters:
  ///   - length: Microseconds in a period, at most all of it; 0 for no share.
  ///   - period: Microseconds, 1,000 to 1,000,000, and not over the giver's; 0 for no share.
  /// - Throws: `badArgument(5)` and `(6)`; `unavailable` if the parent only spends another's share,
  ///   or if the giver has not that much left.
  func makeShare(
    _ length: UInt64, in period: UInt64, of parent: BudgetID
  ) throws(Failure) -> TimeShare {
    guard length <= period, length > 0 || period == 0 else { throw .badArgument(5) }
    guard period > 0 else { return TimeShare() }
    guard TimeShare.periods.contains(period) else { throw .badArgument(6) }
    let share = TimeShare(length, in: period)
    let giver = giver(for: parent)
    guard !giver.isNone, share.parts <= objects[giver].share.parts - objects[giver].share.given
    else { throw Failure(.unavailable) }
    // What is given in short periods is not to be spent in one go of a long one.
    guard !objects[giver].share.hasPeriod || share.period <= objects[giver].share.period else {
      throw .badArgument(6)
    }
    return share
  }

  /// Gives a new budget its share, of its parent's; or notes whose share its time is of.
  mutating func giveShare(_ share: TimeShare, to budget: BudgetID, of parent: BudgetID) {
    guard share.hasPeriod else {
      objects[budget].payer = objects[parent].payer
      return
    }
    let now = platform.now()
    chargePayer(at: now)
    let giver = giver(for: parent)
    objects[budget].share = share
    objects[budget].payer = budget
    objects[giver].share.give(to: &objects[budget].share, at: now)
    objects.shared.shareCount += 1
    lookAgain(at: giver)
    // Who runs was not looked at as long as nobody had a share.
    if objects[cpu].payerEnd == .max, !current.isNone { objects[cpu].payerEnd = 0 }
    objects[cpu].needsSchedule = true
  }

  /// A budget's share returns to who gave it: nobody can spend it any more.
  ///
  /// - Precondition: No thread is charged to it, nor to what was charged to it.
  mutating func takeShareBack(from budget: BudgetID) {
    guard objects[budget].payer == budget else { return }
    let now = platform.now()
    chargePayer(at: now)
    let parent = objects[budget].header.budget
    let giver = giver(for: parent)
    objects[giver].share.takeBack(objects[budget].share, at: now)
    objects[budget].share = TimeShare()
    objects[budget].payer = objects[parent].payer
    objects.shared.shareCount -= 1
    // Whom it paid for goes on at somebody else's expense.
    lookAgain(at: budget, isOver: true)
    lookAgain(at: giver)
  }

  /// What a budget has left changed: the CPUs that run at its expense look when that ends.
  ///
  /// - Parameter isOver: Whether it pays for nobody any more.
  private mutating func lookAgain(at payer: BudgetID, isOver: Bool = false) {
    for index in 0..<objects.shared.cpuCount
    where objects[objects.shared.cpus[index]].payer == payer {
      let state = objects.shared.cpus[index]
      if isOver { objects[state].payer = .none }
      objects.lookAtPayer(of: state)
    }
  }
}
