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

  // MARK: Page tables

  /// Maps a page where no table is yet, and uses it.
  private func violationsOfFirstMapping(_ neglect: Neglect) -> Set<String> {
    let rig = MappingTests.Rig()
    let machine = rig.machine
    _ = machine.peek(rig.actor, Self.far)
    _ = machine.kernel.platform.takeViolations()
    machine.kernel.platform.neglect = neglect
    machine.map(rig.actor, rig.own, at: Self.far)
    machine.poke(rig.actor, 1, at: Self.far)
    return Set(machine.kernel.platform.takeViolations().map { kind(of: $0) })
  }

  private static let far: UInt64 = 0x20_0000_0000

  private func kind(of violation: SimulatedViolation) -> String {
    String("\(violation)".prefix { $0 != "(" })
  }

  @Test func tablesAreLinkedInOrderAndFenced() {
    #expect(violationsOfFirstMapping([]) == [])
  }

  @Test func tablesLinkedOutOfOrderAreSeen() {
    #expect(violationsOfFirstMapping(.tableOrder) == ["tableNotOrdered"])
  }

  @Test func aLinkThatWasNotFencedIsSeen() {
    #expect(violationsOfFirstMapping(.tableLinks) == ["staleTableEntry"])
  }

  /// A new space's root is linked by being made active.
  @Test func aRootThatWasNotOrderedIsSeen() {
    let machine = TestMachine()
    machine.kernel.platform.neglect = .tableOrder
    let process = machine.make(.process)
    let root = machine.kernel.objects[
      machine.object(of: process, in: machine.initial).narrowed(to: Process.self)
    ].space
    machine.kernel.platform.activate(root)

    _ = machine.kernel.platform.load(Self.far)

    let seen = machine.kernel.platform.takeViolations()
    #expect(seen == [.tableNotOrdered(root.root.rawValue)])
  }

  // MARK: Code

  private func violationsOfRunning(_ neglect: Neglect) -> [SimulatedViolation] {
    let rig = MappingTests.Rig()
    rig.machine.kernel.platform.neglect = neglect
    rig.machine.map(
      rig.actor, rig.own, at: MappingTests.place, rights: .read.union(.execute))
    #expect(rig.machine.fetch(rig.actor, MappingTests.place).value != nil)
    return rig.machine.kernel.platform.takeViolations()
  }

  @Test func codeIsPublished() {
    #expect(violationsOfRunning([]) == [])
    #expect(violationsOfRunning(.codePublication).map { kind(of: $0) } == ["codeNotPublished"])
  }

  /// A store of the kernel's, which comes too late, into a page of code.
  @Test func aStoreAfterPublicationIsSeen() {
    let rig = MappingTests.Rig()
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: MappingTests.place, rights: .read.union(.execute))
    let frame = machine.fetch(rig.actor, MappingTests.place).value ?? 0
    #expect(machine.kernel.platform.takeViolations() == [])

    machine.kernel.platform.setPhysicalWord(0x1234, at: frame + 8)
    machine.enter { _ in }

    #expect(machine.kernel.platform.takeViolations() == [.codeNotPublished(frame: frame)])
    #expect(machine.fetch(rig.actor, MappingTests.place).value != nil)
    #expect(machine.kernel.platform.takeViolations() == [])
  }

  /// User code that writes code by a second mapping answers for it itself.
  ///
  /// That holds for what it stored through a mapping that is gone when the code is looked at.
  @Test(arguments: [true, false])
  func aUsersOwnStoreIsItsOwnAffair(isUnmapped: Bool) {
    let rig = MappingTests.Rig()
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: MappingTests.place, rights: .read.union(.execute))
    machine.map(rig.actor, rig.own, at: MappingTests.place + 16 * 4096)

    machine.poke(rig.actor, 7, at: MappingTests.place + 16 * 4096)
    if isUnmapped {
      #expect(machine.unmap(rig.actor, at: MappingTests.place + 16 * 4096).status == .ok)
    }
    machine.enter { _ in }

    #expect(machine.kernel.platform.takeViolations() == [])
  }
}
