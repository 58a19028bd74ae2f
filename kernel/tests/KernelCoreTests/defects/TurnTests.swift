import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Threads and the ends of their priority take turns, whatever else goes on.
@Suite struct TurnTests {
  typealias Transfers = TestMachine.Transfers

  /// Threads of the priority of a large end share with it, and with each other.
  @Test func `SCH_502 equalsAndALargeEndShare`() {
    let (machine, actors) = TestMachine.withLargeEnd { machine in
      (0..<3).map { _ in machine.spawn(priority: 50) }
    }

    let (acts, batches) = machine.run(slices: 24) { _ in }

    #expect(machine.isReaping)
    let counts = actors.map { acts[$0.thread.granule, default: 0] }
    let mean = counts.reduce(0, +) / 3
    for count in counts { #expect(count > mean * 3 / 4 && count < mean * 5 / 4, "\(counts)") }
    #expect(batches > mean && batches < mean * 4, "\(batches) batches, \(counts)")
  }

  /// Threads that give way all the time do not keep the end from going on, nor it them.
  @Test(arguments: [true, false])
  func `SCH_502 pingPongDoesNotStarveAnEnd`(yields: Bool) {
    let (machine, (actors, handles)) = TestMachine.withLargeEnd { machine in
      let actors = (0..<3).map { _ in machine.spawn(priority: 50) }
      let endpoint = machine.makeEndpoint()
      return (actors, actors.map { machine.give(endpoint, to: $0) })
    }
    var rights: [UInt32: Handle] = [:]

    let (acts, batches) = machine.run(slices: 24) { thread in
      guard let index = actors.firstIndex(where: { $0.thread == thread }) else { return }
      let actor = actors[index]
      switch index {
      case 0: if yields { machine.call(actor, .yield) }
      case 1: machine.request(actor, handles[1])
      default:
        let right = machine.outcome(actor).result.reply
        if right != .none { rights[thread.granule] = right }
        machine.replyAndReceive(actor, rights[thread.granule] ?? .none, handles[2])
        rights[thread.granule] = nil
      }
    }

    let total = batches + acts.values.reduce(0, +)
    #expect(batches > total / 5, "\(batches) of \(total) were batches")
    // Beside one that never gives way, each has one step in a round of whole slices.
    for actor in actors {
      #expect(
        acts[actor.thread.granule, default: 0] >= (yields ? total / 50 : 3),
        "\(acts) of \(total)")
    }
  }

  /// One who makes and ends things all the time has its equals wait no longer for that.
  @Test(arguments: [true, false])
  func `SCH_502 oneWhoEndsMuchTakesNothingFromItsEquals`(isLargeEndUnderWay: Bool) {
    let (machine, (actors, budget)) = TestMachine.withLargeEnd { machine in
      let actors = (0..<3).map { _ in machine.spawn(priority: 50) }
      return (actors, machine.give(TestMachine.budgetHandle, to: actors[0]))
    }
    if !isLargeEndUnderWay { machine.finishEnding() }
    var made = Handle.none

    let (acts, batches) = machine.run(slices: 24, whileEnding: isLargeEndUnderWay) { thread in
      guard thread == actors[0].thread else { return }
      if made == .none {
        made = machine.call(
          actors[0], .create, UInt64(budget.rawValue), UInt64(ObjectType.endpoint.rawValue),
          0xffff
        ).handle
      } else {
        machine.delete(actors[0], made)
        made = .none
      }
    }

    let total = batches + acts.values.reduce(0, +)
    for actor in actors.dropFirst() {
      let count = acts[actor.thread.granule, default: 0]
      #expect(
        count > total * (isLargeEndUnderWay ? 12 : 30) / 100,
        "\(acts), \(batches) of \(total)")
    }
  }

  /// A thread that computes has half of what a more urgent one leaves, however often that one
  /// wakes.
  @Test(arguments: [0, 500_000, 1_000_000, 2_000_000] as [UInt64])
  func `SCH_502 preemptedThreadKeepsItsTurnAgainstAnEnd`(period: UInt64) {
    let (machine, (computing, higher, timer)) = TestMachine.withLargeEnd { machine in
      let computing = machine.spawn(priority: 50)
      let higher = machine.spawn(priority: 90)
      let timer = machine.give(machine.makeNotification(), to: higher)
      machine.wait(higher, timer)
      return (computing, higher, timer)
    }
    if period > 0 {
      machine.signalFromNowhere(higher)
    }
    let (acts, batches) = machine.run(slices: 20, step: 100_000) { thread in
      guard thread == higher.thread, period > 0 else { return }
      machine.wait(higher, timer, deadline: machine.now + period)
    }

    let count = acts[computing.thread.granule, default: 0]
    #expect(count * 3 > batches, "period \(period): \(count) turns beside \(batches) batches")
  }

  /// A process with so many pages mapped, named by nobody but who is given its handle.
  private static func bigProcess(_ machine: TestMachine, pages: UInt64, for actor: Actor) -> Handle {
    let process = machine.make(.process)
    let memory = machine.makeMemory(pages: 100)
    for part in 0..<pages / 100 {
      machine.map(
        machine.initial, memory, process: process, at: 1 << 30 + part * 100 * 4096,
        byteCount: 100 * 4096)
    }
    return machine.move(machine.initial, process, to: actor.processHandle).handle
  }

  /// A more urgent end comes in between: afterwards the thread that is alone at the priority
  /// of the first end has its turns again.
  @Test func `SCH_502 moreUrgentEndDoesNotCostAThreadItsTurns`() {
    let (machine, (computing, higher, timer, victim)) = TestMachine.withLargeEnd { machine in
      let computing = machine.spawn(priority: 50)
      let higher = machine.spawn(priority: 90)
      let timer = machine.give(machine.makeNotification(), to: higher)
      let victim = Self.bigProcess(machine, pages: 1_500, for: higher)
      machine.wait(higher, timer, deadline: machine.now + 12_000_000)
      return (computing, higher, timer, victim)
    }
    var didDestroy = false
    let (acts, batches) = machine.run(slices: 60) { thread in
      guard thread == higher.thread else { return }
      if !didDestroy {
        didDestroy = true
        machine.destroy(higher, victim)
      } else {
        machine.wait(higher, timer)
      }
    }

    #expect(didDestroy)
    let count = acts[computing.thread.granule, default: 0]
    #expect(count * 3 > batches, "\(count) turns beside \(batches) batches")
  }

  /// The same the other way about: the end goes on beside a thread that computes.
  @Test func `SCH_502 moreUrgentEndDoesNotCostALesserOneItsTurns`() {
    let (machine, computing) = TestMachine.withLargeEnd { machine in
      let computing = machine.spawn(priority: 50)
      let higher = machine.spawn(priority: 90)
      let helper = machine.addThread(to: higher, priority: 90)
      let last = Self.bigProcess(machine, pages: 2_500, for: higher)
      let endpoint = machine.give(machine.makeEndpoint(), to: higher)
      let own = machine.give(helper.threadHandle, to: higher)
      machine.send(
        higher, endpoint, [], deadline: machine.now + 3_000_000,
        Transfers(attached: [(last, .all, false)]))
      machine.delete(helper, last)
      let suspended = machine.call(
        machine.initial, .suspend, UInt64(higher.threadHandle.rawValue))
      precondition(suspended.status == .ok)
      machine.call(helper, .suspend, UInt64(own.rawValue))
      return computing
    }
    let (acts, batches) = machine.run(slices: 60) { _ in }

    let count = acts[computing.thread.granule, default: 0]
    #expect(batches * 2 > count, "\(count) turns beside \(batches) batches")
    #expect(count * 4 > batches, "\(count) turns beside \(batches) batches")
  }

  /// What a program gives up comes back to it, although somebody else's end goes on.
  @Test func `SCH_502 whatIsGivenUpCanBeSpentAgainBesideAnotherEnd`() {
    let (machine, (actor, budget)) = TestMachine.withLargeEnd { machine in
      let actor = machine.spawn(priority: 50)
      let budget = machine.make(.budget, [4 * 4096, 4])
      return (actor, machine.give(budget, to: actor))
    }
    var made = Handle.none
    var refused: [SyscallStatus: Int] = [:]
    var count = 0
    _ = machine.run(slices: 24) { thread in
      guard thread == actor.thread else { return }
      count += 1
      guard made == .none else {
        machine.delete(actor, made)
        made = .none
        return
      }
      let outcome = machine.call(
        actor, .create, UInt64(budget.rawValue), UInt64(ObjectType.endpoint.rawValue), 0xffff)
      if outcome.status == .ok {
        made = outcome.handle
      } else if let status = outcome.status {
        refused[status, default: 0] += 1
      }
    }

    #expect(count > 20)
    #expect(refused == [:], "of \(count) calls")
  }

  /// Two threads that suspend themselves in turn keep an end of their priority from going on.
  @Test func `SCH_502 suspendingThreadsDoNotStarveAnEnd`() {
    let (machine, (pair, handles)) = TestMachine.withLargeEnd { machine in
      let one = machine.spawn(priority: 50)
      let other = machine.addThread(to: one, priority: 50)
      let handles = [one, other].map { machine.give($0.threadHandle, to: one) }
      return ([one, other], handles)
    }
    var isNext = [false, false]
    let (acts, batches) = machine.run(slices: 24) { thread in
      guard let index = pair.firstIndex(where: { $0.thread == thread }) else { return }
      let other = 1 - index
      if machine.kernel.objects[pair[other].thread].isSuspended {
        machine.call(pair[index], .resume, UInt64(handles[other].rawValue))
      } else {
        machine.call(pair[index], .suspend, UInt64(handles[index].rawValue))
      }
      isNext[index].toggle()
    }

    let total = batches + acts.values.reduce(0, +)
    #expect(machine.isReaping)
    #expect(batches * 4 > total, "\(batches) of \(total) steps were the reaper's")
  }

  /// Two threads compute at 50; one of priority 90 deletes something large each time that it
  /// wakes, in step with their slices: what it ends takes nothing from the one that it falls on.
  @Test(arguments: [100_000, 1_000_000] as [UInt64])
  func `SCH_501 equalsShareWhatMoreUrgentEndsLeave`(phase: UInt64) {
    // It works and then sleeps for 10 ms: its own time is on nobody's slice, so it stays in step.
    let period: UInt64 = 10_000_000
    let machine = TestMachine(frames: 16384)
    let initial = machine.initial
    let budget = machine.make(.budget, [4_000 * 4096, 5_000])
    let one = machine.spawn(priority: 50, budget: budget)
    let other = machine.spawn(priority: 50, budget: budget)
    let higher = machine.spawn(priority: 90)
    let memory = machine.makeMemory(pages: 500)
    let timer = machine.give(machine.makeNotification(), to: higher)
    var victims: [Handle] = []
    for _ in 0..<12 {
      let process = machine.make(.process, budget: budget)
      for part in 0..<10 as Range<UInt64> {
        machine.map(
          initial, memory, process: process, at: 1 << 30 + part * 500 * 4096,
          byteCount: 500 * 4096)
      }
      victims.append(machine.move(initial, process, to: higher.processHandle).handle)
    }
    machine.holdingWork {
      machine.wait(higher, timer, deadline: machine.now + phase)
      machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    }
    var isDeleting = false
    let (acts, batches) = machine.run(slices: 40, step: 100_000, whileEnding: false) { thread in
      guard thread == higher.thread else { return }
      // What it deletes takes two slices: one before it goes on, and one while it sleeps.
      if !isDeleting, let victim = victims.popLast() {
        isDeleting = true
        machine.delete(higher, victim)
      } else {
        isDeleting = false
        machine.wait(higher, timer, deadline: machine.now + period)
      }
    }
    let (a, b) = (acts[one.thread.granule, default: 0], acts[other.thread.granule, default: 0])
    #expect(min(a, b) * 3 > max(a, b), "phase \(phase): \(a) and \(b) beside \(batches) batches")
  }

  /// The same for what a wait that is over ends, at their own priority.
  @Test(arguments: [100_000, 1_000_000] as [UInt64])
  func `SCH_501 equalsShareWhatTimersEnd`(phase: UInt64) {
    let machine = TestMachine(frames: 16384)
    let initial = machine.initial
    let one = machine.spawn(priority: 50)
    let other = machine.spawn(priority: 50)
    let owner = machine.spawn(priority: 50)
    let helper = machine.addThread(to: owner)
    let endpoint = machine.give(machine.makeEndpoint(), to: owner)
    let memory = machine.makeMemory(pages: 500)
    let start = machine.now + phase
    machine.holdingWork {
      for turn in 0..<12 as Range<UInt64> {
        let process = machine.make(.process)
        for part in 0..<4 as Range<UInt64> {
          machine.map(
            initial, memory, process: process, at: 1 << 30 + part * 500 * 4096,
            byteCount: 500 * 4096)
          while machine.isWorking(initial) { machine.continueWork(of: initial) }
        }
        let last = machine.move(initial, process, to: owner.processHandle).handle
        // Each has the last capability to something large, until its wait is over.
        let sender = machine.addThread(to: owner, priority: 50)
        machine.send(
          sender, endpoint, [], deadline: start + turn * 10_100_000, .copy(last))
        machine.delete(helper, last)
      }
      machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    }
    let (acts, batches) = machine.run(slices: 24, step: 100_000, whileEnding: false) { thread in
      guard thread != one.thread, thread != other.thread else { return }
      // Whoever of them runs sleeps for good.
      machine.enter { $0.objects.block(thread, .faulted) }
    }
    let (a, b) = (acts[one.thread.granule, default: 0], acts[other.thread.granule, default: 0])
    #expect(batches > 100)
    #expect(min(a, b) * 3 > max(a, b), "phase \(phase): \(a) and \(b) beside \(batches) batches")
  }
}

extension TestMachine {
  /// Wakes an actor that waits, as if its deadline had passed.
  fileprivate func signalFromNowhere(_ actor: Actor) {
    holdingWork { enter { $0.objects.wake(actor.thread, .timedOut) } }
  }
}
