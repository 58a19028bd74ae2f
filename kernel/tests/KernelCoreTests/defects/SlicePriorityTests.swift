import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// A slice goes along with calls, but what it is worth at one priority it is not at another.
@Suite struct SlicePriorityTests {
  /// A (50) calls S (60), which answers after the next tick. B (50) computes. T (60) wakes for a
  /// moment at each tick, while S is at work.
  @Test(arguments: [false, true])
  func `SCH_502 moreUrgentServersSliceIsNotItsCallers`(hasSibling: Bool) {
    let machine = TestMachine()
    let a = machine.spawn(priority: 50)
    let s = machine.spawn(priority: 60)
    let t = machine.spawn(priority: 60)
    let b = machine.spawn(priority: 50)
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: s)
    let calling = machine.give(endpoint, to: a)
    let sTimer = machine.give(machine.makeNotification(), to: s)
    let tTimer = machine.give(machine.makeNotification(), to: t)
    let tick: UInt64 = 500_000
    func next() -> UInt64 { (machine.now / tick + 1) * tick }
    machine.receive(s, serving)
    machine.wait(t, tTimer, deadline: hasSibling ? next() + 20_000 : Deadline.never)
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    var right = Handle.none
    var stage = 0
    var computed = 0
    let (acts, _) = machine.run(slices: 40, step: 10_000, whileEnding: false) { thread in
      if thread == a.thread {
        computed += 1
        if computed >= 480 {
          computed = 0
          machine.request(a, calling, [1])
        }
      } else if thread == s.thread {
        if stage == 0 {
          right = machine.outcome(s).result.reply
          #expect(right != .none)
          stage = 1
          machine.wait(s, sTimer, deadline: next())
        } else if stage < 6 {
          stage += 1
        } else {
          stage = 0
          machine.replyAndReceive(s, right, serving, [2])
        }
      } else if thread == t.thread {
        machine.wait(t, tTimer, deadline: next() + 20_000)
      }
    }
    let (na, nb) = (acts[a.thread.granule, default: 0], acts[b.thread.granule, default: 0])
    #expect(nb * 3 > na * 2, "A \(na), B \(nb) of \(acts)")
    #expect(machine.findings == [])
  }

  /// A (60) calls S (40) at each tick, S works for 0.4 ms; C (40) computes. T (60) wakes for a
  /// moment while A runs, or does not.
  @Test(arguments: [false, true])
  func `SCH_502 moreUrgentCallersSliceIsNotItsServers`(hasSibling: Bool) {
    let machine = TestMachine()
    let a = machine.spawn(priority: 60)
    let t = machine.spawn(priority: 60)
    let s = machine.spawn(priority: 40)
    let c = machine.spawn(priority: 40)
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: s)
    let calling = machine.give(endpoint, to: a)
    let aTimer = machine.give(machine.makeNotification(), to: a)
    let tTimer = machine.give(machine.makeNotification(), to: t)
    let tick: UInt64 = 500_000
    func next() -> UInt64 { (machine.now / tick + 1) * tick }
    machine.receive(s, serving)
    machine.wait(a, aTimer, deadline: next())
    machine.wait(t, tTimer, deadline: hasSibling ? next() + 20_000 : Deadline.never)
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    var right = Handle.none
    var (ran, worked) = (0, 0)
    let (acts, _) = machine.run(slices: 40, step: 10_000, whileEnding: false) { thread in
      if thread == a.thread {
        ran += 1
        if ran == 5 { machine.request(a, calling, [1]) }
        if ran > 5 {
          ran = 0
          machine.wait(a, aTimer, deadline: next())
        }
      } else if thread == s.thread {
        if worked == 0 { right = machine.outcome(s).result.reply }
        worked += 1
        if worked > 40 {
          worked = 0
          machine.replyAndReceive(s, right, serving, [2])
        }
      } else if thread == t.thread {
        machine.wait(t, tTimer, deadline: next() + 20_000)
      }
    }
    let (ns, nc) = (acts[s.thread.granule, default: 0], acts[c.thread.granule, default: 0])
    #expect(nc * 3 > ns * 2, "S \(ns), C \(nc) of \(acts)")
    #expect(machine.findings == [])
  }

  /// A large end goes on at 50. A (50) calls S (60), which deletes something for each call, or not.
  @Test(arguments: [false, true], [true, false])
  func `SCH_502 serverThatDeletesCostsItsCallerNoTurn`(deletes: Bool, rival: Bool) {
    let (machine, rig) = TestMachine.withLargeEnd { machine in
      let a = machine.spawn(priority: 50)
      let s = machine.spawn(priority: 60)
      let endpoint = machine.makeEndpoint()
      let serving = machine.give(endpoint, to: s)
      let calling = machine.give(endpoint, to: a)
      let budget = machine.give(TestMachine.budgetHandle, to: s)
      machine.receive(s, serving)
      var r: Actor? = nil
      if rival { r = machine.spawn(priority: 50) }
      return (a: a, s: s, serving: serving, calling: calling, budget: budget, r: r)
    }
    var right = Handle.none
    var made = Handle.none
    let (acts, batches) = machine.run(slices: 40, step: 100_000) { thread in
      if thread == rig.a.thread { machine.request(rig.a, rig.calling, [1]) }
      if thread == rig.s.thread {
        let reply = machine.outcome(rig.s).result.reply
        if reply != .none { right = reply }
        if deletes, made == .none {
          made = machine.call(
            rig.s, .create, UInt64(rig.budget.rawValue), UInt64(ObjectType.endpoint.rawValue),
            0xffff
          ).handle
          return
        }
        if deletes, made.rawValue != 1 {
          machine.delete(rig.s, made)
          made = Handle(rawValue: 1)
          return
        }
        made = .none
        machine.replyAndReceive(rig.s, right, rig.serving, [2])
      }
    }
    let pair = acts[rig.a.thread.granule, default: 0] + acts[rig.s.thread.granule, default: 0]
    let other = rig.r.map { acts[$0.thread.granule, default: 0] } ?? 0
    #expect(pair * 3 > batches, "A and S \(pair), rival \(other), batches \(batches)")
    if rival { #expect(pair * 2 > other, "A and S \(pair), rival \(other), batches \(batches)") }
  }

  /// S (60) runs in A's slice, in which A (50) has its turn: what S ends at 60 comes first all the same.
  @Test(arguments: [false, true])
  func `SCH_502 callersTurnPassesNoEndsOfTheServers`(isBusy: Bool) {
    let (machine, rig) = TestMachine.withLargeEnd { machine in
      let a = machine.spawn(priority: 50)
      let s = machine.spawn(priority: 60)
      let endpoint = machine.makeEndpoint()
      let serving = machine.give(endpoint, to: s)
      let calling = machine.give(endpoint, to: a)
      let process = machine.make(.process)
      let memory = machine.makeMemory(pages: 100)
      for part in 0..<5 as Range<UInt64> {
        machine.map(
          machine.initial, memory, process: process, at: 1 << 30 + part * 100 * 4096,
          byteCount: 100 * 4096)
      }
      let victim = machine.move(machine.initial, process, to: s.processHandle).handle
      machine.receive(s, serving)
      return (a: a, s: s, serving: serving, calling: calling, victim: victim)
    }
    if !isBusy { machine.finishEnding() }
    var left = -1
    _ = machine.run(slices: 10, step: 10_000, whileEnding: isBusy) { thread in
      if thread == rig.a.thread, left < 0 { machine.request(rig.a, rig.calling, [1]) }
      if thread == rig.s.thread {
        if left == -1 {
          left = -2
          machine.destroy(rig.s, rig.victim)
        } else if left == -2 {
          // It runs again, far within its slice: its end is over, or not.
          left = machine.priorityOfEnds
        }
      }
    }
    #expect(left < 60, "S goes on while its end at \(left) is under way")
  }

  /// A (60) calls S (40) in a slice that began because of an equal of A's, which is gone. Alone, S
  /// goes on in it, on either path; before C (40), which is ready, it has no right to it.
  @Test(arguments: [true, false], [true, false])
  func `SCH_502 sliceOfAnotherPriorityIsForThoseWithoutEquals`(isFast: Bool, hasEqual: Bool) {
    let machine = TestMachine()
    let a = machine.spawn(priority: 60)
    let b = machine.spawn(priority: 60)
    let s = machine.spawn(priority: 40)
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: s)
    let calling = machine.give(endpoint, to: a)
    let rival = machine.give(b.threadHandle, to: a)
    machine.receive(s, serving)
    let c = hasEqual ? machine.spawn(priority: 40) : nil
    machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    machine.become(a.thread)
    machine.enter { $0.wokenUp() }
    let end = machine.kernel.objects[machine.kernel.cpu].sliceEnd
    #expect(end != .max)
    machine.call(a, .suspend, UInt64(rival.rawValue))
    // So that a slice which begins now ends later.
    machine.advance(to: machine.now + 1_000_000)

    machine.request(a, calling, [1], deadline: isFast ? Deadline.never : 1 << 40)

    #expect(machine.running == c?.thread ?? s.thread)
    #expect((machine.kernel.objects[machine.kernel.cpu].sliceEnd == end) == !hasEqual)
    #expect(machine.findings == [])
  }
}
