import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Equals have equal shares, whoever else comes and goes.
@Suite struct EqualShareTests {
  /// Runs equals beside a higher thread that wakes periodically.
  ///
  /// - Returns: Nanoseconds that each of the equals ran.
  private func shares(
    equals count: Int, period: UInt64, busy: UInt64, isFavoured: Bool = false
  ) -> [UInt64] {
    let machine = TestMachine()
    let higher = machine.spawn(priority: 90)
    let equals = (0..<count).map { _ in machine.spawn(priority: 50) }
    let timer = machine.give(machine.makeNotification(), to: higher)
    let handles = equals.map { machine.give($0.threadHandle, to: higher) }
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    let slices = UInt64(count) * 60 * TestKernel.sliceLength
    let end = machine.now + max(100 * period, slices)
    var due = machine.now

    while machine.now < end {
      due += period
      machine.wait(higher, timer, deadline: due)
      machine.advance(to: due)
      #expect(machine.outcome(higher).status == .timedOut)
      if busy > 0 { machine.advance(to: machine.now + busy) }
      // Time that it was busy for is not made up for.
      due = max(due, machine.now)
    }

    #expect(machine.findings == [])
    return handles.map { machine.query(higher, $0)?[3] ?? 0 }
  }

  @Test(
    arguments: [100_000, 999_999, 1_000_000, 2_000_000, 3_300_000, 4_999_999, 5_000_000,
      5_000_001, 7_000_000, 10_000_000] as [UInt64], [2, 3])
  func `SCH_501 preemptedThreadsKeepTheRestOfTheirSlice`(period: UInt64, equals: Int) {
    for busy in [0, 50_000] as [UInt64] {
      let shares = shares(equals: equals, period: period, busy: busy)

      let mean = shares.reduce(0, +) / UInt64(equals)
      #expect(mean > 0)
      for share in shares {
        #expect(
          share >= mean * 9 / 10 && share <= mean * 11 / 10,
          "period \(period), busy \(busy): \(shares)")
      }
    }
  }

  /// One that gives way before its slice is over gains nothing, nor do those who do not.
  @Test func `SCH_501 sliceIsOverAfterItsLength`() {
    let machine = TestMachine()
    let first = machine.spawn(priority: 50)
    let second = machine.spawn(priority: 50)
    let higher = machine.spawn(priority: 90)
    let timer = machine.give(machine.makeNotification(), to: higher)
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    let start = machine.now
    machine.wait(higher, timer, deadline: start + 2_000_000)
    let running = machine.kernel.current
    #expect(running == first.thread || running == second.thread)
    machine.advance(to: start + 2_000_000)
    machine.wait(higher, timer, deadline: start + 50_000_000)

    #expect(machine.kernel.current == running)
    machine.advance(to: start + TestKernel.sliceLength - 1)
    #expect(machine.kernel.current == running)
    machine.advance(to: start + TestKernel.sliceLength)

    #expect(machine.kernel.current != running)
    #expect(machine.findings == [])
  }
}
