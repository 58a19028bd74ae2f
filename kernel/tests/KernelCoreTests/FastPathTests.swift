import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Two kernels live through the same calls; one of them never takes the fast path. Nobody can tell
/// which.
@Suite struct FastPathTests {
  final class World {
    let machine = TestMachine()
    var actors: [Actor] = []
    var endpoints: [[Handle]] = []
    var budgets: [Handle] = []
    var timers: [Handle] = []
    var rights: [[Handle]] = []
    var made: [Handle] = []
    var threads: [[Handle]] = []
    let isFast: Bool
    /// Calls that took the fast path.
    var fastCount = 0

    init(priorities: [UInt8], servers: Int, isFast: Bool) {
      self.isFast = isFast
      let machine = machine
      actors = priorities.map { machine.spawn(priority: $0) }
      let raw = (0..<servers).map { _ in machine.makeEndpoint() }
      endpoints = actors.map { actor in raw.map { machine.give($0, to: actor) } }
      budgets = actors.map { machine.give(TestMachine.budgetHandle, to: $0) }
      threads = actors.map { actor in actors.map { machine.give($0.threadHandle, to: actor) } }
      timers = actors.map { machine.give(machine.makeNotification(), to: $0) }
      rights = actors.map { _ in [] }
      made = actors.map { _ in .none }
      machine.runsWork = false
      machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    }

    func invoke(
      _ actor: Actor, word: CallWord, _ a0: UInt64 = 0, _ a1: UInt64 = 0, _ a2: UInt64 = 0,
      words: [UInt64] = []
    ) {
      var registers = machine.kernel.objects[actor.thread].registers
      registers.callWord = word.rawValue
      registers.argument0 = a0
      registers.argument1 = a1
      registers.argument2 = a2
      for index in 0..<8 { registers[word: index] = index < words.count ? words[index] : 0 }
      machine.kernel.objects[actor.thread].registers = registers
      machine.enter { kernel in
        if self.isFast, kernel.takeFastPath() {
          precondition(
            !kernel.objects[kernel.cpu].needsSchedule
              && !kernel.objects.shared.reaper.hasIncoming && !kernel.hasWork,
            "the fast path left something to be done")
          self.fastCount += 1
          return
        }
        kernel.takeGeneralPath()
      }
    }

    /// Who runs, what is left of slices, and what every thread sees.
    func state() -> [UInt64] {
      machine.kernel.enter(cpu: 0)
      let kernel = machine.kernel.objects
      let cpu = machine.kernel.cpu
      var result: [UInt64] = []
      result.append(UInt64(actors.firstIndex { $0.thread == machine.running }.map { $0 } ?? 99))
      result.append(kernel[cpu].sliceEnd)
      result.append(kernel[cpu].slice.left)
      result.append(UInt64(kernel[cpu].slice.priority))
      result.append(kernel[cpu].slice.hasTurn ? 1 : 0)
      result.append(kernel[cpu].slice.isLent ? 1 : 0)
      result.append(machine.kernel.hasWork ? 1 : 0)
      result.append(kernel.shared.capabilityCount)
      for actor in actors {
        result.append(UInt64(kernel[actor.thread].state.rawValue))
        result.append(kernel[actor.thread].registers.callWord)
        result.append(kernel[actor.thread].registers.argument0)
        result.append(kernel[actor.thread].slice.left)
      }
      return result
    }

    /// One batch, one call of the thread that runs, or the end of a wait if none does.
    func step(_ r: [Int]) {
      machine.kernel.enter(cpu: 0)
      if machine.kernel.hasWork {
        machine.enter { $0.runBatch() }
      } else if let index = actors.firstIndex(where: { $0.thread == machine.running }) {
        act(index, r)
      } else {
        for k in 0..<actors.count {
          let thread = actors[(k + r[0]) % actors.count].thread
          if machine.kernel.objects[thread].isSuspended {
            machine.enter { kernel in
              kernel.objects[thread].isSuspended = false
              if kernel.objects[thread].state == .ready { kernel.objects.makeReady(thread) }
            }
          }
          let state = machine.kernel.objects[thread].state
          guard [.receiving, .sending, .awaitingReply, .waiting].contains(state) else { continue }
          machine.enter { $0.objects.wake(thread, .cancelled) }
          break
        }
      }
      machine.advance(to: machine.now + UInt64([0, 10_000, 100_000, 1_000_000][r[5] % 4]))
    }

    private func act(_ index: Int, _ r: [Int]) {
      let actor = actors[index]
      let outcome = machine.outcome(actor)
      if outcome.result.reply != .none, !rights[index].contains(outcome.result.reply) {
        rights[index].append(outcome.result.reply)
      }
      let endpoint = endpoints[index][r[1] % endpoints[index].count]
      var kind = r[0] % 21
      if index < 3, (6...10).contains(kind), r[4] % 8 != 0 { kind = 0 }
      if index < 3, rights[index].isEmpty, kind < 6, r[3] % 3 != 0 { kind = 0 }
      if index >= 3, kind < 5 || kind == 13, rights[index].isEmpty { kind = 6 + kind % 5 }
      switch kind {
      case 0...5:
        if !rights[index].isEmpty, r[2] % 8 != 0 {
          let right = rights[index].remove(at: r[2] % rights[index].count)
          invoke(
            actor,
            word: CallWord(.replyAndReceive, wordCount: UInt64(r[3] % 9), reply: right),
            UInt64(endpoint.rawValue), Deadline.never, words: [UInt64(r[4])])
        } else if index < 3 || r[3] % 3 == 0 {
          invoke(actor, word: CallWord(.receive), UInt64(endpoint.rawValue), Deadline.never)
        }
      case 6...10:
        invoke(
          actor, word: CallWord(.call, wordCount: UInt64(r[3] % 9)), UInt64(endpoint.rawValue),
          r[4] % 6 == 0 ? machine.now + UInt64(r[3] % 7) * 300_000 : Deadline.never,
          words: [UInt64(r[2])])
      case 11:
        invoke(
          actor, word: CallWord(.wait), UInt64(timers[index].rawValue),
          machine.now + UInt64(r[2] % 5) * 200_000)
      case 12:
        invoke(actor, word: CallWord(.yield))
      case 13:
        invoke(
          actor, word: CallWord(.receive), UInt64(endpoint.rawValue),
          machine.now + UInt64(r[2] % 5) * 200_000)
      case 14:
        if made[index] == .none {
          invoke(
            actor, word: CallWord(.create), UInt64(budgets[index].rawValue),
            UInt64(ObjectType.endpoint.rawValue), 0xffff)
          made[index] = machine.outcome(actor).handle
        } else {
          invoke(actor, word: CallWord(.delete), UInt64(made[index].rawValue))
          made[index] = .none
        }
      case 16:
        invoke(actor, word: CallWord(.suspend), UInt64(threads[index][r[2] % 7].rawValue))
      case 17, 18:
        invoke(actor, word: CallWord(.resume), UInt64(threads[index][r[2] % 7].rawValue))
      case 19:
        invoke(
          actor, word: CallWord(.setPriority), UInt64(threads[index][r[2] % 7].rawValue),
          UInt64([40, 50, 60][r[3] % 3]))
      case 20:
        guard !rights[index].isEmpty else { return }
        let place = r[2] % rights[index].count
        invoke(actor, word: CallWord(.move), UInt64(rights[index][place].rawValue), 0, 0xffff)
        rights[index][place] = machine.outcome(actor).handle
      default: break
      }
    }
  }

  /// 24 seeds, which the test's arguments show.
  @Test(arguments: Array(0..<24))
  func pathsAgree(seed: Int) {
    var source = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 12345
    func random() -> Int {
      source ^= source << 13
      source ^= source >> 7
      source ^= source << 17
      return Int(source >> 33)
    }
    let priorities: [UInt8] = (0..<7).map { _ in [50, 50, 60, 40][random() % 4] }
    let fast = World(priorities: priorities, servers: 2, isFast: true)
    let general = World(priorities: priorities, servers: 2, isFast: false)
    for round in 0..<1_500 {
      let r = (0..<6).map { _ in random() }
      fast.step(r)
      general.step(r)
      let (a, b) = (fast.state(), general.state())
      guard a == b else {
        let different = zip(a, b).enumerated().filter { $1.0 != $1.1 }.map { ($0, $1.0, $1.1) }
        Issue.record("seed \(seed), round \(round): \(different)")
        return
      }
      guard round % 100 != 0 || fast.machine.findings == [] else {
        Issue.record("seed \(seed), round \(round): \(fast.machine.findings)")
        return
      }
    }
    #expect(fast.fastCount > 20, "\(fast.fastCount)")
  }
}
