import MnosABI
import Testing

@testable import KernelCore

/// A process that holds all the capabilities that a table has room for, and memory to spare.
@Suite struct FullTableTests {
  /// The caller's table has no slot left, of 65,534.
  private static func fill(_ stage: Stage) {
    let kernel = stage.machine.kernel.objects
    let process = stage.caller.process
    let source = stage.machine.slot(of: stage.victims.endpoint, in: stage.caller)
    while true {
      while kernel[process].table.freeCount > 0 {
        kernel.derive(from: source, to: kernel[process].table.free.first, rights: .none)
      }
      guard (try? stage.machine.kernel.growTable(of: process)) != nil else { break }
      stage.machine.kernel.growth.count = 0
    }
  }

  /// Every call that takes a slot says so, and what comes with a message stays where it was.
  @Test func `RES_001 D1 aFullTableTakesNothing`() throws {
    let stage = Stage(frames: 2_000, callersFrames: 1_200)
    let (machine, caller, peer) = (stage.machine, stage.caller, stage.peer)
    let endpoint = machine.makeEndpoint()
    let notification = machine.give(machine.makeNotification(), to: caller)
    let memory = machine.give(machine.makeMemory(pages: 2), to: caller)
    let thread = machine.give(peer.threadHandle, to: caller)
    let (ours, theirs) = (machine.give(endpoint, to: caller), machine.give(endpoint, to: peer))
    let gifts = MessageExhaustionTests.gifts(for: caller, machine)
    _ = machine.write(gifts, for: caller)
    let device = UInt64(machine.give(TestMachine.machineHandle, to: caller).rawValue)
    Self.fill(stage)
    #expect(machine.kernel.objects[caller.process].table.usedCount == 65_534)
    machine.become(caller.thread)
    let before = KernelDigest(machine, callers: [caller.thread])
    func create(_ type: ObjectType, _ words: [UInt64] = []) -> Outcome {
      machine.call(
        caller, .create, UInt64(stage.ownPurse.rawValue), UInt64(type.rawValue), 0xffff, words)
    }

    let outcomes: [Outcome] = [
      create(.endpoint), create(.notification), create(.memory, [4096]), create(.process),
      create(.budget, [4096, 1]), create(.interrupt, [device, 3]), create(.dmaSpace, [device, 0]),
      create(.portRange, [device, 0x3f8, 8]), create(.thread, [0, 0]),
      machine.copy(caller, notification, rights: .all), machine.move(caller, notification),
      machine.call(caller, .derive, UInt64(memory.rawValue), 0, 0xffff, [4096, 0xff]),
      machine.call(caller, .bind, UInt64(notification.rawValue), UInt64(thread.rawValue)),
      machine.send(caller, ours, [1], gifts), machine.receive(caller, ours),
    ]

    for (index, outcome) in outcomes.enumerated() {
      #expect(outcome.status == .noSlot, "call \(index): \(outcome)")
    }
    #expect(KernelDigest(machine, callers: [caller.thread]).differences(from: before) == [])
    // A message comes without what it carried, and with what it carries no slot is needed for.
    machine.send(peer, theirs, [5], MessageExhaustionTests.gifts(for: peer, machine))
    let received = machine.receive(caller, ours, .acceptAny)
    #expect(received.message == [5] && received.capabilities.isEmpty)
    #expect(machine.outcome(peer).value == 0)
    #expect(stage.victims.end(by: caller, machine) == [])
    #expect(create(.endpoint).status == .ok)
    #expect(machine.findings == [])
  }

  /// A process has four ranges of ports at most.
  @Test func `RES_001 D1 aFifthRangeOfPortsFindsNoPlace`() {
    let stage = Stage()
    let (machine, caller) = (stage.machine, stage.caller)
    let process = UInt64(machine.give(stage.peer.processHandle, to: caller).rawValue)
    let device = UInt64(TestMachine.machineHandle.rawValue)
    let ranges = (0..<5).map {
      machine.give(machine.make(.portRange, [device, $0 * 16, 8]), to: caller)
    }
    for range in ranges.prefix(4) {
      #expect(machine.call(caller, .bind, UInt64(range.rawValue), process).status == .ok)
    }
    machine.become(caller.thread)
    let before = KernelDigest(machine, callers: [caller.thread])

    let fifth = machine.call(caller, .bind, UInt64(ranges[4].rawValue), process)

    #expect(fifth.status == .noSlot)
    #expect(KernelDigest(machine, callers: [caller.thread]).differences(from: before) == [])
    #expect(machine.findings == [])
  }
}
