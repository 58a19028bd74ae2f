import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Work of a thread that stood still, whose slot has been used for others meanwhile.
@Suite struct StaleWorkTests {
  /// A thread clears new memory, is suspended, its memory's budget ends, and the slot is used
  /// 65,534 times: its token names the slot again, which holds other memory by then.
  @Test func `MEM_503 staleClearingTouchesNoOtherMemory`() {
    let machine = TestMachine(frames: 4096)
    let initial = machine.initial
    let first = machine.spawn()
    let second = machine.addThread(to: first)
    let driver = machine.addThread(to: first)
    let root = machine.give(TestMachine.budgetHandle, to: driver)
    let inner = machine.make(.budget, [200 * 4096, 10])
    let theirBudget = machine.give(inner, to: driver)
    let firstThread = machine.give(first.threadHandle, to: driver)
    func create(_ actor: Actor, _ budget: Handle, _ type: ObjectType, _ words: [UInt64] = [])
      -> Outcome
    {
      machine.call(
        actor, .create, UInt64(budget.rawValue), UInt64(type.rawValue), 60, words)
    }

    // Not all of its 100 pages are clear.
    machine.holdingWork { _ = create(first, theirBudget, .memory, [100 * 4096]) }
    machine.continueWork(of: first)
    machine.continueWork(of: first)
    #expect(machine.isWorking(first))
    let generation = machine.kernel.objects[
      machine.kernel.objects[first.process].table.slot(at: 60, in: machine.kernel.objects)
    ].generation
    machine.holdingWork {
      #expect(machine.call(driver, .suspend, UInt64(firstThread.rawValue)).status == .ok)
    }
    #expect(machine.destroy(driver, theirBudget).status == .ok)

    // As after 65,534 objects that were made and deleted in it.
    let used = machine.kernel.objects[first.process].table.slot(
      at: 60, in: machine.kernel.objects)
    machine.kernel.objects[used].generation = generation
    // Nor all 20 of these.
    machine.holdingWork { _ = create(second, root, .memory, [20 * 4096]) }
    #expect(machine.isWorking(second))
    let slot = machine.kernel.objects[first.process].table.slot(
      at: 60, in: machine.kernel.objects)
    let memory = machine.kernel.objects[slot].object.narrowed(to: MemoryObject.self)
    let base = machine.kernel.objects[memory].frames.base
    // What the frames held before: somebody's secret.
    machine.kernel.platform.setPhysicalWord(0x5ec2e7, at: base + 19 * 4096)
    // Whatever lies behind: give it an owner, and contents.
    let victim = base + 42 * 4096
    var mine: [Handle] = []
    while machine.kernel.objects[
      machine.object(of: mine.last ?? machine.makeMemory(pages: 1), in: initial)
        .narrowed(to: MemoryObject.self)
    ].frames.base != victim, mine.count < 4_000 {
      let made = machine.call(
        initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.memory.rawValue), 0xffff, [4096])
      guard made.status == .ok else { break }
      mine.append(made.handle)
    }
    machine.kernel.platform.setPhysicalWord(0x1234, at: victim)

    machine.holdingWork {
      #expect(machine.call(driver, .resume, UInt64(firstThread.rawValue)).status == .ok)
    }
    #expect(machine.outcome(first).status == .cancelled)

    #expect(machine.kernel.platform.physicalWord(at: victim) == 0x1234)
    if machine.kernel.objects[slot].state == .held {
      #expect(
        machine.kernel.platform.physicalWord(at: base + 19 * 4096) == 0,
        "memory can be named that is not clear: \(machine.outcome(first))")
    }
  }

  /// A delete and a revoke that stood still while their slot was used so often that its handle
  /// is the same again: what it holds by then is not theirs.
  @Test(arguments: [true, false])
  func `REV_503 staleTokensNameNothing`(isRevoke: Bool) {
    let machine = TestMachine(frames: 2048)
    let first = machine.spawn()
    let driver = machine.addThread(to: first)
    let root = machine.give(TestMachine.budgetHandle, to: driver)
    let firstThread = machine.give(first.threadHandle, to: driver)
    let inner = machine.give(machine.make(.budget, [400 * 4096, 400]), to: driver)
    func create(_ budget: Handle, pages: UInt64) -> Handle {
      machine.call(
        driver, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 60,
        [pages * 4096]
      ).handle
    }
    func slot() -> SlotID {
      machine.kernel.objects[first.process].table.slot(at: 60, in: machine.kernel.objects)
    }

    let old = create(inner, pages: 200)
    machine.map(driver, old, at: 1 << 30, byteCount: 200 * 4096)
    for _ in 0..<200 { #expect(machine.copy(driver, old, rights: .all).status == .ok) }
    machine.holdingWork {
      if isRevoke { machine.revoke(first, old) } else { machine.delete(first, old) }
    }
    #expect(machine.isWorking(first))
    machine.holdingWork {
      #expect(machine.call(driver, .suspend, UInt64(firstThread.rawValue)).status == .ok)
    }
    #expect(machine.destroy(driver, inner).status == .ok)
    #expect(machine.kernel.objects[slot()].state == .free)

    // As after 65,535 objects that were made and deleted in it.
    machine.kernel.objects[slot()].generation = .max
    machine.delete(driver, create(root, pages: 1))
    machine.kernel.objects[slot()].generation = old.generation
    let new = create(root, pages: 1)
    #expect(new == old)
    #expect(machine.copy(driver, new, rights: .all).status == .ok)
    #expect(machine.call(driver, .resume, UInt64(firstThread.rawValue)).status == .ok)

    #expect(machine.finishWork(of: first) != nil)
    #expect(machine.outcome(first).status == (isRevoke ? .cancelled : .ok))
    #expect(machine.kernel.objects[slot()].state == .held)
    #expect(!machine.kernel.objects[slot()].firstChild.isNone)
    #expect(machine.findings == [])
  }
}
