import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// What threads attached and bound counts too, when many end or time out at once.
@Suite struct CountedEndTests {
  typealias Transfers = TestMachine.Transfers

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
    let before = machine.counts
    machine.holdingWork {
      machine.kernel.platform.advance(to: due)
      guard machine.kernel.platform.nextInterrupt(cpu: 0) != nil else { return }
      machine.enter { $0.timerFired() }
    }

    let released = before.released(until: machine.counts)
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
}
