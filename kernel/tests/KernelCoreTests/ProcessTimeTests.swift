import MnosABI
import Testing

@testable import KernelCore

/// What `query` says of the time that a process ran: all of what its threads did, whichever of
/// them ended or went on to another, and nothing of what others did.
@Suite struct ProcessTimeTests {
  private let machine = TestMachine()

  /// The time of a process, as init is told.
  private func time(of actor: Actor) -> UInt64? {
    machine.query(machine.initial, actor.processHandle)?[4]
  }

  /// Lets a thread run for so many nanoseconds, and then init.
  private func run(_ actor: Actor, for duration: UInt64) {
    machine.become(actor.thread)
    machine.advance(to: machine.now + duration)
    machine.become(machine.initial.thread)
  }

  @Test(arguments: [1, 2, 7])
  func timeOfAProcessIsThatOfItsThreads(threadCount: Int) {
    let first = machine.spawn()
    var threads = [first]
    for _ in 1..<threadCount { threads.append(machine.addThread(to: first)) }
    let other = machine.spawn()
    var expected: UInt64 = 0
    for (index, thread) in threads.enumerated() {
      // From one thread of the process to the next, and by way of another process.
      machine.become(thread.thread)
      machine.advance(to: machine.now + 1_000)
      run(threads[0], for: 1_000 + UInt64(index))
      run(other, for: 50)
      expected += 2_000 + UInt64(index)
    }

    #expect(time(of: first) == expected)
    #expect(time(of: other) == 50 * UInt64(threadCount))
    #expect(machine.findings == [])

    // What an ended thread ran stays with its process.
    for thread in threads.dropFirst() {
      #expect(machine.destroy(machine.initial, thread.threadHandle).status == .ok)
      #expect(time(of: first) == expected)
    }
    #expect(machine.query(machine.initial, first.processHandle)?[2] == 1)
    run(first, for: 7)
    #expect(time(of: first) == expected + 7)
    machine.call(first, .exit, 0)
    #expect(time(of: first) == expected + 7)
    #expect(machine.findings == [])
  }

  @Test func askingForOnesOwnTimeSaysAllOfIt() {
    let actor = machine.spawn()
    let own = machine.give(actor.processHandle, to: actor)
    for step: UInt64 in 1...3 {
      machine.become(actor.thread)
      machine.advance(to: machine.now + 100)
      #expect(machine.query(actor, own)?[4] == step * 100)
    }
    // No time while the CPU idles, or waits in another's space.
    let notification = machine.give(machine.makeNotification(), to: actor)
    machine.wait(actor, notification)
    machine.wait(machine.initial, machine.makeNotification(), deadline: machine.now + 1_000)
    #expect(machine.running.isNone)
    machine.advance(to: machine.now + 1_000)
    #expect(time(of: actor) == 300)
    #expect(machine.findings == [])
  }

  @Test func aDirectSwitchChargesWhoRan() {
    let endpoint = machine.makeEndpoint()
    let server = machine.spawn()
    let client = machine.spawn()
    let receiving = machine.give(endpoint, to: server)
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, receiving)
    for round: UInt64 in 1...3 {
      machine.become(client.thread)
      machine.advance(to: machine.now + 10)
      machine.request(client, calling)
      #expect(machine.running == server.thread)
      machine.advance(to: machine.now + 1)
      machine.replyAndReceive(server, machine.outcome(server).result.reply, receiving)
      #expect(time(of: client) == round * 10)
      #expect(time(of: server) == round)
    }
    #expect(machine.findings == [])
  }
}
