import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Wherever the right to answer is, and whatever ends: the caller learns it, or waits for a reason.
@Suite struct RightEndTests {
  typealias Transfers = TestMachine.Transfers

  /// Where the right is: in the spare of the server's thread; put aside for the next call; moved to
  /// another slot; attached by another thread, or by the server's own, to a message that waits; in
  /// another process.
  enum Place: CaseIterable {
    case spare, putAside, moved, attached, attachedByServer, foreign
  }

  enum End: CaseIterable {
    case serversThread, serversSuspendedThread, serversProcess, serversBudget
    case endpoint, carryingEndpoint
    case callersThread, callersProcess, timeOut, timeOutWhileSuspended
  }

  /// What the caller is told.
  private func expected(_ place: Place, _ end: End) -> SyscallStatus? {
    switch end {
    // The right is the process's wherever it is but in the spare.
    case .serversThread, .serversSuspendedThread: place == .spare ? .peerGone : nil
    case .serversProcess, .serversBudget: place == .foreign ? nil : .peerGone
    // It was received already; and a message that cannot be sent leaves the right where it was.
    case .endpoint, .carryingEndpoint: nil
    case .callersThread, .callersProcess: nil
    case .timeOut, .timeOutWhileSuspended: .timedOut
    }
  }

  @Test(arguments: Place.allCases, End.allCases)
  func callerLearnsOfEveryEnd(place: Place, end: End) {
    let machine = TestMachine()
    let (before, held) = (machine.usage, heldSlots(machine))
    let budget = machine.make(.budget, [200 * 4096, 200])
    let server = machine.spawn(budget: budget)
    let helper = machine.addThread(to: server)
    let client = machine.spawn()
    let other = machine.spawn()
    let (endpoint, carrying) = (machine.makeEndpoint(), machine.makeEndpoint())
    let serving = machine.give(endpoint, to: server)
    let carryingHere = machine.give(carrying, to: server)
    let othersCalling = machine.give(endpoint, to: other)
    let due = machine.now + 50_000
    let hasDeadline = end == .timeOut || end == .timeOutWhileSuspended
    machine.request(
      client, machine.give(endpoint, to: client), [7], deadline: hasDeadline ? due : .max)
    let right = machine.receive(server, serving).result.reply
    switch place {
    case .spare: break
    case .putAside:
      machine.request(other, othersCalling, [8])
      machine.receive(server, serving)
    case .moved: machine.move(helper, right)
    case .attached: machine.send(helper, carryingHere, [], .move(right))
    case .attachedByServer: machine.send(server, carryingHere, [], .move(right))
    case .foreign:
      let process = machine.give(other.processHandle, to: server)
      #expect(machine.move(server, right, to: process).status == .ok)
    }
    #expect(machine.outcome(client) == .blocked)
    #expect(machine.findings == [])

    switch end {
    case .serversThread: machine.destroy(machine.initial, server.threadHandle)
    case .serversSuspendedThread:
      machine.call(machine.initial, .suspend, UInt64(server.threadHandle.rawValue))
      machine.destroy(machine.initial, server.threadHandle)
    case .serversProcess: machine.destroy(machine.initial, server.processHandle)
    case .serversBudget: machine.destroy(machine.initial, budget)
    case .endpoint: machine.destroy(machine.initial, endpoint)
    case .carryingEndpoint: machine.destroy(machine.initial, carrying)
    case .callersThread: machine.destroy(machine.initial, client.threadHandle)
    case .callersProcess: machine.destroy(machine.initial, client.processHandle)
    case .timeOut: machine.advance(to: due)
    case .timeOutWhileSuspended:
      machine.call(machine.initial, .suspend, UInt64(client.threadHandle.rawValue))
      machine.advance(to: due)
      machine.call(machine.initial, .resume, UInt64(client.threadHandle.rawValue))
    }

    let status = expected(place, end)
    #expect(machine.outcome(client).status == status)
    #expect(machine.findings == [])
    let isOver = status != nil || end == .callersThread || end == .callersProcess
    if isOver, machine.isAlive(helper.thread), machine.canAct(helper) {
      #expect(machine.reply(helper, right).status == .badCapability)
    }
    for actor in [client, other, server] { machine.destroy(machine.initial, actor.processHandle) }
    machine.destroy(machine.initial, budget)
    for index in heldSlots(machine).subtracting(held) {
      let table = machine.kernel.objects[machine.initial.process].table
      let slot = table.slot(at: index, in: machine.kernel.objects)
      machine.delete(machine.initial, machine.kernel.objects[slot].handle)
    }
    #expect(machine.usage == before)
    #expect(machine.findings == [])
  }

  /// The slots in which init has a capability.
  private func heldSlots(_ machine: TestMachine) -> Set<UInt16> {
    let table = machine.kernel.objects[machine.initial.process].table
    return Set((1..<64).filter {
      machine.kernel.objects[table.slot(at: $0, in: machine.kernel.objects)].state == .held
    })
  }
}
