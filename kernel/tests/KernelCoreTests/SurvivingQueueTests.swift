import MnosABI
import Testing

@testable import KernelCore

/// Callers in an endpoint's queue outlive its server while somebody can give it another.
@Suite struct SurvivingQueueTests {
  /// How the server goes: its only thread's end and a fault that nobody handles end its process.
  enum End: CaseIterable { case thread, process, budget, fault, capability }
  /// Who is left that could give the endpoint a new receiver, besides the server.
  enum Giver: CaseIterable {
    /// Init holds the endpoint itself.
    case holder
    /// A capability with `read` waits in a message that nobody has received.
    case message
    /// Another process holds a capability with `read` and does nothing.
    case idler
  }

  private struct Rig {
    let machine = TestMachine()
    let server: Actor
    let serving: Handle
    let budget: Handle
    let endpoint: Handle
    let clients: [Actor]

    /// Callers wait in the queue, all but the first, which the server has received.
    init(clientCount: Int) {
      budget = machine.make(.budget, [200 * 4096, 200])
      server = machine.spawn(budget: budget)
      endpoint = machine.makeEndpoint()
      serving = machine.give(endpoint, to: server, rights: .read)
      clients = (0..<clientCount).map { [machine, endpoint] index in
        let client = machine.spawn()
        let calling = machine.give(endpoint, to: client, rights: .all.subtracting(.read))
        machine.request(client, calling, [UInt64(index)])
        return client
      }
      machine.receive(server, serving)
    }

    func end(_ end: End) {
      switch end {
      case .thread: machine.destroy(machine.initial, server.threadHandle)
      case .process: machine.destroy(machine.initial, server.processHandle)
      case .budget: machine.destroy(machine.initial, budget)
      case .fault: machine.fault(server, .read)
      case .capability: machine.delete(server, serving)
      }
    }
  }

  @Test(arguments: End.allCases, Giver.allCases)
  func `IPC_510 queuedCallersAreServedInOrderByTheNext`(end: End, giver: Giver) {
    let rig = Rig(clientCount: 5)
    let machine = rig.machine
    let keeper = machine.spawn()
    let courier = machine.makeEndpoint()
    let taking = machine.give(courier, to: keeper)
    var given = Handle.none
    switch giver {
    case .holder: break
    case .message:
      let sender = machine.spawn()
      let carried = machine.give(rig.endpoint, to: sender, rights: Rights.read.union(.transfer))
      let sent = machine.send(sender, machine.give(courier, to: sender), [], .move(carried))
      #expect(sent == .blocked)
    case .idler: given = machine.give(rig.endpoint, to: keeper, rights: .read)
    }
    if giver != .holder { machine.delete(machine.initial, rig.endpoint) }
    #expect(machine.findings == [])

    rig.end(end)

    // Who was received is told. A server that only lost its end can still answer.
    if end == .capability {
      #expect(machine.outcome(rig.clients[0]) == .blocked)
    } else {
      #expect(machine.outcome(rig.clients[0]).status == .peerGone)
    }
    for client in rig.clients.dropFirst() { #expect(machine.state(client) == .sending) }
    #expect(machine.findings == [])

    switch giver {
    case .holder: given = machine.give(rig.endpoint, to: keeper, rights: .read)
    case .message:
      given = machine.receive(keeper, taking, .acceptAny).capabilities.first ?? .none
    case .idler: break
    }
    for index in 1..<5 {
      let got = machine.receive(keeper, given)
      #expect(got.words.first == UInt64(index))
      machine.reply(keeper, got.result.reply, [UInt64(index) * 10])
      #expect(machine.outcome(rig.clients[index]).words.first == UInt64(index) * 10)
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: End.allCases)
  func `IPC_510 withNobodyLeftAllAreTold`(end: End) {
    let rig = Rig(clientCount: 4)
    let machine = rig.machine
    machine.delete(machine.initial, rig.endpoint)
    for client in rig.clients.dropFirst() { #expect(machine.state(client) == .sending) }

    rig.end(end)

    for client in rig.clients.dropFirst() {
      #expect(machine.outcome(client).status == .peerGone)
    }
    #expect(machine.findings == [])
  }
}
