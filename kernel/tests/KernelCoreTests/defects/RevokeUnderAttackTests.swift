import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Revoking while others use, move and copy what is being revoked.
@Suite struct RevokeUnderAttackTests {
  typealias Transfers = TestMachine.Transfers

  /// What happens to the slot that is being revoked.
  enum Attack: CaseIterable, CustomTestStringConvertible {
    case move, moveAway, delete, send, ancestor, revokeToo, endProcess
    var testDescription: String { "\(self)" }
    /// Whether the slot is gone from where it was.
    var takesTheSlot: Bool { self != .revokeToo }
  }

  /// A tree below a slot of one process, revoked by one of its threads.
  final class Rig {
    let machine: TestMachine
    let owner: Actor
    /// Another thread of the owner's process.
    let sibling: Actor
    let copier: Actor
    let root: Handle
    /// The slot to revoke.
    let slot: Handle
    var children: [Handle] = []
    /// Capabilities without the tree below `slot`.
    let base: UInt64

    init(children count: Int, isDeep: Bool = false, frames: Int = 700) {
      machine = TestMachine(frames: frames)
      owner = machine.spawn()
      sibling = machine.addThread(to: owner)
      copier = machine.spawn()
      root = machine.makeNotification()
      slot = machine.give(root, to: owner)
      let target = machine.give(copier.processHandle, to: owner)
      base = machine.liveCapabilities
      let own = machine.copy(owner, slot, to: target, rights: .all).handle
      children = [own]
      for index in 1..<count {
        if isDeep || index % 3 == 0 {
          let parent = isDeep ? children[index - 1] : children[index / 2]
          children.append(machine.copy(copier, parent, rights: .all).handle)
        } else {
          children.append(machine.copy(owner, slot, to: target, rights: .all).handle)
        }
      }
    }

    /// How many of the children still name something.
    var living: Int { children.count { machine.names(copier, $0) } }
  }

  @Test(arguments: Attack.allCases, 0..<4)
  func `REV_501 eachAnswerIsTrue`(attack: Attack, batches: Int) {
    let rig = Rig(children: 300)
    let machine = rig.machine
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: rig.owner)
    let taker = machine.spawn()
    if attack == .send {
      machine.receive(taker, machine.give(endpoint, to: taker), .acceptAny)
    }
    let far = machine.give(taker.processHandle, to: rig.owner)
    let capabilities = machine.liveCapabilities - 300
    machine.holdingWork { _ = machine.revoke(rig.owner, rig.slot) }
    for _ in 0..<batches where machine.isWorking(rig.owner) { machine.continueWork(of: rig.owner) }
    #expect(machine.isWorking(rig.owner))

    var other: Outcome?
    switch attack {
    case .move: other = machine.move(rig.sibling, rig.slot)
    case .moveAway: other = machine.move(rig.sibling, rig.slot, to: far)
    case .delete: other = machine.delete(rig.sibling, rig.slot)
    case .send: other = machine.send(rig.sibling, sending, [], .move(rig.slot))
    case .ancestor: other = machine.revoke(machine.initial, rig.root)
    case .revokeToo: other = machine.revoke(rig.sibling, rig.slot)
    case .endProcess: machine.destroy(machine.initial, rig.owner.processHandle)
    }
    if attack == .ancestor || attack == .revokeToo {
      // It is answered, so it is over.
      #expect(other?.status == .ok)
      #expect(rig.living == 0)
    } else if attack != .endProcess {
      #expect(other?.status == .ok)
    }
    machine.finishWork(of: rig.owner)

    let outcome = machine.outcome(rig.owner)
    switch attack {
    case .endProcess: #expect(outcome == .gone)
    case .revokeToo: #expect(outcome.status == .ok)
    default: #expect(outcome.status == .cancelled)
    }
    if outcome.status == .ok {
      #expect(rig.living == 0)
      #expect(machine.liveCapabilities == capabilities)
    }
    #expect(machine.findings == [])
  }

  /// Both are revoked at once: the ancestor's holder is told the truth too.
  @Test(arguments: 0..<4)
  func `REV_501 ancestorInTheMiddleOfItsOwnWork`(batches: Int) {
    let rig = Rig(children: 300)
    let machine = rig.machine
    machine.holdingWork {
      _ = machine.revoke(rig.owner, rig.slot)
      _ = machine.revoke(machine.initial, rig.root)
    }
    var turns = 0
    while machine.isWorking(rig.owner) || machine.isWorking(machine.initial) {
      let first = turns % (batches + 1) == batches
      if first, machine.isWorking(rig.owner) || !machine.isWorking(machine.initial) {
        machine.continueWork(of: rig.owner)
      } else if machine.isWorking(machine.initial) {
        machine.continueWork(of: machine.initial)
      } else {
        machine.continueWork(of: rig.owner)
      }
      turns += 1
      #expect(machine.findings(ignoringPriorities: true) == [])
      if !machine.isWorking(machine.initial) { #expect(rig.living == 0) }
      guard turns < 200 else {
        Issue.record("a revoke does not end")
        return
      }
    }

    #expect(machine.outcome(machine.initial).status == .ok)
    let outcome = machine.outcome(rig.owner)
    #expect(outcome.status == .ok || outcome.status == .cancelled)
    #expect(rig.living == 0)
    #expect(machine.findings == [])
  }

  // MARK: Copying meanwhile

  @Test(arguments: [1, 16, 40, 64, 80], [true, false])
  func `REV_502 revokeEndsAlthoughOthersCopy`(perBatch: Int, isDeep: Bool) {
    let rig = Rig(children: 150, isDeep: isDeep, frames: 4096)
    let machine = rig.machine
    var sources = rig.children
    var made: [Handle] = []
    machine.holdingWork { _ = machine.revoke(rig.owner, rig.slot) }

    let batches = machine.finishWork(of: rig.owner, limit: 400) {
      var left = perBatch
      while left > 0, let source = sources.last {
        let copy = machine.copy(rig.copier, source, rights: .all)
        if copy.status == .ok {
          sources.append(copy.handle)
          made.append(copy.handle)
          left -= 1
        } else {
          sources.removeLast()
        }
      }
    }

    guard let batches else {
      Issue.record("not over after 400 batches, \(made.count) copies")
      return
    }
    #expect(batches * 64 <= 4 * (150 + made.count) + 4 * 64)
    #expect(machine.outcome(rig.owner).status == .ok)
    #expect(rig.living == 0)
    #expect(made.allSatisfy { !machine.names(rig.copier, $0) })
    #expect(machine.liveCapabilities == rig.base)
    #expect(machine.findings == [])
  }

  /// What is moved about inside the tree is not missed, nor what is parked in messages.
  @Test(arguments: [true, false])
  func `REV_502 movingInsideTheTreeHidesNothing`(isParked: Bool) {
    let rig = Rig(children: 300)
    let machine = rig.machine
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: rig.copier)
    let carriers = isParked ? (0..<8).map { _ in machine.addThread(to: rig.copier) } : []
    let base = machine.liveCapabilities - 300
    machine.holdingWork { _ = machine.revoke(rig.owner, rig.slot) }

    machine.finishWork(of: rig.owner, limit: 400) {
      for index in rig.children.indices where index % 37 == 0 {
        let moved = machine.move(rig.copier, rig.children[index])
        if moved.status == .ok { rig.children[index] = moved.handle }
      }
      for (index, carrier) in carriers.enumerated() where machine.canAct(carrier) {
        machine.send(
          carrier, sending, [], .move(rig.children[(index * 31 + 5) % rig.children.count]))
      }
    }

    #expect(machine.outcome(rig.owner).status == .ok)
    #expect(machine.liveCapabilities == base)
    for carrier in carriers where !machine.canAct(carrier) {
      Issue.record("a message of the tree still waits")
    }
    #expect(machine.findings == [])
  }

  // MARK: Ending in the middle

  @Test(arguments: [true, false])
  func `REV_503 endingCancelsLongWork`(isThreadOnly: Bool) {
    /// Batches to end the owner, after `count` children's revoke has begun.
    func batches(_ count: Int) -> Int? {
      let rig = Rig(children: count, frames: 2048)
      let machine = rig.machine
      machine.holdingWork {
        _ = machine.revoke(rig.owner, rig.slot)
        let target = isThreadOnly ? rig.owner.threadHandle : rig.owner.processHandle
        _ = machine.destroy(machine.initial, target)
      }
      var batches = machine.finishWork(of: machine.initial)
      batches = batches.flatMap { done in machine.finishEnding().map { done + $0 } }
      #expect(machine.outcome(rig.owner) == .gone)
      #expect(machine.findings == [])
      return batches
    }

    guard let short = batches(1), let long = batches(3_000) else {
      Issue.record("ending does not end")
      return
    }

    #expect(long <= short + 2, "\(long) batches instead of \(short)")
  }

  /// Who is ended next does not wait for work that another keeps from ending.
  @Test func `REV_503 nobodyWaitsForWorkThatNeedNotFinish`() {
    let rig = Rig(children: 200, frames: 4096)
    let machine = rig.machine
    let next = machine.spawn()
    var sources = rig.children
    machine.holdingWork {
      _ = machine.revoke(rig.owner, rig.slot)
      machine.destroy(machine.initial, rig.owner.processHandle)
      machine.destroy(machine.initial, next.processHandle)
    }

    let batches = machine.finishEnding(limit: 150) {
      guard machine.canAct(rig.copier) else { return }
      machine.holdingWork {
        for _ in 0..<80 {
          while let source = sources.last {
            let copy = machine.copy(rig.copier, source, rights: .all)
            guard copy.status != .ok else {
              sources.append(copy.handle)
              break
            }
            sources.removeLast()
          }
        }
      }
    }

    #expect(batches != nil)
    #expect(machine.outcome(next) == .gone)
    #expect(machine.outcome(rig.owner) == .gone)
  }
}
