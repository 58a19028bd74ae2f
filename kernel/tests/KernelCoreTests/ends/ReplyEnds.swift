import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  /// A call that was received; the server has two threads. See also RightEndTests, which sweeps
  /// the places of a right.
  private struct Rig {
    let machine = TestMachine()
    let endpoint: Handle
    let server: Actor
    let helper: Actor
    let caller: Actor
    let right: Handle

    init(deadline: UInt64 = Deadline.never) {
      endpoint = machine.makeEndpoint()
      server = machine.spawn()
      helper = machine.addThread(to: server)
      caller = machine.spawn()
      let due = deadline == Deadline.never ? deadline : machine.now + deadline
      machine.request(caller, machine.give(endpoint, to: caller), deadline: due)
      right = machine.receive(server, machine.give(endpoint, to: server)).result.reply
    }

    func expectCaller(_ status: SyscallStatus?) {
      #expect(machine.outcome(caller).status == status)
      #expect(machine.findings == [])
    }
  }

  static let replyEnds: [String: Check] = [
    "the right, by `delete`": {
      let rig = Rig()
      rig.machine.delete(rig.server, rig.right)
      rig.expectCaller(.peerGone)
    },

    "its holder's process; before it was moved also the thread that received the call": {
      for isMoved in [false, true] {
        for endsProcess in [false, true] {
          let rig = Rig()
          if isMoved { rig.machine.move(rig.helper, rig.right) }
          rig.machine.destroy(
            rig.machine.initial,
            endsProcess ? rig.server.processHandle : rig.server.threadHandle)
          rig.expectCaller(isMoved && !endsProcess ? nil : .peerGone)
        }
      }
    },

    "the endpoint of the call": {
      let rig = Rig()
      rig.machine.destroy(rig.machine.initial, rig.endpoint)
      rig.expectCaller(nil)
      #expect(rig.machine.reply(rig.server, rig.right, [4]).status == .ok)
      rig.expectCaller(.ok)
    },

    "the caller, or its deadline: 204 for it": {
      for isDeadline in [false, true] {
        func end(_ rig: Rig) {
          if isDeadline {
            rig.machine.advance(to: rig.machine.now + 2_000_000)
            rig.expectCaller(.timedOut)
          } else {
            rig.machine.destroy(rig.machine.initial, rig.caller.processHandle)
          }
        }
        let held = Rig(deadline: 1_000_000)
        end(held)
        #expect(held.machine.reply(held.server, held.right).status == .badCapability)

        // The message is the server's own, or that of another thread.
        let sent = Rig(deadline: 1_000_000)
        let post = sent.machine.give(sent.machine.makeEndpoint(), to: sent.server)
        sent.machine.send(sent.helper, post, [], .move(sent.right))
        end(sent)
        #expect(sent.machine.outcome(sent.helper).status == .cancelled)
        #expect(sent.machine.findings == [])

        let lent = LeaseTests.Rig(pages: 40)
        let right = lent.lend(
          [TestMachine.Loan(base: LeaseTests.Rig.clientPlace, byteCount: lent.byteCount)],
          deadline: lent.machine.now + 1_000_000)
        lent.machine.holdingWork {
          _ = lent.machine.access(
            lent.server, right, .read, at: LeaseTests.Rig.serverPlace, byteCount: lent.byteCount)
          #expect(lent.machine.isWorking(lent.server))
          lent.cause(isDeadline ? .timedOut : .callersProcessDestroyed, right)
        }
        lent.machine.finishWork(of: lent.server)
        #expect(lent.machine.outcome(lent.server).status == .cancelled)
        #expect(lent.machine.findings == [])
      }
    },

    "the sender of a message that carries it, or its deadline": {
      for isDeadline in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        let post = machine.give(machine.makeEndpoint(), to: rig.server)
        let due = machine.now + 1_000_000
        machine.send(
          rig.helper, post, deadline: isDeadline ? due : Deadline.never, .move(rig.right))

        if isDeadline {
          machine.advance(to: due)
        } else {
          machine.destroy(machine.initial, rig.helper.threadHandle)
        }

        rig.expectCaller(nil)
        #expect(machine.reply(rig.server, rig.right, [4]).status == .ok)
        rig.expectCaller(.ok)
      }
    },

    "nothing, but one of the two is suspended": {
      let silent = Rig(deadline: 1_000_000)
      #expect(silent.machine.suspend(silent.server) == .ok)
      silent.expectCaller(nil)
      silent.machine.advance(to: silent.machine.now + 2_000_000)
      silent.expectCaller(.timedOut)

      let rig = Rig()
      #expect(rig.machine.suspend(rig.caller) == .ok)
      #expect(rig.machine.reply(rig.server, rig.right, [4]).status == .ok)
      #expect(!rig.machine.canAct(rig.caller))
      rig.machine.resume(rig.caller)
      #expect(rig.machine.canAct(rig.caller))
      #expect(rig.machine.outcome(rig.caller).message == [4])
      #expect(rig.machine.findings == [])
    },
  ]
}
