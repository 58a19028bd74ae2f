import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// After random programs have ended, nothing of theirs is left.
@Suite struct LeftoverTests {
  /// Whoever's turn it is.
  private static func reap(_ machine: TestMachine) {
    machine.holdingWork {
      for _ in 0..<20_000 where machine.isReaping { machine.enter { $0.reapBatch() } }
    }
  }

  /// Ends all that random programs made; returns what is left that should not be.
  private static func leftovers(of machine: TestMachine) -> [String] {
    let initial = machine.initial
    machine.runsWork = true
    machine.enter { kernel in
      for thread in Census(kernel).threads where thread != initial.thread {
        kernel.objects.end(thread, value: 1)
      }
      for process in Census(kernel).processes where process != initial.process {
        kernel.objects.beginEnding(process, value: 1)
      }
      // Init sleeps, so that nothing is less urgent than what runs.
      kernel.objects.leaveRunQueue(initial.thread)
      kernel.objects[initial.thread].isSuspended = true
      if kernel.current == initial.thread {
        kernel.objects[initial.thread].state = .ready
        kernel.objects[kernel.cpu].needsSchedule = true
      }
    }
    reap(machine)
    machine.enter { kernel in
      for slot in Census.allSlots(of: initial.process, kernel) {
        let object = kernel.objects[slot].object
        let isOwn =
          object == initial.process.header || object == initial.thread.header
          || object == machine.rootBudget.header
        guard kernel.objects[slot].state != .free, !isOwn else { continue }
        var steps = 1 << 20
        while kernel.objects[slot].state != .free, !kernel.deleteStep(slot, steps: &steps) {}
      }
    }
    reap(machine)
    var left: [String] = []
    // Init went with something that was being ended.
    guard machine.isAlive(initial.thread) else { return [] }
    let shared = machine.kernel.objects.shared
    for type in ObjectType.allNames {
      let wanted: UInt64 = type == .process || type == .thread || type == .budget ? 1 : 0
      let count = shared.count(of: type)
      if count != wanted { left.append("\(count) of \(type)") }
    }
    if !shared.revokers.isEmpty { left.append("a revoker") }
    let table = machine.kernel.objects[initial.process].table
    let process = machine.kernel.objects[initial.process]
    let frames = UInt64(process.tableFrames) + 1 + UInt64(table.chunkCount) + 2
    let used = machine.kernel.objects[machine.rootBudget].memoryUsed / 4096
    if used != frames { left.append("\(used) frames instead of \(frames)") }
    return left
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func randomProgramsLeaveNothing(stream: UInt64) {
    let seed = RandomSource.seed(standard: 31_415 &* stream)
    var world = RandomWorld(seed: seed, interleaves: stream % 4 != 0)
    var random = RandomSource(seed: seed ^ 0xabc)
    for _ in 0..<400 where !world.isOver {
      world.step()
      if random.chance(30) { Self.useLongMappings(&world, &random) }
      if random.chance(10) {
        let found = world.machine.findings(ignoringPriorities: true)
        guard found.isEmpty else {
          Issue.record("MNOS_SEED=\(seed): \(found.prefix(4)) after \(world.trace.suffix(14))")
          return
        }
      }
    }
    let machine = world.machine
    machine.runsWork = true
    guard machine.isAlive(machine.initial.thread),
      machine.kernel.objects[machine.initial.process].state == .running,
      machine.kernel.objects[machine.initial.thread].state != .ended
    else { return }

    let left = Self.leftovers(of: machine)

    #expect(left == [], "MNOS_SEED=\(seed)")
    #expect(machine.findings(ignoringPriorities: true) == [], "MNOS_SEED=\(seed)")
  }

  /// Makes, maps, protects or unmaps memory that takes several batches, or deletes it.
  private static func useLongMappings(_ world: inout RandomWorld, _ random: inout RandomSource) {
    let able = world.able()
    guard !able.isEmpty else { return }
    let thread = random.pick(able)
    let process = world.machine.kernel.objects[thread].process
    let processes = world.handles(of: process, .process)
    let target = processes.isEmpty || random.chance(50) ? 0 : UInt64(random.pick(processes).rawValue)
    let place = UInt64(1 + random.below(2)) << 30 + UInt64(random.below(2)) << 21
    let length: UInt64 = 60 * 4096
    func padded(_ words: [UInt64]) -> [UInt64] {
      words + Array(repeating: 0, count: 8 - words.count)
    }
    switch random.below(6) {
    case 0:
      guard let budget = world.handles(of: process, .budget).randomElement(using: &random) else {
        return
      }
      world.invoke(
        thread, CallWord(.create), UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue),
        0xffff, padded([length]))
    case 1, 2:
      let memories = world.handles(of: process, .memory)
      guard !memories.isEmpty else { return }
      let memory = random.pick(memories)
      world.invoke(
        thread, CallWord(.map), UInt64(memory.rawValue), target, place,
        padded([0, random.chance(80) ? length : 4096, random.pick([1, 3, 0x401])]))
    case 3:
      world.invoke(thread, CallWord(.unmap), target, place, length, padded([]))
    case 4:
      world.invoke(thread, CallWord(.protect), target, place, length, padded([random.pick([1, 3, 5])]))
    default:
      let memories = world.handles(of: process, .memory)
      guard !memories.isEmpty else { return }
      let memory = random.pick(memories)
      world.invoke(
        thread, CallWord(random.chance(50) ? .delete : .revoke), UInt64(memory.rawValue), 0, 0,
        padded([]))
    }
  }
}

extension Array {
  fileprivate func randomElement(using random: inout RandomSource) -> Element? {
    isEmpty ? nil : random.pick(self)
  }
}
