import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Budgets pay for whole frames: what they and the kernel use is what is not free.
@Suite struct WholeFrameChargeTests {
  /// Frames in use beyond what a budget tree accounts for: the kernel's own.
  ///
  /// - Parameter children: Child budgets of init's, and of each other, by init's handles.
  static func unaccounted(_ machine: TestMachine, children: [Handle] = []) -> Int64 {
    let (frames, bytes, _) = machine.usage
    #expect(bytes % 4096 == 0)
    var pages = Int64(bytes / 4096)
    for child in children {
      guard let words = machine.query(machine.initial, child) else { continue }
      #expect(words[1] % 4096 == 0)
      #expect(words[1] <= words[0])
      #expect(words[3] <= words[2])
      // Its parent is charged with its limit; it uses this much of it.
      pages += Int64(words[1] / 4096) - Int64(words[0] / 4096)
    }
    return Int64(frames) - pages
  }

  static let kinds: [(ObjectType, [UInt64])] = [
    (.endpoint, []), (.notification, []), (.process, []), (.memory, [4096]),
    (.memory, [3 * 4096]),
    (.thread, [UInt64(TestMachine.processHandle.rawValue), 50]), (.budget, [8192, 2]),
  ]

  @Test(arguments: [1, 2, 63, 64, 65, 130])
  func `RES_503 budgetsAccountForEveryFrame`(count: Int) {
    let machine = TestMachine(frames: 2048)
    let kernel = Self.unaccounted(machine)
    for (type, words) in Self.kinds {
      var handles: [Handle] = []
      var children: [Handle] = []
      for _ in 0..<count {
        let handle = machine.make(type, words)
        handles.append(handle)
        if type == .budget { children.append(handle) }
        if handles.count & 15 == 0 || count < 4 {
          #expect(Self.unaccounted(machine, children: children) == kernel, "\(type)")
        }
      }
      #expect(Self.unaccounted(machine, children: children) == kernel, "\(type)")
      // Every second first, so that many frames hold one object.
      for (index, handle) in handles.enumerated() where index % 2 == 0 {
        machine.delete(machine.initial, handle)
        machine.finishEnding()
      }
      #expect(Self.unaccounted(machine, children: children) == kernel, "\(type)")
      for (index, handle) in handles.enumerated() where index % 2 == 1 {
        machine.delete(machine.initial, handle)
        machine.finishEnding()
      }
      #expect(Self.unaccounted(machine) == kernel, "\(type)")
    }
    #expect(machine.findings == [])
  }

  /// One object of each frame is kept, again and again: the budget pays for the frames.
  @Test(arguments: [ObjectType.endpoint, .notification, .thread])
  func `RES_503 sparseObjectsCostWholeFrames`(type: ObjectType) {
    let machine = TestMachine(frames: 1024)
    let kernel = Self.unaccounted(machine)
    let budget = machine.make(.budget, [24 * 4096, 1 << 16])
    let process = UInt64(TestMachine.processHandle.rawValue)
    var sparse: [Handle] = []
    for _ in 0..<40 {
      var made: [Handle] = []
      while made.count < 70 {
        let outcome = machine.call(
          machine.initial, .create, UInt64(budget.rawValue), UInt64(type.rawValue), 0xffff,
          [process, 50])
        guard outcome.status == .ok else { break }
        made.append(outcome.handle)
      }
      // Others fill the gaps at once, as far as they can.
      for (index, handle) in made.enumerated() where index > 0 {
        machine.delete(machine.initial, handle)
      }
      sparse += made.prefix(1)
      _ = machine.make(type, [process, 50])
      #expect(Self.unaccounted(machine, children: [budget]) == kernel)
    }
    #expect(machine.findings == [])
  }

  /// Capabilities, mappings and page tables, in processes of a child budget.
  @Test func `RES_503 processesPayForTheirTables`() {
    let machine = TestMachine(frames: 1024)
    let kernel = Self.unaccounted(machine)
    let budget = machine.make(.budget, [200 * 4096, 1000])
    func check(_ what: String) {
      #expect(Self.unaccounted(machine, children: [budget]) == kernel, "\(what)")
    }
    check("a budget")
    let actor = machine.spawn(budget: budget)
    check("a process with a thread")
    let own = machine.give(budget, to: actor)
    let memory = machine.give(machine.makeMemory(pages: 2), to: actor)
    for index in 0..<70 as Range<UInt64> {
      machine.map(actor, memory, at: 0x80_0000 + index << 30)
      if index & 7 == 0 { check("mapping \(index)") }
    }
    for index in 0..<140 {
      _ = machine.copy(actor, own, rights: .all)
      if index & 15 == 0 { check("capability \(index)") }
    }
    for index in 0..<70 as Range<UInt64> { machine.unmap(actor, at: 0x80_0000 + index << 30) }
    check("unmapped")
    machine.destroy(machine.initial, actor.processHandle)
    machine.finishEnding()
    check("ended")
    #expect(machine.findings == [])
  }

  /// Random creation and deletion over a tree of budgets.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `RES_503 sumsAreExactAfterEveryCall`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let machine = TestMachine(frames: 600)
    let kernel = Self.unaccounted(machine)
    var budgets: [Handle] = []
    var handles: [Handle] = []
    for step in 0..<400 {
      if random.chance(60) {
        let (type, words) = random.pick(Self.kinds)
        let parent =
          budgets.isEmpty || random.chance(30) ? TestMachine.budgetHandle : random.pick(budgets)
        let size =
          type == .budget
          ? [UInt64(random.below(30)) * 4096, UInt64(random.below(30))] : words
        let outcome = machine.call(
          machine.initial, .create, UInt64(parent.rawValue), UInt64(type.rawValue), 0xffff, size)
        if outcome.status == .ok {
          if type == .budget { budgets.append(outcome.handle) } else { handles.append(outcome.handle) }
        }
      } else if !handles.isEmpty {
        machine.delete(machine.initial, handles.remove(at: random.below(handles.count)))
        machine.finishEnding()
      }
      let found = Self.unaccounted(machine, children: budgets)
      guard found == kernel else {
        Issue.record("step \(step): \(found) frames are the kernel's, were \(kernel)")
        return
      }
    }
    #expect(machine.findings == [])
  }
}
