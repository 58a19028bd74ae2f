import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  /// Two who wait in an endpoint's queue, a call that was received before, and its server.
  private struct Rig {
    let machine = TestMachine()
    let budget: Handle
    /// init's.
    let endpoint: Handle
    let server: Actor
    let serving: Handle
    let served: Actor
    let caller: Actor
    let sender: Actor

    init() {
      budget = machine.make(.budget, [20 * 4096, 20])
      endpoint = machine.make(.endpoint, budget: budget)
      server = machine.spawn()
      serving = machine.give(endpoint, to: server)
      served = machine.spawn()
      caller = machine.spawn()
      sender = machine.spawn()
      machine.request(served, machine.give(endpoint, to: served, rights: .write.union(.call)))
      machine.receive(server, serving)
      machine.request(caller, machine.give(endpoint, to: caller, rights: .write.union(.call)), [1])
      machine.send(sender, machine.give(endpoint, to: sender, rights: .write), [2])
    }

    var right: Handle { machine.outcome(server).result.reply }
    var queued: UInt64? { machine.query(machine.initial, endpoint)?[0] }
  }

  static let endpointEnds: [String: Check] = [
    "the endpoint, by `destroy` or with its budget": {
      for withBudget in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        let second = machine.spawn()
        let other = machine.make(.endpoint, budget: rig.budget)
        machine.receive(second, machine.give(other, to: second))

        for handle in withBudget ? [rig.budget] : [rig.endpoint, other] {
          #expect(machine.destroy(machine.initial, handle).status == .ok)
        }

        for actor in [rig.caller, rig.sender, second] {
          #expect(machine.outcome(actor).status == .peerGone)
        }
        #expect(machine.outcome(rig.served) == .blocked)
        #expect(machine.reply(rig.server, rig.right, [9]).status == .ok)
        #expect(machine.outcome(rig.served).message == [9])
        #expect(machine.findings == [])
      }
    },

    "the last capability with `read`": {
      for isInAMessage in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        let next = machine.spawn()
        let carrier = machine.spawn()
        let post = machine.makeEndpoint()
        let posting = machine.give(post, to: carrier)
        let unused = machine.give(rig.endpoint, to: carrier)
        if isInAMessage { machine.send(carrier, posting, [], .move(unused)) }

        // One is left, which nobody receives through.
        machine.delete(machine.initial, rig.endpoint)
        machine.destroy(machine.initial, rig.server.processHandle)
        #expect(machine.outcome(rig.served).status == .peerGone)
        #expect(machine.outcome(rig.caller) == .blocked)
        #expect(machine.outcome(rig.sender) == .blocked)

        guard isInAMessage else {
          machine.delete(carrier, unused)
          #expect(machine.outcome(rig.caller).status == .peerGone)
          #expect(machine.outcome(rig.sender).status == .peerGone)
          #expect(machine.findings == [])
          continue
        }
        let arrived = machine.receive(next, machine.give(post, to: next), .acceptAny)
        let serving = arrived.capabilities.first ?? .none
        #expect(machine.receive(next, serving).message == [1])
        #expect(machine.reply(next, machine.outcome(next).result.reply).status == .ok)
        #expect(machine.receive(next, serving).message == [2])
        #expect(machine.findings == [])
      }
    },

    "the last capability with `write`": {
      let machine = TestMachine()
      let server = machine.spawn()
      let endpoint = machine.makeEndpoint()
      let serving = machine.give(endpoint, to: server, rights: .read)
      let client = machine.spawn()
      let sending = machine.give(endpoint, to: client, rights: .write)
      machine.delete(machine.initial, endpoint)
      let due = machine.now + 1_000_000
      machine.receive(server, serving, deadline: due)

      machine.delete(client, sending)

      #expect(machine.outcome(server) == .blocked)
      machine.advance(to: due)
      #expect(machine.outcome(server).status == .timedOut)
      #expect(machine.findings == [])
    },

    "the capability through which somebody waits, by `delete`, `move` or `revoke`": {
      for loss in Loss.allCases {
        for number in [SyscallNumber.send, .call, .receive] {
          let machine = TestMachine()
          let waiter = machine.spawn()
          let helper = machine.addThread(to: waiter)
          let endpoint = machine.makeEndpoint()
          let given = machine.copy(machine.initial, endpoint, rights: .all).handle
          let handle = machine.give(given, to: waiter)
          let other = machine.spawn()
          let others = machine.give(endpoint, to: other)
          switch number {
          case .send:
            machine.send(waiter, handle)
            machine.send(other, others)
          case .call:
            machine.request(waiter, handle)
            machine.request(other, others)
          default:
            machine.receive(waiter, handle)
            machine.receive(other, others)
          }

          machine.lose(handle, of: helper, by: loss, from: given)

          #expect(machine.outcome(waiter).status == .cancelled, "\(number) \(loss)")
          #expect(machine.outcome(other) == .blocked)
          #expect(machine.findings == [])
        }
      }
    },

    "a receiver that has a call": {
      let rig = Rig()

      rig.machine.destroy(rig.machine.initial, rig.server.processHandle)

      #expect(rig.machine.outcome(rig.served).status == .peerGone)
      #expect(rig.machine.outcome(rig.caller) == .blocked)
      #expect(rig.machine.outcome(rig.sender) == .blocked)
      #expect(rig.queued == 2)
      #expect(rig.machine.findings == [])
    },

    "a queued sender, or its deadline": {
      for way in ["deadline", "thread", "process", "suspend"] {
        let machine = TestMachine()
        let endpoint = machine.makeEndpoint()
        let sender = machine.spawn()
        let helper = machine.addThread(to: sender)
        let sending = machine.give(endpoint, to: sender)
        let attached = machine.makeNotification()
        let carried = machine.give(attached, to: sender)
        machine.delete(machine.initial, attached)
        let due = machine.now + 1_000_000
        machine.send(
          sender, sending, [5], deadline: way == "deadline" ? due : Deadline.never,
          .move(carried))
        let behind = machine.spawn()
        machine.send(behind, machine.give(endpoint, to: behind), [6])
        let count = machine.kernel.objects.shared.count(of: .notification)

        switch way {
        case "deadline": machine.advance(to: due)
        case "thread": machine.destroy(machine.initial, sender.threadHandle)
        case "process": machine.destroy(machine.initial, sender.processHandle)
        default: #expect(machine.suspend(sender) == .ok)
        }

        let first = machine.receive(machine.initial, endpoint, .acceptAny)
        #expect(first.message == [way == "suspend" ? 5 : 6], "\(way)")
        switch way {
        case "deadline":
          #expect(machine.outcome(sender).status == .timedOut)
          #expect(machine.names(helper, carried))
        case "thread": #expect(machine.names(helper, carried))
        case "process":
          #expect(machine.kernel.objects.shared.count(of: .notification) == count - 1)
        default: #expect(first.capabilities.count == 1)
        }
        #expect(machine.findings == [])
      }
    },

    "what a fault is reported to": {
      for isSupervised in [false, true] {
        for isReceived in [false, true] {
          let machine = TestMachine()
          let actor = machine.spawn()
          let handler = machine.spawn()
          let endpoint = machine.makeEndpoint()
          machine.bind(machine.initial, actor.threadHandle, to: endpoint)
          if isSupervised {
            machine.bind(machine.initial, actor.processHandle, to: machine.makeNotification())
          }
          let handling = machine.give(endpoint, to: handler)
          machine.fault(actor, .read)
          if isReceived {
            // What took the fault goes with the right to answer it.
            machine.receive(handler, handling)
            machine.destroy(machine.initial, handler.processHandle)
          } else {
            machine.destroy(machine.initial, endpoint)
          }

          let state: ProcessState = isSupervised ? .stopped : .ended
          #expect(machine.processState(actor.processHandle) == UInt64(state.rawValue))
          #expect(machine.findings == [])
        }
      }
    },
  ]
}
