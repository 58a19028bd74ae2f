import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Who runs, and when waits are over.
@Suite struct SchedulingTests {
  @Test func `SCH_001 higherPrioritiesRunFirst`() {
    let machine = TestMachine()
    let actors = [20, 60, 40, 80, 1].map { machine.spawn(priority: $0) }
    var order: [UInt8] = []
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))

    while !machine.kernel.current.isNone {
      let current = machine.kernel.current
      order.append(machine.kernel.objects[current].priority)
      machine.kernel.objects[current].registers.callWord = CallWord(.exit).rawValue
      machine.enter { $0.takeGeneralPath() }
      #expect(machine.findings == [])
    }

    #expect(order == [80, 60, 40, 20, 1])
    #expect(actors.count == order.count)
  }

  @Test func `SCH_002 SCH_003 loweringOneselfSwitchesAtOnce`() {
    let machine = TestMachine()
    let actor = machine.spawn(priority: 90)
    #expect(machine.kernel.current == machine.initial.thread)

    machine.call(
      machine.initial, .setPriority, UInt64(TestMachine.threadHandle.rawValue), 89)

    #expect(machine.kernel.current == actor.thread)
    #expect(machine.findings == [])
  }

  @Test func `SCH_004 nobodyRaisesAboveThemselves`() {
    let machine = TestMachine()
    let actor = machine.spawn(priority: 50)
    let thread = UInt64(actor.threadHandle.rawValue)
    for priority in [101, 255, 256, .max] as [UInt64] {
      let outcome = machine.call(machine.initial, .setPriority, thread, priority)
      #expect(outcome.status == .badArgument)
      #expect(outcome.value == 1)
    }
    let own = UInt64(TestMachine.threadHandle.rawValue)
    machine.call(machine.initial, .setPriority, own, 60)
    #expect(machine.call(machine.initial, .setPriority, own, 61).status == .badArgument)
    #expect(machine.findings == [])
  }

  @Test func `SCH_005 equalsTakeTurns`() {
    let machine = TestMachine()
    let actors = [machine.initial] + (0..<3).map { _ in machine.spawn() }
    var turns: [UInt32: Int] = [:]
    for _ in 0..<400 {
      machine.advance(to: machine.now + TestKernel.sliceLength)
      turns[machine.kernel.current.granule, default: 0] += 1
    }

    #expect(turns.count == 4)
    #expect(actors.allSatisfy { (95...105).contains(turns[$0.thread.granule] ?? 0) })
    #expect(machine.findings == [])
  }

  @Test(arguments: [1, 2, 999, 5_000_000, 1 << 40] as [UInt64])
  func `SCH_007 waitEndsAtItsDeadlineNotBefore`(delay: UInt64) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let notification = machine.give(machine.makeNotification(), to: actor)
    let deadline = machine.now + delay
    machine.wait(actor, notification, deadline: deadline)

    if delay > 1 { machine.advance(to: deadline - 1) }
    #expect(machine.outcome(actor) == .blocked)
    machine.advance(to: deadline)

    #expect(machine.outcome(actor).status == .timedOut)
    #expect(machine.findings == [])
  }

  @Test func `SCH_008 pastDeadlineStillTakesWhatIsReady`() {
    let machine = TestMachine()
    let notification = machine.makeNotification()

    #expect(machine.wait(machine.initial, notification, deadline: 1).status == .timedOut)
    machine.signal(machine.initial, notification)
    #expect(machine.wait(machine.initial, notification, deadline: 1).status == .ok)
    #expect(machine.findings == [])
  }

  @Test(arguments: [true, false])
  func `SCH_009 eventAndDeadlineAtOnceHaveOneOutcome`(isEventFirst: Bool) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let notification = machine.makeNotification()
    let waiting = machine.give(notification, to: actor)
    let deadline = machine.now + 100
    machine.wait(actor, waiting, deadline: deadline)
    machine.kernel.platform.advance(to: deadline)

    if isEventFirst { machine.signal(machine.initial, notification) }
    machine.takeInterrupts()
    if !isEventFirst { machine.signal(machine.initial, notification) }

    #expect(machine.outcome(actor).status == (isEventFirst ? .ok : .timedOut))
    let left = machine.query(machine.initial, notification)?[0]
    #expect(left == (isEventFirst ? 0 : 1))
    #expect(machine.findings == [])
  }

  @Test func `SCH_011 idleCPUWakesForAnInterrupt`() {
    let machine = TestMachine()
    let notification = machine.makeNotification()
    let line = machine.make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 4])
    machine.call(
      machine.initial, .bind, UInt64(line.rawValue), UInt64(notification.rawValue))
    #expect(machine.wait(machine.initial, notification) == .blocked)
    #expect(machine.kernel.current.isNone)
    #expect(machine.findings == [])

    machine.kernel.platform.raise(line: 4)
    machine.takeInterrupts()

    #expect(machine.kernel.current == machine.initial.thread)
    #expect(machine.outcome(machine.initial).value == 1)
    #expect(machine.findings == [])
  }

  @Test func manyDeadlinesEndInOrder() {
    let machine = TestMachine()
    let actors = (0..<24).map { _ in machine.spawn() }
    let notification = machine.makeNotification()
    var deadlines: [UInt64] = []
    for (index, actor) in actors.enumerated() {
      deadlines.append(machine.now + 10 + UInt64(index).hashed % 500)
      machine.wait(
        actor, machine.give(notification, to: actor), deadline: deadlines[index])
    }
    let start = machine.now

    for step in 0..<520 as Range<UInt64> {
      machine.advance(to: start + step)
      for (index, actor) in actors.enumerated() {
        let isOver = machine.outcome(actor) != .blocked
        if isOver != (deadlines[index] <= machine.now) { Issue.record("actor \(index)") }
      }
    }
    #expect(machine.findings == [])
  }
}
