import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Ending a budget ends all that is charged to it, and the parent has everything back.
@Suite struct BudgetEndTests {
  typealias Transfers = TestMachine.Transfers

  /// What is charged to the budget, and where capabilities to it went.
  enum Content: CaseIterable, CustomTestStringConvertible {
    case nothing, runningProcess, newProcess, stoppedProcess, endedProcess, threadElsewhere
    case sharedEndpoint, sharedNotification, mappedMemory, derivedMemory, partOfOthersMemory
    case interrupt, ports, childBudgets, inTransit, boundEverywhere, supervised
    case calledServer, blockedCaller, faultHandler, manyCapabilities, bigMemory
    case working, unnamed
    var testDescription: String { "\(self)" }
  }

  /// A budget with contents, and actors outside it who hold or wait for them.
  final class Rig {
    let machine: TestMachine
    let budget: Handle
    /// Somebody whose process is init's to pay for.
    let outsider: Actor
    let waiter: Actor
    /// Threads that wait for something of the budget's; all are to get 206.
    var waiting: [Actor] = []
    /// Capabilities to objects of the budget, and who holds them.
    var held: [(Actor, Handle)] = []
    /// Threads of the budget.
    var inside: [Actor] = []

    init(frames: Int = 2048) {
      machine = TestMachine(frames: frames)
      outsider = machine.spawn()
      waiter = machine.addThread(to: outsider)
      budget = machine.make(.budget, [600 * 4096, 800])
    }

    func give(_ handle: Handle, to actor: Actor? = nil) -> Handle {
      let actor = actor ?? outsider
      let given = machine.give(handle, to: actor)
      held.append((actor, given))
      held.append((machine.initial, handle))
      return given
    }

    /// A process with a thread, both charged to the budget.
    func spawn() -> Actor {
      let actor = machine.spawn(budget: budget)
      inside.append(actor)
      held.append((machine.initial, actor.processHandle))
      held.append((machine.initial, actor.threadHandle))
      return actor
    }

    func make(_ type: ObjectType, _ words: [UInt64] = [], by actor: Actor? = nil) -> Handle {
      machine.make(type, words, by: actor, budget: budget)
    }

    func fill(with content: Content) {
      let initial = machine.initial
      switch content {
      case .nothing: break
      case .runningProcess:
        let actor = spawn()
        _ = machine.give(TestMachine.machineHandle, to: actor)
        inside.append(machine.addThread(to: actor))
      case .newProcess:
        let process = make(.process)
        _ = machine.make(
          .thread, [UInt64(process.rawValue), 50], budget: budget)
        _ = give(process)
      case .stoppedProcess:
        let actor = spawn()
        machine.call(
          initial, .bind, UInt64(actor.processHandle.rawValue),
          UInt64(machine.makeNotification().rawValue))
        machine.fault(actor, .illegalInstruction)
      case .endedProcess:
        let actor = spawn()
        machine.call(actor, .exit, 3)
        _ = give(actor.processHandle)
      case .threadElsewhere:
        // Charged here, but of a process that is not.
        let thread = machine.make(
          .thread, [UInt64(outsider.processHandle.rawValue), 50], budget: budget)
        machine.call(initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
        held.append((initial, thread))
      case .sharedEndpoint:
        let endpoint = make(.endpoint)
        machine.receive(waiter, give(endpoint))
        waiting.append(waiter)
      case .sharedNotification:
        let notification = make(.notification)
        machine.wait(waiter, give(notification))
        waiting.append(waiter)
      case .mappedMemory:
        let memory = make(.memory, [5 * 4096])
        machine.map(outsider, give(memory), at: 0x80_0000, byteCount: 5 * 4096)
        machine.map(initial, memory, at: 0x80_0000, byteCount: 5 * 4096)
      case .derivedMemory:
        // The part is charged to whoever derives it, the whole to the budget.
        let whole = give(make(.memory, [5 * 4096]))
        let part = machine.call(
          outsider, .derive, UInt64(whole.rawValue), 4096, 0xffff,
          [8192, UInt64(Rights.all.bits)])
        machine.map(outsider, part.handle, at: 0x80_0000, byteCount: 8192)
        held.append((outsider, part.handle))
      case .partOfOthersMemory:
        let actor = spawn()
        let whole = machine.give(machine.makeMemory(pages: 5), to: actor)
        let part = machine.call(
          actor, .derive, UInt64(whole.rawValue), 4096, 0xffff,
          [8192, UInt64(Rights.all.bits)])
        machine.map(actor, part.handle, at: 0x80_0000, byteCount: 8192)
      case .interrupt:
        let interrupt = give(make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 3]))
        let target = machine.give(machine.makeNotification(), to: outsider)
        machine.call(
          outsider, .bind, UInt64(interrupt.rawValue), UInt64(target.rawValue))
      case .ports:
        let actor = spawn()
        let range = machine.make(
          .portRange, [UInt64(TestMachine.machineHandle.rawValue), 0x60, 4])
        machine.call(
          initial, .bind, UInt64(range.rawValue), UInt64(actor.processHandle.rawValue))
      case .childBudgets:
        var budget = self.budget
        for depth in 0..<6 as Range<UInt64> {
          budget = machine.make(
            .budget, [(120 - depth * 15) * 4096, 120 - depth * 15], budget: budget)
          _ = give(budget)
          _ = give(machine.make(.endpoint, budget: budget))
          if depth == 3 {
            let actor = machine.spawn(budget: budget)
            inside.append(actor)
          }
        }
      case .inTransit:
        let endpoint = machine.makeEndpoint()
        let memory = give(make(.memory, [4096]))
        let object = give(make(.notification))
        machine.send(
          waiter, machine.give(endpoint, to: outsider), [],
          Transfers(attached: [(memory, .all, true), (object, .all, false)]))
      case .boundEverywhere:
        let notification = give(make(.notification))
        machine.call(
          initial, .bind, UInt64(waiter.threadHandle.rawValue),
          UInt64(make(.notification).rawValue))
        machine.call(
          initial, .bind, UInt64(make(.notification).rawValue),
          UInt64(waiter.threadHandle.rawValue))
        let own = machine.give(outsider.processHandle, to: outsider)
        machine.call(outsider, .bind, UInt64(own.rawValue), UInt64(notification.rawValue))
      case .supervised:
        let actor = spawn()
        let notification = machine.makeNotification()
        machine.call(
          initial, .bind, UInt64(actor.processHandle.rawValue), UInt64(notification.rawValue))
        machine.call(
          initial, .bind, UInt64(actor.threadHandle.rawValue), UInt64(notification.rawValue))
      case .calledServer:
        // A server of the budget's has received a call from outside.
        let actor = spawn()
        let endpoint = machine.makeEndpoint()
        machine.receive(actor, machine.give(endpoint, to: actor))
        machine.request(waiter, machine.give(endpoint, to: outsider))
        waiting.append(waiter)
      case .blockedCaller:
        // A caller of the budget's awaits a reply from outside, another is queued.
        let endpoint = machine.makeEndpoint()
        for _ in 0..<2 {
          let actor = spawn()
          machine.request(actor, machine.give(endpoint, to: actor))
        }
        machine.receive(outsider, machine.give(endpoint, to: outsider))
      case .faultHandler:
        let endpoint = make(.endpoint)
        machine.call(
          initial, .bind, UInt64(waiter.threadHandle.rawValue), UInt64(endpoint.rawValue))
      case .manyCapabilities:
        let endpoint = give(make(.endpoint))
        for _ in 0..<120 {
          held.append((outsider, machine.copy(outsider, endpoint, rights: .all).handle))
        }
      case .bigMemory:
        for _ in 0..<2 { _ = give(make(.memory, [100 * 4096])) }
      case .working:
        // A thread of the budget's is in the middle of long work.
        let actor = spawn()
        let memory = machine.give(make(.memory, [150 * 4096]), to: actor)
        machine.holdingWork {
          _ = machine.map(actor, memory, at: 0x80_0000, byteCount: 150 * 4096)
        }
      case .unnamed:
        // A process that nobody outside names started another from its own budget.
        let actor = spawn()
        let own = machine.give(budget, to: actor)
        for _ in 0..<2 {
          let process = machine.make(.process, by: actor, budget: own)
          let thread = machine.make(
            .thread, [UInt64(process.rawValue), 50], by: actor, budget: own)
          machine.call(actor, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
        }
      }
    }

    /// Expects that nothing is left of the budget.
    func expectAllBack() {
      for (actor, handle) in held where machine.canAct(actor) {
        #expect(!machine.names(actor, handle))
      }
      for actor in waiting { #expect(machine.outcome(actor).status == .peerGone) }
      for actor in inside { #expect(machine.outcome(actor) == .gone) }
      #expect(machine.canAct(outsider))
      if machine.names(machine.initial, budget) { machine.delete(machine.initial, budget) }
      // With only the root budget left, the auditor's sums say that it has all back.
      #expect(machine.kernel.objects.shared.count(of: .budget) == 1)
      #expect(machine.findings == [])
    }
  }

  @Test(arguments: Content.allCases)
  func `RES_501 endingABudgetEndsAllThatIsChargedToIt`(content: Content) {
    let rig = Rig()
    rig.fill(with: content)

    #expect(rig.machine.destroy(rig.machine.initial, rig.budget).status == .ok)
    rig.machine.finishEnding()

    rig.expectAllBack()
  }

  /// The same with everything in one budget, looked at after each batch.
  @Test func `RES_501 endingGoesInBoundedSteps`() {
    let rig = Rig()
    let machine = rig.machine
    rig.fill(with: .bigMemory)
    for content in [Content.runningProcess, .childBudgets, .manyCapabilities, .derivedMemory] {
      rig.fill(with: content)
    }

    let largest = machine.largestRelease {
      _ = machine.destroy(machine.initial, rig.budget)
    }

    #expect(largest <= 64)
    rig.expectAllBack()
  }

  @Test(arguments: [1, 4])
  func `RES_501 parentHasEveryFrameAndObjectBack`(depth: Int) {
    let machine = TestMachine()
    let initial = machine.initial
    let before = machine.usage
    let first = machine.make(.budget, [300 * 4096, 400])
    var budget = first
    for level in 1..<depth {
      budget = machine.make(
        .budget, [(300 - 20 * UInt64(level)) * 4096, 400 - 20 * UInt64(level)], budget: budget)
    }
    let process = machine.make(.process, budget: budget)
    for _ in 0..<3 {
      let thread = machine.make(.thread, [UInt64(process.rawValue), 50], budget: budget)
      machine.call(initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
    }
    for type in [ObjectType.endpoint, .notification, .process] {
      for _ in 0..<7 {
        let handle = machine.make(type, budget: budget)
        machine.copy(initial, handle, to: process, rights: .all)
      }
    }
    let memory = machine.make(.memory, [40 * 4096], budget: budget)
    machine.map(initial, memory, process: process, at: 0x80_0000, byteCount: 40 * 4096)

    #expect(machine.destroy(initial, first).status == .ok)
    machine.finishEnding()

    if machine.names(initial, first) { machine.delete(initial, first) }
    let after = machine.usage
    #expect(after.objects == before.objects)
    #expect(after.bytes == before.bytes)
    #expect(after.frames == before.frames)
    #expect(machine.findings == [])
  }

  /// Others use what is being taken away, between any two batches.
  @Test(arguments: 0..<6)
  func `RES_501 nobodyKeepsAnythingByBeingQuick`(kind: Int) {
    let rig = Rig()
    let machine = rig.machine
    let actor = rig.spawn()
    let own = machine.give(rig.budget, to: rig.outsider)
    rig.held.append((rig.outsider, own))
    let endpoint = rig.give(rig.make(.endpoint))
    let memory = rig.give(rig.make(.memory, [120 * 4096]))
    let process = rig.give(actor.processHandle)
    for content in [Content.manyCapabilities, .childBudgets, .runningProcess] {
      rig.fill(with: content)
    }
    machine.holdingWork { _ = machine.destroy(machine.initial, rig.budget) }
    #expect(machine.isWorking(machine.initial) || machine.kernel.isReaping)

    func attack() {
      guard machine.canAct(rig.outsider) else { return }
      let outsider = rig.outsider
      machine.holdingWork {
        switch kind {
        case 0:
          let made = machine.call(
            outsider, .create, UInt64(own.rawValue), UInt64(ObjectType.endpoint.rawValue), 0xffff)
          if made.status == .ok { rig.held.append((outsider, made.handle)) }
        case 1:
          let made = machine.call(
            outsider, .create, UInt64(own.rawValue), UInt64(ObjectType.budget.rawValue), 0xffff,
            [4096, 1])
          if made.status == .ok { rig.held.append((outsider, made.handle)) }
        case 2:
          let copy = machine.copy(outsider, endpoint, rights: .all)
          if copy.status == .ok { rig.held.append((outsider, copy.handle)) }
        case 3: machine.map(outsider, memory, at: 0x80_0000, byteCount: 4096)
        case 4: machine.copy(outsider, own, to: process, rights: .all)
        default:
          machine.destroy(outsider, own)
        }
      }
    }
    var rounds = 0
    while machine.isWorking(machine.initial) || machine.kernel.isReaping, rounds < 400 {
      attack()
      machine.finishWork(of: rig.outsider)
      if machine.isWorking(machine.initial) {
        machine.continueWork(of: machine.initial)
      } else {
        machine.holdingWork { machine.enter { if $0.hasWork { $0.runBatch() } } }
      }
      rounds += 1
    }

    #expect(rounds < 400)
    rig.expectAllBack()
  }
}
