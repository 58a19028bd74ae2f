import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Who calls gives the CPU to the one that answers, and gets it back, whoever else is ready.
@Suite struct DirectSwitchTests {
  typealias Transfers = TestMachine.Transfers

  /// A caller and servers behind each other, each with an endpoint; others that compute.
  private struct Rig {
    let machine = TestMachine()
    let caller: Actor
    let rivals: [Actor]
    /// More urgent than all; waits until it is woken.
    let urgent: Actor
    let timer: Handle
    let servers: [Actor]
    /// Of each server, what it receives through.
    var serving: [Handle] = []
    /// What the caller, and each server but the last, calls the next one through.
    var calling: [Handle] = []

    init(serverPriorities: [UInt8], rivals count: Int) {
      let machine = machine
      caller = machine.spawn(priority: 50)
      servers = serverPriorities.map { machine.spawn(priority: $0) }
      for (index, server) in servers.enumerated() {
        let endpoint = machine.makeEndpoint()
        serving.append(machine.give(endpoint, to: server))
        calling.append(machine.give(endpoint, to: index == 0 ? caller : servers[index - 1]))
      }
      rivals = (0..<count).map { _ in machine.spawn(priority: 50) }
      urgent = machine.addThread(to: caller, priority: 95)
      timer = machine.give(machine.makeNotification(), to: caller)
      machine.wait(urgent, timer)
      for (server, handle) in zip(servers, serving) { machine.receive(server, handle) }
      machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
      machine.become(caller.thread)
      // The slice begins: others are ready.
      machine.enter { $0.wokenUp() }
    }

    /// Whatever of the caller and its servers runs makes its next step.
    ///
    /// - Parameter deadline: With one, nothing takes the fast path.
    func step(deadline: UInt64 = Deadline.never) {
      let machine = machine
      let thread = machine.running
      if thread == caller.thread {
        machine.request(caller, calling[0], [1, 2], deadline: deadline)
      }
      guard let index = servers.firstIndex(where: { $0.thread == thread }) else { return }
      let server = servers[index]
      let outcome = machine.outcome(server).result
      // A server has a call, or the answer to its own: then the right is the one kept.
      if index + 1 < servers.count, outcome.reply != .none {
        kept.handles[thread.granule] = outcome.reply
        machine.request(server, calling[index + 1], [3], deadline: deadline)
        return
      }
      let right = outcome.reply != .none ? outcome.reply : kept.handles[thread.granule] ?? .none
      kept.handles[thread.granule] = nil
      machine.replyAndReceive(server, right, serving[index], [4], deadline: deadline)
    }

    private final class Kept { var handles: [UInt32: Handle] = [:] }
    private let kept = Kept()
  }

  @Test(arguments: [50, 51, 90] as [UInt8], [0, 1, 3])
  func `SCH_502 callAndAnswerSwitchAtOnce`(priority: UInt8, rivals: Int) {
    for deadline in [Deadline.never, 1 << 40] as [UInt64] {
      let rig = Rig(serverPriorities: [priority], rivals: rivals)
      for _ in 0..<100 {
        #expect(rig.machine.running == rig.caller.thread)
        rig.step(deadline: deadline)
        #expect(rig.machine.running == rig.servers[0].thread)
        rig.step(deadline: deadline)
      }
      #expect(rig.machine.running == rig.caller.thread)
      #expect(rig.machine.findings == [])
    }
  }

  /// Through servers that call others.
  @Test(arguments: [[50, 50, 50], [60, 50, 70], [50, 90, 90]] as [[UInt8]], [0, 2])
  func `SCH_502 chainsOfCallsSwitchAtOnce`(priorities: [UInt8], rivals: Int) {
    for deadline in [Deadline.never, 1 << 40] as [UInt64] {
      let rig = Rig(serverPriorities: priorities, rivals: rivals)
      let order = [rig.caller] + rig.servers + rig.servers.dropLast().reversed()
      for _ in 0..<20 {
        for expected in order {
          #expect(rig.machine.running == expected.thread)
          rig.step(deadline: deadline)
        }
      }
      #expect(rig.machine.findings == [])
    }
  }

  /// They have one slice together: a rival of theirs has as much as the two.
  @Test(arguments: [50, 51, 90] as [UInt8], [100_000, 300_000, 700_000] as [UInt64])
  func `SCH_502 pairHasOneSlice`(priority: UInt8, step: UInt64) {
    for deadline in [Deadline.never, 1 << 40] as [UInt64] {
      let rig = Rig(serverPriorities: [priority], rivals: 2)
      let (acts, _) = rig.machine.run(slices: 60, step: step, whileEnding: false) { _ in
        rig.step(deadline: deadline)
      }
      let pair =
        acts[rig.caller.thread.granule, default: 0]
        + acts[rig.servers[0].thread.granule, default: 0]
      let total = acts.values.reduce(0, +)
      for rival in rig.rivals {
        let count = acts[rival.thread.granule, default: 0]
        #expect(count > total / 4 && count < total * 5 / 12, "\(acts) of \(total)")
      }
      #expect(pair > total / 4 && pair < total * 5 / 12, "\(acts) of \(total)")
    }
  }

  /// A slice that is over when the answer comes is over for the caller, too.
  @Test(arguments: [50, 90] as [UInt8])
  func `SCH_502 sliceEndsDuringTheCall`(priority: UInt8) {
    let rig = Rig(serverPriorities: [priority], rivals: 1)
    let machine = rig.machine
    rig.step()
    #expect(machine.running == rig.servers[0].thread)
    machine.advance(to: machine.now + TestKernel.sliceLength)
    if priority == 50 {
      #expect(machine.running == rig.rivals[0].thread)
    } else {
      #expect(machine.running == rig.servers[0].thread)
      rig.step()
      #expect(machine.running == rig.rivals[0].thread)
    }
    // The rival's slice is a whole one, and then it is their turn.
    machine.advance(to: machine.now + TestKernel.sliceLength - 1)
    #expect(machine.running == rig.rivals[0].thread)
    machine.advance(to: machine.now + 1)
    #expect(
      machine.running == (priority == 50 ? rig.servers[0].thread : rig.caller.thread))
    #expect(machine.findings == [])
  }

  /// What a server had left of a slice once is not its caller's for ever: the slice ends while a
  /// server of the server runs, again and again, and the rival has its own each time.
  @Test(arguments: [[60, 60], [60, 70], [50, 60]] as [[UInt8]])
  func `SCH_502 sliceIsUsedOnce`(priorities: [UInt8]) {
    let rig = Rig(serverPriorities: priorities, rivals: 1)
    let machine = rig.machine
    // By the general path and back, so that something is handed over.
    for _ in 0..<4 { rig.step(deadline: 1 << 40) }
    #expect(machine.running == rig.caller.thread)
    var acts: [UInt32: UInt64] = [:]
    for _ in 0..<40 {
      while machine.running != rig.servers[1].thread {
        let before = (machine.running.granule, machine.now)
        if machine.running == rig.rivals[0].thread {
          machine.advance(to: machine.now + TestKernel.sliceLength)
        } else {
          rig.step()
        }
        acts[before.0, default: 0] += machine.now - before.1
      }
      // It computes until the slice is over.
      let start = machine.now
      machine.advance(to: machine.now + TestKernel.sliceLength)
      acts[rig.servers[1].thread.granule, default: 0] += machine.now - start
      if machine.running == rig.servers[1].thread { rig.step() }
    }
    let total = acts.values.reduce(0, +)
    #expect(acts[rig.rivals[0].thread.granule, default: 0] * 5 > total * 2, "\(acts)")
    #expect(machine.findings == [])
  }

  /// Who was preempted in the middle of a call used the caller's slice all the same.
  @Test func `SCH_502 preemptedServerUsesTheSlice`() {
    let rig = Rig(serverPriorities: [60], rivals: 1)
    let machine = rig.machine
    rig.step()
    machine.advance(to: machine.now + 1_000_000)
    machine.enter { $0.objects.wake(rig.urgent.thread, .timedOut) }
    #expect(machine.running == rig.urgent.thread)
    machine.wait(rig.urgent, rig.timer)
    #expect(machine.running == rig.servers[0].thread)
    machine.advance(to: machine.now + TestKernel.sliceLength)
    rig.step()
    #expect(machine.running == rig.rivals[0].thread)
  }

  /// A server of lower priority waits for those that are more urgent.
  @Test func `SCH_502 lesserServerWaits`() {
    let rig = Rig(serverPriorities: [40], rivals: 1)
    rig.step()
    #expect(rig.machine.running == rig.rivals[0].thread)
  }

  /// What comes with the call does not matter: a capability goes along.
  @Test func `SCH_502 callWithACapabilitySwitchesAtOnce`() {
    let rig = Rig(serverPriorities: [50], rivals: 2)
    let machine = rig.machine
    machine.request(rig.caller, rig.calling[0], [], .copy(rig.calling[0]))
    #expect(machine.running == rig.servers[0].thread)
  }
}
