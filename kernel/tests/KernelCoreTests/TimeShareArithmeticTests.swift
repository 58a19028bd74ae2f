import MnosABI
import Testing

@testable import KernelCore

/// What a share has left, owes and gives, as numbers.
@Suite struct TimeShareArithmeticTests {
  /// What is used beyond a share in the period that begins meanwhile is owed too.
  @Test func overuseAcrossThePeriodsEndIsOwed() {
    var share = TimeShare(10, in: 1_000)
    share.refresh(at: 1_000_000)
    // From 1 us before the period's end to 41 us behind it.
    share.use(42_000, until: share.periodEnd + 41_000, isWanted: true)
    // 10 us are the new period's own.
    #expect(share.debt == 31_000)
    share.refresh(at: share.periodEnd)
    #expect(share.debt == 21_000 && share.left == 0)
  }

  /// Short-lived children spend a share, and who gave it cannot spend it once more when it returns.
  @Test func partsThatReturnCountFromTheNextPeriodOn() {
    let (second, millisecond): (UInt64, UInt64) = (1_000_000_000, 1_000_000)
    var share = TimeShare(100_000, in: 1_000_000)
    share.refresh(at: second)
    var child = TimeShare(1_800, in: 20_000)
    share.give(to: &child, at: second)
    // It begins with the second period, and spends all that it has until near the end of it.
    share.refresh(at: 2 * second)
    for start in stride(from: 2 * second, to: 2 * second + 880 * millisecond, by: 20_000_000) {
      child.refresh(at: start)
      #expect(child.left == 1_800_000)
      child.use(1_800_000, until: start + 1_800_000, isWanted: true)
    }
    share.takeBack(child, at: 2 * second + 890 * millisecond)
    #expect(share.length == 100 * millisecond)
    #expect(share.left == 10 * millisecond)
    share.refresh(at: 3 * second)
    // What the child had used of its last period is owed.
    #expect(share.left >= 98 * millisecond)
  }

  /// A child that ends in the period in which it has spent its part is not counted twice.
  @Test func whatAChildHasSpentCountsOnce() {
    let millisecond: UInt64 = 1_000_000
    var share = TimeShare(100_000, in: 1_000_000)
    share.refresh(at: 1_000 * millisecond)
    var child = TimeShare(50_000, in: 1_000_000)
    share.give(to: &child, at: 1_000 * millisecond)
    share.refresh(at: 2_000 * millisecond)
    child.refresh(at: 2_000 * millisecond)
    child.use(50 * millisecond, until: 2_050 * millisecond, isWanted: true)
    share.takeBack(child, at: 2_100 * millisecond)
    #expect(share.left == 50 * millisecond)
    share.refresh(at: 3_000 * millisecond)
    #expect(share.left == 100 * millisecond)
  }

  /// Debts go along with what is given, in proportion.
  @Test func debtIsNotLeftBehind() {
    var share = TimeShare(1_000, in: 10_000)
    share.refresh(at: 1_000_000)
    share.use(5_000_000, until: 6_000_000, isWanted: true)
    #expect(share.debt == 4_000_000)
    var child = TimeShare(750, in: 10_000)
    share.give(to: &child, at: 6_000_000)
    #expect(share.debt == 1_000_000 && child.debt == 3_000_000)
    share.takeBack(child, at: 6_000_000)
    #expect(share.debt == 4_000_000)
    #expect(share.left == 0)
  }

  /// Debts are paid by one length in each period, whatever the period.
  @Test(arguments: [1_000, 20_000, 99_000, 101_000, 150_000, 1_000_000] as [UInt64])
  func debtIsPaidInEachPeriod(period: UInt64) {
    var share = TimeShare(period / 10, in: period)
    share.refresh(at: 1_000)
    share.use(period * 1_000 / 2, until: 1_000 + period * 1_000 / 2, isWanted: true)
    let owed = UInt64(share.debt)
    var now: UInt64 = 0
    while share.debt > 0 {
      now = share.nextTime
      share.refresh(at: now)
    }
    #expect(now <= 1_000 + (owed / share.length + 2) * period * 1_000)
  }

  /// Also with lengths shorter than what a return counts for.
  @Test(arguments: [1, 3, 9, 10, 11] as [UInt64])
  func returnsCostAtMostHalf(length: UInt64) {
    var share = TimeShare(length, in: 1_000)
    for round in 1...3 as ClosedRange<UInt64> {
      share.refresh(at: round * 1_000_000)
      for _ in 0..<100 { share.chargeReturn() }
      #expect(share.debt <= share.length / 2)
    }
  }
}
