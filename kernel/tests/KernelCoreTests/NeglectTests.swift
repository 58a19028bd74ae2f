import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Whether these tests bite: a machine that neglects a duty is found out.
@Suite struct NeglectTests {
  typealias Neglect = SimulatedPlatform.Neglect

  /// Does what the isolation tests do; returns what was seen wrong.
  private func symptoms(of neglect: Neglect, identifierCount: UInt32 = 16) -> [String] {
    var configuration = TestMachine.Configuration()
    configuration.addressSpaceIdentifierCount = identifierCount
    let machine = TestMachine(configuration)
    let actors = [machine.spawn(), machine.spawn()]
    machine.kernel.platform.neglect = neglect
    var symptoms: [String] = []
    for (index, actor) in actors.enumerated() {
      machine.poke(actor, UInt64(index), at: Actor.scratch)
      machine.kernel.platform.setExtendedRegisters(UInt64(index + 1) << 32, cpu: 0)
    }
    for (index, actor) in actors.enumerated() {
      if machine.peek(actor, Actor.scratch) != .done(UInt64(index)) {
        symptoms.append("another space's data")
      }
      if machine.kernel.platform.extendedRegisters(cpu: 0)[0] != UInt64(index + 1) << 32 {
        symptoms.append("another thread's vector registers")
      }
    }
    let memory = machine.give(machine.makeMemory(pages: 2), to: actors[0])
    // A neighbour keeps the page table, so that a page goes without its table.
    machine.map(actors[0], memory, at: MappingTests.place + 4096, offset: 4096)
    for actor in actors { _ = machine.peek(actor, MappingTests.place) }
    machine.map(actors[0], memory, at: MappingTests.place)
    if machine.poke(actors[0], 5, at: MappingTests.place).value == nil {
      symptoms.append("a mapped page faults")
    }
    machine.unmap(actors[0], at: MappingTests.place)
    if machine.peek(actors[0], MappingTests.place).value != nil {
      symptoms.append("an unmapped page is read")
    }
    symptoms += machine.findings
    machine.destroy(machine.initial, actors[1].processHandle)
    machine.delete(machine.initial, actors[1].processHandle)
    machine.delete(machine.initial, actors[1].threadHandle)
    return symptoms + machine.findings
  }

  @Test(arguments: [1, 2, 16] as [UInt32])
  func aDutifulMachineShowsNothing(identifierCount: UInt32) {
    #expect(symptoms(of: [], identifierCount: identifierCount) == [])
  }

  @Test(arguments: [
    Neglect.mappingAdded.rawValue, Neglect.mappingRemoved.rawValue,
    Neglect.spaceRemoved.rawValue, Neglect.extendedState.rawValue,
  ])
  func `G6 aNeglectedDutyIsSeen`(neglect: Int) {
    #expect(symptoms(of: Neglect(rawValue: neglect)) != [])
  }

  @Test func `G6 aNeglectedFlushAtActivationIsSeen`() {
    #expect(symptoms(of: .activation, identifierCount: 1) != [])
  }

  @Test func `MEM_015 aSwallowedFlushReadsTheOldFrame`() {
    let rig = MappingTests.Rig()
    let machine = rig.machine
    machine.kernel.platform.neglect = .mappingRemoved
    machine.map(rig.actor, rig.own, at: MappingTests.place + 4096, offset: 4096)
    machine.map(rig.actor, rig.own, at: MappingTests.place)
    machine.poke(rig.actor, 7, at: MappingTests.place)
    machine.unmap(rig.actor, at: MappingTests.place)

    #expect(machine.peek(rig.actor, MappingTests.place) == .done(7))
    #expect(machine.findings != [])
  }

  @Test func aNeglectedTimerIsSeen() {
    let machine = TestMachine()
    let notification = machine.makeNotification()
    let actor = machine.spawn()
    let waiting = machine.give(notification, to: actor)
    machine.kernel.platform.neglect = .timer
    machine.wait(actor, waiting, deadline: machine.now + 100)

    machine.advance(to: machine.now + 200)

    #expect(machine.outcome(actor) == .blocked)
    #expect(machine.findings != [])
  }
}
