import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  /// A process that serves: one call received and one in the queue of an endpoint that it alone
  /// receives from, and a notification that it alone signals.
  private struct Rig {
    let machine = TestMachine()
    /// init's.
    let budget: Handle
    let supervisor: Handle
    let server: Actor
    let served: Actor
    let queued: Actor
    let waiter: Actor
    static let patience: UInt64 = 50_000_000

    init(isSupervised: Bool = true) {
      budget = machine.make(.budget, [100 * 4096, 100])
      server = machine.spawn(budget: budget)
      supervisor = machine.makeNotification()
      if isSupervised {
        #expect(machine.bind(machine.initial, server.processHandle, to: supervisor) == .ok)
      }
      let endpoint = machine.makeEndpoint()
      let notification = machine.makeNotification()
      served = machine.spawn()
      queued = machine.spawn()
      waiter = machine.spawn()
      let due = machine.now + Self.patience
      let serving = machine.give(endpoint, to: server)
      _ = machine.give(notification, to: server, rights: .write)
      let waiting = machine.give(notification, to: waiter, rights: .read)
      let calling = [served, queued].map {
        machine.give(endpoint, to: $0, rights: .write.union(.call))
      }
      machine.delete(machine.initial, endpoint)
      machine.delete(machine.initial, notification)
      machine.request(served, calling[0], deadline: due)
      machine.receive(server, serving)
      machine.request(queued, calling[1], deadline: due)
      machine.wait(waiter, waiting, deadline: due)
    }

    /// Waits for the notification of init's that tells of ends.
    func heard() -> SyscallStatus? {
      machine.wait(machine.initial, supervisor, deadline: 0).status
    }

    func expect(_ served: SyscallStatus?, _ queued: SyscallStatus?, _ waiter: SyscallStatus?) {
      #expect(machine.outcome(self.served).status == served)
      #expect(machine.outcome(self.queued).status == queued)
      #expect(machine.outcome(self.waiter).status == waiter)
      #expect(machine.findings == [])
    }
  }

  static let processEnds: [String: Check] = [
    "the process": {
      for way in ["destroy", "exit", "budget", "fault"] {
        let rig = Rig(isSupervised: way != "fault")
        let machine = rig.machine
        machine.betweenBatches = { _ in
          // All is given back before anybody is told.
          let word = rig.machine.object(of: rig.supervisor, in: rig.machine.initial)
            .narrowed(to: KernelCore.Notification.self)
          if rig.machine.isReaping { #expect(rig.machine.kernel.objects[word].word == 0) }
        }
        switch way {
        case "destroy": machine.destroy(machine.initial, rig.server.processHandle)
        case "exit": machine.call(rig.server, .exit, 5)
        case "budget": machine.destroy(machine.initial, rig.budget)
        default: machine.fault(rig.server, .read)
        }
        machine.finishEnding()
        machine.betweenBatches = nil

        if way != "fault" { #expect(rig.heard() == .ok, "\(way)") }
        rig.expect(.peerGone, .peerGone, nil)
        machine.advance(to: machine.now + Rig.patience)
        rig.expect(.peerGone, .peerGone, .timedOut)
      }
    },

    "its supervisor": {
      // What a fault does afterwards.
      let later = Rig()
      later.machine.destroy(later.machine.initial, later.supervisor)
      later.machine.fault(later.server, .read)
      later.machine.finishEnding()
      let state = later.machine.processState(later.server.processHandle)
      #expect(state == UInt64(ProcessState.ended.rawValue))
      later.expect(.peerGone, .peerGone, nil)

      // It stopped before: whether another process names it decides.
      let rig = Rig()
      rig.machine.fault(rig.server, .read)
      rig.machine.destroy(rig.machine.initial, rig.supervisor)
      rig.machine.finishEnding()
      rig.expect(nil, nil, nil)
      rig.machine.delete(rig.machine.initial, rig.server.processHandle)
      rig.machine.finishEnding()
      rig.expect(.peerGone, .peerGone, nil)
    },

    "nothing, but it stops": {
      let rig = Rig()
      rig.machine.fault(rig.server, .read)

      #expect(rig.heard() == .ok)
      rig.expect(nil, nil, nil)
      rig.machine.advance(to: rig.machine.now + Rig.patience)
      rig.expect(.timedOut, .timedOut, .timedOut)

      let ended = Rig()
      ended.machine.fault(ended.server, .read)
      ended.machine.destroy(ended.machine.initial, ended.server.processHandle)
      ended.machine.finishEnding()
      ended.expect(.peerGone, .peerGone, nil)
    },
  ]

  static let threadEnds: [String: Check] = [
    "the thread, by `destroy`, `exit`, or with its process or budget": {
      for way in ["destroy", "exit", "process", "budget"] {
        for isSending in [false, true] {
          let machine = TestMachine()
          let budget = machine.make(.budget, [100 * 4096, 100])
          let server = machine.spawn(budget: budget)
          // The process goes on without the thread.
          let sibling = machine.addThread(to: server, budget: budget)
          let told = machine.makeNotification()
          #expect(machine.bind(machine.initial, server.threadHandle, to: told) == .ok)
          let endpoint = machine.makeEndpoint()
          let caller = machine.spawn()
          machine.request(caller, machine.give(endpoint, to: caller))
          machine.receive(server, machine.give(endpoint, to: server))
          let post = machine.makeEndpoint()
          let posting = machine.give(post, to: server)
          // Who sends cannot call exit.
          if isSending, way != "exit" { machine.send(server, posting, [7]) }

          switch way {
          case "destroy": machine.destroy(machine.initial, server.threadHandle)
          case "exit": machine.call(server, .exit, 5)
          case "process": machine.destroy(machine.initial, server.processHandle)
          default: machine.destroy(machine.initial, budget)
          }
          machine.finishEnding()

          #expect(machine.wait(machine.initial, told, deadline: 0).status == .ok, "\(way)")
          #expect(machine.outcome(caller).status == .peerGone)
          #expect(machine.receive(machine.initial, post, deadline: 0).status == .wouldBlock)
          #expect(machine.canAct(sibling) == (way == "destroy" || way == "exit"))
          #expect(machine.findings == [])
        }
      }
    },

    "its last capability": {
      let machine = TestMachine()
      let actor = machine.spawn()
      let sibling = machine.addThread(to: actor)

      machine.delete(machine.initial, sibling.threadHandle)

      #expect(machine.canAct(sibling))
      #expect(machine.call(sibling, .clock).status == .ok)
      machine.destroy(machine.initial, actor.processHandle)
      machine.finishEnding()
      #expect(!machine.isAlive(sibling.thread))
      #expect(machine.findings == [])
    },

    "its fault handler's endpoint": {
      for isSupervised in [false, true] {
        for isWaiting in [false, true] {
          let machine = TestMachine()
          let actor = machine.spawn()
          let endpoint = machine.makeEndpoint()
          machine.bind(machine.initial, actor.threadHandle, to: endpoint)
          if isSupervised {
            machine.bind(machine.initial, actor.processHandle, to: machine.makeNotification())
          }
          if isWaiting { machine.fault(actor, .read) }

          machine.destroy(machine.initial, endpoint)
          machine.finishEnding()

          let state: ProcessState =
            isWaiting ? (isSupervised ? .stopped : .ended) : .running
          #expect(machine.processState(actor.processHandle) == UInt64(state.rawValue))
          #expect(machine.findings == [])
        }
      }
    },
  ]
}
