import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// What threads attached and bound counts too, when many end or time out at once.
@Suite struct CountedEndTests {
  typealias Transfers = TestMachine.Transfers

  /// How much the one interrupt ends in which waits are over.
  private static func releasedByTimer(_ machine: TestMachine, due: UInt64) -> Int {
    let before = machine.counts
    machine.holdingWork {
      machine.kernel.platform.advance(to: due)
      guard machine.kernel.platform.nextInterrupt(cpu: 0) != nil else { return }
      machine.enter { $0.timerFired() }
    }
    return before.released(until: machine.counts)
  }

  /// 64 waits that are over at once, each with four copies attached.
  @Test func `RES_502 timersCountWhatTheyGiveBack`() {
    let machine = TestMachine(frames: 4096)
    let owner = machine.spawn()
    let senders = (0..<64).map { _ in machine.addThread(to: owner) }
    let endpoint = machine.give(machine.makeEndpoint(), to: owner)
    let gift = machine.give(machine.makeNotification(), to: owner)
    let due = machine.now + 1_000_000
    let one = (handle: gift, rights: Rights.all, isMove: false)
    for sender in senders {
      machine.send(sender, endpoint, [], deadline: due, Transfers(attached: [one, one, one, one]))
    }
    let released = Self.releasedByTimer(machine, due: due)
    #expect(released <= 64, "\(released) in one entry")
  }

  /// Threads that have attached and bound as much as they can, ended with their process.
  @Test func `RES_502 endingThreadsCountsWhatTheyGiveBack`() {
    let machine = TestMachine(frames: 4096)
    let owner = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: owner)
    let gift = machine.give(machine.makeNotification(), to: owner)
    let one = (handle: gift, rights: Rights.all, isMove: false)
    func bind(_ source: Handle, _ target: Handle) {
      let bound = machine.call(
        machine.initial, .bind, UInt64(source.rawValue), UInt64(target.rawValue))
      #expect(bound.status == .ok)
    }
    for _ in 0..<60 {
      let sender = machine.addThread(to: owner)
      bind(sender.threadHandle, endpoint)
      bind(sender.threadHandle, machine.makeNotification())
      bind(machine.makeNotification(), sender.threadHandle)
      machine.send(sender, sending, [], Transfers(attached: [one, one, one, one]))
    }

    let largest = machine.largestRelease { machine.destroy(machine.initial, owner.processHandle) }

    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  /// 40 calls that are over at once; the right to answer each is in a message of its own, with
  /// three copies beside it.
  @Test func `RES_502 timersCountTheMessagesThatCarryTheRight`() {
    let machine = TestMachine(frames: 4096)
    let caller = machine.spawn()
    let server = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: caller)
    let serving = machine.give(endpoint, to: server)
    let passing = machine.give(machine.makeEndpoint(), to: server)
    let gift = machine.give(machine.makeNotification(), to: server)
    let copy = (handle: gift, rights: Rights.all, isMove: false)
    let due = machine.now + 1_000_000
    for _ in 0..<40 {
      let waiting = machine.addThread(to: caller)
      let passer = machine.addThread(to: server)
      machine.request(waiting, calling, [], deadline: due)
      let right = machine.receive(passer, serving).result.reply
      #expect(right != .none)
      machine.send(
        passer, passing, [],
        Transfers(attached: [(right, .all, true), copy, copy, copy]))
      #expect(machine.outcome(passer).isBlocked)
    }
    let released = Self.releasedByTimer(machine, due: due)
    #expect(released > 0 && released <= 64, "\(released) in one entry")
    #expect(machine.findings == [])
  }

  /// A table of 90 chunks goes in several batches: between two of them it names no frame that is
  /// free, or somebody else's.
  @Test func `RES_503 tableThatEndsNamesNoFreeFrame`() {
    let machine = TestMachine(frames: 4096)
    let owner = machine.spawn()
    let process = machine.make(.process)
    for chunk in 0..<90 as Range<UInt16> {
      let copied = machine.copy(
        machine.initial, TestMachine.budgetHandle, to: process, slot: chunk * 64 + 1,
        rights: .all)
      #expect(copied.status == .ok)
    }
    machine.holdingWork { machine.destroy(machine.initial, process) }

    let batches = machine.finishEnding { #expect(machine.findings == []) }
    #expect((batches ?? 0) > 3)
    #expect(machine.canAct(owner))
  }
}
