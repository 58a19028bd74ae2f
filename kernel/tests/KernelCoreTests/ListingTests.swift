import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Who may read a process sees all that it holds and runs; who may read the machine, all processes.
@Suite struct ListingTests {
  typealias Transfers = TestMachine.Transfers
  private let machine = TestMachine()
  private var initial: Actor { machine.initial }

  /// Asks for one member of a list; init does, unless told otherwise.
  private func ask(
    _ handle: Handle, _ subject: QuerySubject, from position: UInt64, by actor: Actor? = nil
  ) -> (isFound: Bool, words: [UInt64]) {
    let outcome = machine.call(
      actor ?? initial, .query, UInt64(handle.rawValue), subject.rawValue, position)
    #expect(outcome.status == .ok)
    return (outcome.value == 1, outcome.words)
  }

  /// All members of a list, with something done before each step.
  private func list(
    _ handle: Handle, _ subject: QuerySubject, between: () -> Void = {}
  ) -> [[UInt64]] {
    var result: [[UInt64]] = []
    var position: UInt64 = 0
    while true {
      between()
      let answer = ask(handle, subject, from: position)
      if answer.isFound {
        #expect(answer.words[0] >= position)
        result.append(answer.words)
        position = answer.words[0] + 1
      } else {
        #expect(answer.words[1...].allSatisfy { $0 == 0 })
        guard answer.words[0] != QuerySubject.endOfList else { return result }
        #expect(answer.words[0] > position)
        position = answer.words[0]
      }
    }
  }

  /// What a table holds, by a look into the kernel.
  private func held(by actor: Actor) -> [[UInt64]] {
    Census.allSlots(of: actor.process, machine.kernel).compactMap { id in
      let slot = machine.kernel.objects[id]
      guard slot.state != .free, slot.state != .spare else { return nil }
      return [
        UInt64(slot.index), UInt64(slot.typeCode), UInt64(slot.rights.bits), slot.badge,
        UInt64(slot.handle.generation), UInt64(slot.state.rawValue), UInt64(slot.role.rawValue), 0,
      ]
    }
  }

  // MARK: Capabilities

  /// Whatever a slot is used for, it is listed: by name, in a message that waits, kept by the
  /// kernel for a binding, as a right to answer, and while it is being filled.
  @Test func `CAP_510 capabilitiesInEveryStateAreListedOnce`() {
    let actor = machine.spawn()
    let helper = machine.addThread(to: actor)
    let client = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let own = machine.give(endpoint, to: actor)
    let called = machine.give(endpoint, to: client, badge: 77)
    let notification = machine.makeNotification()
    let passed = machine.give(notification, to: actor, badge: 5)
    // Far away, beyond gaps.
    for slot: UInt16 in [64, 127, 20_000, 65_534] {
      #expect(
        machine.copy(
          initial, notification, to: actor.processHandle, slot: slot, rights: .read
        ).status == .ok)
    }
    machine.call(
      initial, .bind, UInt64(actor.threadHandle.rawValue), UInt64(notification.rawValue))
    machine.request(client, called, [1])
    machine.receive(actor, own)
    // Nobody receives here: it waits with what it moves.
    let other = machine.give(machine.makeEndpoint(), to: actor)
    machine.send(helper, other, [], .move(passed))
    #expect(machine.state(helper) == .sending)

    let listed = list(actor.processHandle, .capabilities)
    #expect(listed == held(by: actor))
    let states = Set(listed.map { $0[5] })
    #expect(states == Set([SlotState.held, .inTransit].map { UInt64($0.rawValue) }))
    #expect(listed.contains { $0[1] == UInt64(ObjectType.reply.rawValue) })
    let read = listed.filter { $0[2] == UInt64(Rights.read.bits) }
    #expect(read.map { $0[0] } == [64, 127, 20_000, 65_534])
    let transit = listed.first { $0[5] == UInt64(SlotState.inTransit.rawValue) }
    #expect(transit?[3] == 5)
    // The binding is init's.
    let bindings = list(initial.processHandle, .capabilities)
      .filter { $0[5] == UInt64(SlotState.bound.rawValue) }.map { $0[6] }
    #expect(bindings == [UInt64(BindingRole.threadEnd.rawValue)])

    // Memory that is still being cleared.
    let maker = machine.spawn()
    let budget = machine.give(TestMachine.budgetHandle, to: maker)
    machine.holdingWork {
      machine.call(
        maker, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
        [64 * 4096])
      #expect(machine.isWorking(maker))
    }
    let filling = list(maker.processHandle, .capabilities)
    #expect(filling == held(by: maker))
    #expect(filling.contains { $0[5] == UInt64(SlotState.reserved.rawValue) })
    #expect(machine.findings == [])
  }

  /// A table of one slot in each far chunk is gone through in calls that each look at few slots.
  @Test func gapsAreCrossedInCountedSteps() {
    let actor = machine.spawn()
    #expect(list(actor.processHandle, .capabilities).isEmpty)
    #expect(ask(actor.processHandle, .capabilities, from: 0).words[0] > 64)
    machine.copy(initial, actor.processHandle, to: actor.processHandle, slot: 65_534, rights: .read)
    var calls = 0
    let listed = list(actor.processHandle, .capabilities) { calls += 1 }
    #expect(listed.map { $0[0] } == [65_534])
    // 1,024 chunks, two or so of them there.
    #expect(calls <= 1024 / 64 + 5)
  }

  @Test(arguments: [65_534, 65_535, 65_536, 1 << 16 | 3, 1 << 32 | 3, .max] as [UInt64])
  func placesBehindTheTableAreItsEnd(position: UInt64) {
    let answer = ask(initial.processHandle, .capabilities, from: position)
    #expect(!answer.isFound)
    #expect(answer.words[0] == QuerySubject.endOfList)
  }

  /// While others come and go between any two steps, what stays is met exactly once.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `CAP_510 capabilitiesThatStayAreListedOnceWhileOthersChange`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let actor = machine.spawn()
    let notification = machine.makeNotification()
    let endpoint = machine.makeEndpoint()
    var stable: Set<UInt64> = []
    for _ in 0..<40 {
      let slot = UInt16(1 + random.below(900))
      let outcome = machine.copy(
        initial, notification, to: actor.processHandle, slot: slot, rights: .read)
      if outcome.status == .ok { stable.insert(UInt64(slot)) }
    }
    var others: [Handle] = []
    let listed = list(actor.processHandle, .capabilities) {
      for _ in 0..<6 {
        if random.chance(50), !others.isEmpty {
          // Not by the actor itself, whose process it is.
          #expect(
            machine.delete(actor, others.remove(at: random.below(others.count))).status == .ok)
        } else {
          let outcome = machine.copy(
            initial, endpoint, to: actor.processHandle, slot: UInt16(1 + random.below(900)),
            rights: .write)
          if outcome.status == .ok { others.append(outcome.handle) }
        }
      }
    }
    let found = listed.filter { $0[1] == UInt64(ObjectType.notification.rawValue) }.map { $0[0] }
    #expect(found == stable.sorted(), "seed \(seed)")
    #expect(machine.findings == [])
  }

  /// A process is asked in every stage of its end; what it held is there, or gone.
  @Test func endingTablesAreListedToTheirEnd() {
    let actor = machine.spawn()
    let notification = machine.makeNotification()
    for slot in stride(from: 3, to: 3_000, by: 7) {
      machine.copy(
        initial, notification, to: actor.processHandle, slot: UInt16(slot), rights: .read)
    }
    var counts: [Int] = []
    machine.holdingWork {
      #expect(machine.destroy(initial, actor.processHandle).status == .ok)
      machine.finishEnding {
        counts.append(Self.count(of: actor, machine))
        if machine.kernel.objects[actor.process].endStage != .done {
          #expect(counts.last == held(by: actor).count)
        } else {
          #expect(counts.last == 0)
        }
        #expect(machine.findings == [])
      }
    }
    // Seen while it shrank.
    #expect(Set(counts).count > 5 && counts.contains { $0 > 100 })
    #expect(list(actor.processHandle, .capabilities).isEmpty)
    #expect(list(actor.processHandle, .threads).isEmpty)
    #expect(machine.findings == [])
  }

  /// By the kernel's own function: between two batches of an end nobody calls here.
  private static func count(of actor: Actor, _ machine: TestMachine) -> Int {
    var count = 0
    var position: UInt64 = 0
    while position != QuerySubject.endOfList {
      var words: [8 of UInt64] = .init(repeating: 0)
      words[0] = QuerySubject.endOfList
      let isFound = machine.kernel.listCapability(
        of: actor.process, from: position, into: &words)
      if isFound { count += 1 }
      position = isFound ? words[0] + 1 : words[0]
    }
    return count
  }

  // MARK: Threads

  @Test func `CAP_510 threadsAreListedByNumbersThatNeverComeAgain`() {
    let actor = machine.spawn()
    var threads = [actor]
    for _ in 0..<20 { threads.append(machine.addThread(to: actor, priority: 9)) }
    #expect(list(actor.processHandle, .threads).map { $0[0] } == Array(1...21))
    machine.call(initial, .suspend, UInt64(threads[3].threadHandle.rawValue))
    machine.receive(threads[4], machine.give(machine.makeEndpoint(), to: actor))
    for index in [0, 5, 20] { machine.destroy(initial, threads[index].threadHandle) }
    let another = machine.addThread(to: actor)
    let listed = list(actor.processHandle, .threads)
    #expect(listed.map { $0[0] } == [2, 3, 4, 5] + Array(7...20) + [22])
    #expect(listed.first { $0[0] == 4 }?[4] == 1)
    #expect(listed.first { $0[0] == 5 }?[1] == UInt64(ThreadState.receiving.rawValue))
    #expect(listed.first { $0[0] == 3 }?[2] == 9)
    for words in listed {
      let thread = machine.kernel.objects[actor.process].threads
        .first(notBelow: words[0], in: machine.kernel.objects)
      let handle = ([another] + threads).first { $0.thread == thread }?.threadHandle ?? .none
      #expect(machine.query(initial, handle)?[3] == words[3])
      let inspect = machine.call(
        initial, .inspect, UInt64(handle.rawValue), UInt64(actor.processHandle.rawValue))
      #expect(inspect.words[5] == words[0])
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `CAP_510 threadsThatStayAreListedOnceWhileOthersChange`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let actor = machine.spawn()
    var stable: [UInt64] = []
    var others: [Actor] = []
    for index in 0..<24 {
      let thread = machine.addThread(to: actor)
      if random.chance(50) { others.append(thread) } else { stable.append(UInt64(index + 2)) }
    }
    let listed = list(actor.processHandle, .threads) {
      for _ in 0..<3 {
        if random.chance(70), !others.isEmpty {
          machine.destroy(initial, others.remove(at: random.below(others.count)).threadHandle)
        } else if others.count < 30 {
          others.append(machine.addThread(to: actor))
        }
      }
    }
    let found = listed.map { $0[0] }
    #expect(found == found.sorted() && Set(found).count == found.count, "seed \(seed)")
    #expect(Set(stable).isSubset(of: found), "seed \(seed)")
    #expect(machine.findings == [])
  }

  // MARK: Processes

  /// Also those whose maker has ended, and which nobody can name any more.
  @Test func processesAreListedWithWhoMadeThem() {
    let maker = machine.spawn()
    let budget = machine.give(TestMachine.budgetHandle, to: maker)
    let process = machine.make(.process, by: maker, budget: budget)
    let thread = machine.make(
      .thread, [UInt64(process.rawValue), 3], by: maker, budget: budget)
    machine.call(maker, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
    let bystander = machine.spawn()
    let number = { (process: Handle) in
      machine.call(
        initial, .inspect, UInt64(process.rawValue), UInt64(TestMachine.machineHandle.rawValue)
      ).words[5]
    }
    let makerNumber = number(maker.processHandle)
    #expect(makerNumber == 2)
    let listed = list(TestMachine.machineHandle, .processes)
    #expect(listed.map { $0[0] } == [1, 2, 3, 4])
    #expect(listed.map { $0[6] } == [0, 1, 2, 1])
    #expect(number(bystander.processHandle) == 4)
    for (words, handle) in [(listed[1], maker.processHandle), (listed[3], bystander.processHandle)] {
      #expect(machine.query(initial, handle).map { [$0[0], $0[2], $0[3], $0[4], $0[5]] }
        == [words[1], words[2], words[3], words[4], words[5]])
    }

    // The child can reach itself, so it outlives who made it.
    machine.copy(maker, process, to: process, rights: .all)
    machine.destroy(initial, maker.processHandle)
    #expect(list(TestMachine.machineHandle, .processes).map { $0[0] } == [1, 3, 4])
    #expect(list(TestMachine.machineHandle, .processes)[1][6] == 2)
    _ = machine.spawn()
    #expect(list(TestMachine.machineHandle, .processes).map { $0[0] } == [1, 3, 4, 5])
    // It ended, but still has a name.
    #expect(machine.query(initial, maker.processHandle)?[0] == UInt64(ProcessState.ended.rawValue))
    #expect(machine.findings == [])
  }

  // MARK: Rights and bad input

  @Test func `CAP_510 listsNeedTheRightToRead`() {
    let actor = machine.spawn()
    let blind = machine.copy(
      initial, actor.processHandle, rights: Rights.all.subtracting(.read)
    ).handle
    let blindMachine = machine.copy(
      initial, TestMachine.machineHandle, rights: Rights.all.subtracting(.read)
    ).handle
    for subject: UInt64 in 0...4 {
      for handle in [blind, blindMachine] {
        #expect(
          machine.call(initial, .query, UInt64(handle.rawValue), subject).status == .noRight)
      }
    }
    let reader = machine.copy(initial, actor.processHandle, rights: .read).handle
    #expect(list(reader, .threads).count == 1)
  }

  /// Numbers tell how many there have been: nobody learns them who may not read the list.
  @Test func numbersAreToldToWhoMayReadTheList() {
    let actor = machine.spawn()
    let other = machine.spawn()
    let number = { (object: Handle, lister: Handle) in
      machine.call(initial, .inspect, UInt64(object.rawValue), UInt64(lister.rawValue)).words[5]
    }
    let all = Rights.all
    let blind = machine.copy(
      initial, TestMachine.machineHandle, rights: all.subtracting(.read)
    ).handle
    let blindProcess = machine.copy(
      initial, actor.processHandle, rights: all.subtracting(.read)
    ).handle
    #expect(number(actor.processHandle, TestMachine.machineHandle) == 2)
    #expect(number(actor.threadHandle, actor.processHandle) == 1)
    for lister in [.none, blind, actor.processHandle, actor.threadHandle, TestMachine.budgetHandle] {
      #expect(number(actor.processHandle, lister) == 0)
    }
    for lister in [
      .none, blindProcess, other.processHandle, actor.threadHandle, TestMachine.machineHandle,
    ] {
      #expect(number(actor.threadHandle, lister) == 0)
    }
  }

  /// Every subject with every type: only those that the type has are answered.
  @Test func subjectsThatATypeDoesNotHaveAreRefused() {
    let actor = machine.spawn()
    let handles: [(Handle, Set<UInt64>)] = [
      (actor.processHandle, [0, 1, 2]), (actor.threadHandle, [0]),
      (TestMachine.machineHandle, [0, 3]), (TestMachine.budgetHandle, [0]),
      (machine.makeMemory(pages: 1), [0]), (machine.makeEndpoint(), [0]),
      (machine.makeNotification(), [0]),
      (machine.make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 3]), [0]),
      (machine.make(.portRange, [UInt64(TestMachine.machineHandle.rawValue), 3, 1]), [0]),
    ]
    for (handle, subjects) in handles {
      for subject: UInt64 in [0, 1, 2, 3, 4, 1 << 8 | 1, 1 << 32 | 1, .max] {
        let outcome = machine.call(initial, .query, UInt64(handle.rawValue), subject, 0)
        if subjects.contains(subject) {
          #expect(outcome.status == .ok)
        } else {
          #expect(outcome.status == .badArgument && outcome.value == 1)
          #expect(outcome.words.allSatisfy { $0 == 0 }, "left alone")
        }
      }
    }
  }

  // MARK: Charges

  /// `inspect` tells whether an object is charged to a budget: that one, not one above or below.
  @Test func objectsTellWhatTheyAreChargedTo() {
    let child = machine.make(.budget, [1 << 20, 100])
    let grandchild = machine.make(.budget, [1 << 16, 10], budget: child)
    let charged = { (object: Handle, budget: Handle) in
      let outcome = machine.call(
        initial, .inspect, UInt64(object.rawValue), UInt64(budget.rawValue))
      #expect(outcome.status == .ok)
      return outcome.words[4] == 1
    }
    let budgets = [TestMachine.budgetHandle, child, grandchild]
    for (index, budget) in budgets.enumerated() {
      for type in [ObjectType.endpoint, .notification] {
        let object = machine.make(type, budget: budget)
        #expect(budgets.map { charged(object, $0) } == (0..<3).map { $0 == index })
      }
    }
    #expect(budgets.map { charged(child, $0) } == [true, false, false])
    #expect(budgets.map { charged(grandchild, $0) } == [false, true, false])
    let process = machine.make(.process, budget: child)
    #expect(budgets.map { charged(process, $0) } == [false, true, false])
    // What is no budget, and what is no object.
    #expect(!charged(process, process))
    #expect(!charged(TestMachine.machineHandle, TestMachine.budgetHandle))
  }
}
