import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Processes that nobody names any more, and reasons for an end that stay what they were.
@Suite struct UnnamedProcessTests {
  /// A supervisor, its process, and a client whose call the process received.
  struct Rig {
    let machine = TestMachine()
    let supervisor: Actor
    let actor: Actor
    let client: Actor
    let queued: Actor
    /// The supervisor's handles.
    let process: Handle
    let notification: Handle

    init(isBound: Bool = true) {
      supervisor = machine.spawn()
      actor = machine.spawn()
      client = machine.spawn()
      queued = machine.spawn()
      process = machine.give(actor.processHandle, to: supervisor)
      notification = machine.give(machine.makeNotification(), to: supervisor)
      if isBound {
        machine.call(
          supervisor, .bind, UInt64(process.rawValue), UInt64(notification.rawValue))
      }
      let endpoint = machine.makeEndpoint()
      let reader = machine.give(endpoint, to: actor)
      let calling = machine.give(endpoint, to: client, rights: .write.union(.call))
      let other = machine.give(endpoint, to: queued, rights: .write.union(.call))
      machine.delete(machine.initial, endpoint)
      machine.receive(actor, reader)
      machine.request(client, calling)
      machine.request(queued, other)
    }

    /// Takes init's names of the process away.
    func forget() {
      machine.delete(machine.initial, actor.threadHandle)
      machine.delete(machine.initial, actor.processHandle)
      machine.finishEnding()
    }

    func expectEnded() {
      #expect(machine.outcome(actor) == .gone)
      #expect(machine.outcome(client).status == .peerGone)
      #expect(machine.outcome(queued).status == .peerGone)
      #expect(machine.findings == [])
    }

    func expectAlive(isStopped: Bool) {
      #expect(machine.isAlive(actor.thread))
      #expect(machine.outcome(client) == .blocked)
      #expect(machine.outcome(queued) == .blocked)
      #expect(machine.canAct(actor) != isStopped)
      #expect(machine.findings == [])
    }
  }

  @Test(arguments: [true, false])
  func `THR_501 runningProcessEndsWithItsLastName`(isBound: Bool) {
    let rig = Rig(isBound: isBound)
    rig.forget()
    rig.expectAlive(isStopped: false)

    rig.machine.delete(rig.supervisor, rig.process)
    rig.machine.finishEnding()

    rig.expectEnded()
    if isBound {
      #expect(rig.machine.wait(rig.supervisor, rig.notification).status == .ok)
    }
  }

  /// It goes on as long as it names itself; stopped, it can do nothing for itself.
  @Test(arguments: [true, false])
  func `THR_501 stoppedProcessEndsWhenNobodyElseNamesIt`(stopsFirst: Bool) {
    let rig = Rig()
    let machine = rig.machine
    _ = machine.give(rig.actor.processHandle, to: rig.actor)
    if stopsFirst { machine.fault(rig.actor, .illegalInstruction) }
    rig.forget()
    rig.expectAlive(isStopped: stopsFirst)

    machine.delete(rig.supervisor, rig.process)
    machine.finishEnding()
    if !stopsFirst {
      rig.expectAlive(isStopped: false)
      machine.fault(rig.actor, .illegalInstruction)
      machine.finishEnding()
    }

    rig.expectEnded()
    #expect(machine.wait(rig.supervisor, rig.notification).status == .ok)
  }

  @Test func `THR_501 stoppedWithoutANameEndsAtOnce`() {
    let rig = Rig()
    let machine = rig.machine
    _ = machine.give(rig.actor.processHandle, to: rig.actor)
    rig.forget()
    machine.delete(rig.supervisor, rig.process)
    machine.finishEnding()

    machine.fault(rig.actor, .illegalInstruction)
    machine.finishEnding()

    rig.expectEnded()
  }

  /// The name is not in a table but in a message that waits, and then is lost.
  @Test(arguments: [true, false])
  func `THR_501 nameInAMessageCounts`(isStopped: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let endpoint = machine.makeEndpoint()
    let carrier = machine.addThread(to: rig.supervisor)
    let sending = machine.give(endpoint, to: rig.supervisor)
    machine.send(carrier, sending, [], .copy(rig.process))
    if isStopped { machine.fault(rig.actor, .illegalInstruction) }
    rig.forget()
    machine.delete(rig.supervisor, rig.process)
    machine.finishEnding()
    rig.expectAlive(isStopped: isStopped)

    machine.destroy(machine.initial, endpoint)
    machine.finishEnding()

    rig.expectEnded()
  }

  /// Whoever was to hear of the fault is gone, and so is the only one who could act on it.
  @Test(arguments: [true, false])
  func `THR_501 supervisorsEndEndsTheStopped`(selfNamed: Bool) {
    let rig = Rig()
    let machine = rig.machine
    if selfNamed { _ = machine.give(rig.actor.processHandle, to: rig.actor) }
    machine.fault(rig.actor, .illegalInstruction)
    rig.forget()
    rig.expectAlive(isStopped: true)

    machine.destroy(machine.initial, rig.supervisor.processHandle)
    machine.finishEnding()

    rig.expectEnded()
  }

  @Test(arguments: [true, false])
  func `THR_501 supervisorsEndLeavesWhatOthersName`(unbindsOnly: Bool) {
    let rig = Rig()
    let machine = rig.machine
    machine.fault(rig.actor, .illegalInstruction)

    if unbindsOnly {
      machine.call(rig.supervisor, .bind, UInt64(rig.process.rawValue), 0)
    } else {
      machine.destroy(machine.initial, rig.supervisor.processHandle)
    }
    machine.finishEnding()
    rig.expectAlive(isStopped: true)
    rig.forget()
    if unbindsOnly { machine.delete(rig.supervisor, rig.process) }
    machine.finishEnding()

    rig.expectEnded()
  }

  // MARK: Threads that never ran

  @Test(arguments: [1, 3])
  func `THR_501 newProcessOutlivesItsUnstartedThreads`(count: Int) {
    let machine = TestMachine()
    let process = machine.make(.process)
    for _ in 0..<count {
      let thread = machine.make(.thread, [UInt64(process.rawValue), 50])
      machine.delete(machine.initial, thread)
      machine.finishEnding()
    }

    let state = machine.query(machine.initial, process)?[0]
    #expect(state == UInt64(ProcessState.new.rawValue))
    guard state == UInt64(ProcessState.new.rawValue) else { return }
    let thread = machine.make(.thread, [UInt64(process.rawValue), 50])
    #expect(
      machine.call(machine.initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
        .status == .ok)
    #expect(machine.findings == [])
  }

  // MARK: Reasons

  /// How a process can end, or be on its way to it.
  enum Way: CaseIterable, CustomTestStringConvertible {
    case exit, fault, destroyProcess, destroyThread, lastName
    var testDescription: String { "\(self)" }
  }

  @Test(arguments: Way.allCases, Way.allCases)
  func `THR_502 firstReasonStays`(first: Way, second: Way) {
    for isBound in [true, false] {
      let machine = TestMachine()
      let actor = machine.spawn()
      let notification = machine.makeNotification()
      if isBound {
        machine.call(
          machine.initial, .bind, UInt64(actor.processHandle.rawValue),
          UInt64(notification.rawValue))
      }
      let watched = [actor.processHandle, actor.threadHandle]
      // Something to give back, so that ending takes several batches.
      for _ in 0..<200 { _ = machine.copy(machine.initial, notification, to: actor.processHandle, rights: .all) }
      var reasons: [UInt32: UInt64] = [:]
      func look() {
        machine.holdingWork {
          for handle in watched {
            guard let words = machine.query(machine.initial, handle) else { continue }
            let hasEnded =
              handle == actor.processHandle
              ? words[0] >= UInt64(ProcessState.stopped.rawValue)
              : words[0] >= UInt64(ThreadState.faulted.rawValue)
            guard hasEnded else { continue }
            if handle == actor.threadHandle, words[0] == UInt64(ThreadState.faulted.rawValue) {
              continue
            }
            if let known = reasons[handle.rawValue] {
              #expect(words[1] == known, "\(first) then \(second)")
            } else {
              reasons[handle.rawValue] = words[1]
            }
          }
        }
      }
      func happen(_ way: Way) {
        machine.holdingWork {
          switch way {
          case .exit: if machine.canAct(actor) { machine.call(actor, .exit, 7) }
          case .fault: if machine.canAct(actor) { machine.fault(actor, .illegalInstruction) }
          case .destroyProcess: machine.destroy(machine.initial, actor.processHandle)
          case .destroyThread: machine.destroy(machine.initial, actor.threadHandle)
          case .lastName: machine.delete(machine.initial, actor.processHandle)
          }
          look()
        }
      }

      happen(first)
      for _ in 0..<2 where machine.kernel.isReaping {
        machine.holdingWork { machine.enter { if $0.hasWork { $0.runBatch() } } }
        look()
      }
      happen(second)
      machine.finishEnding { look() }

      #expect(machine.findings == [])
    }
  }
}
