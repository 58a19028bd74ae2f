import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Two worlds in which the same happens, held against each other after each step.
final class TwinWorld: Explorable {
  struct Image {
    let first, second: ExploredWorld.Image
  }

  let first, second: ExploredWorld
  private(set) var findingsOfStep: [String] = []
  private let translate: (ExploredStep) -> ExploredStep
  private let differences: (ExploredWorld, ExploredWorld) -> [String]

  /// - Parameters:
  ///   - translate: What a step of the first is in the second.
  ///   - differences: What must not differ and does.
  init(
    _ first: ExploredWorld, _ second: ExploredWorld,
    translate: @escaping (ExploredStep) -> ExploredStep = { $0 },
    differences: @escaping (ExploredWorld, ExploredWorld) -> [String]
  ) {
    self.first = first
    self.second = second
    self.translate = translate
    self.differences = differences
  }

  var steps: [ExploredStep] { first.steps }
  func image() -> Image { Image(first: first.image(), second: second.image()) }

  func restore(_ image: borrowing Image) {
    first.restore(image.first)
    second.restore(image.second)
  }

  func take(_ step: ExploredStep) -> Bool {
    let isTaken = first.take(step)
    let isTakenToo = second.take(translate(step))
    guard isTaken == isTakenToo else {
      findingsOfStep = ["\(step) can be made in one of the two only"]
      return true
    }
    findingsOfStep = isTaken ? differences(first, second) : []
    return isTaken
  }

  /// The first one is audited where it is explored by itself.
  var findings: [String] { [] }
  func read() -> (digest: StateDigest, roles: [Int]) { first.read() }
  var calls: [CallProgress] { first.calls }
}

extension TwinWorld {
  /// A world, and one in which threads and slots have other places: what happens to one of them
  /// happens to the other under other names, or symmetry would be no reason to leave states out.
  ///
  /// - Parameters:
  ///   - roles: Which role takes a role's place.
  ///   - slots: For each role which slot takes a slot's place, from 0 on, which stays.
  static func renamed(
    _ configuration: ExploredConfiguration, roles: [Int], slots: [[UInt16]]
  ) -> TwinWorld {
    var order = StateOrder(roles: roles, slots: slots.map { Array($0.dropFirst()) })
    if configuration.isOneProcess {
      order.slots = [Array(slots[0].dropFirst())]
    } else {
      for role in roles.indices { order.slots[roles[role]] = Array(slots[role].dropFirst()) }
    }
    let first = ExploredWorld(configuration)
    return TwinWorld(
      first, ExploredWorld(configuration.renamed(roles: roles, slots: slots)),
      translate: { $0.renamed(roles: roles, slots: slots) },
      differences: { first, second in
        first.digest(in: first.reader.ownOrder) == second.digest(in: order)
          ? [] : ["a renamed state has another successor"]
      })
  }

  /// A world with one secret and with another. Whoever has no authority over those who know it sees
  /// the same in both.
  static func secrets(_ configuration: ExploredConfiguration, observer: Int) -> TwinWorld {
    TwinWorld(
      ExploredWorld(configuration, secret: Secret(value: 0x51, observer: observer)),
      ExploredWorld(configuration, secret: Secret(value: 0xee00_77aa, observer: observer)),
      differences: { $0.view(of: observer).differences(from: $1.view(of: observer)) })
  }
}

/// All that a thread can see of a machine, and when it and others run.
struct ObserverView {
  fileprivate(set) var parts: [(name: String, words: [UInt64])] = []

  func differences(from other: ObserverView) -> [String] {
    zip(parts, other.parts).filter { $0.words != $1.words }.map {
      "the observer sees the secret in its \($0.name): \($0.words) and \($1.words)"
    }
  }
}

extension ExploredWorld {
  func view(of role: Int) -> ObserverView {
    let objects = machine.kernel.objects
    let actor = actors[role]
    var view = ObserverView()
    view.parts.append(("order of wake-ups", ready.map { UInt64($0.granule) }))
    view.parts.append(("time", [machine.now]))
    guard !objects[actor.thread].isDetached else { return view }
    let thread = objects[actor.thread]
    view.parts.append(("state", [UInt64(thread.state.rawValue), thread.isSuspended ? 1 : 0]))
    view.parts.append(
      (
        "registers",
        (0..<SimulatedRegisters.recordWordCount).map { thread.registers.recordWord(at: $0) }
      ))
    guard objects[actor.process].state != .ended else { return view }
    view.parts.append(("memory", [memoryDigest(of: actor)]))
    let slots = Census.allSlots(of: actor.process, machine.kernel).map { slot in
      UInt64(objects[slot].handle.rawValue) ^ objects[slot].badge << 8
        ^ UInt64(objects[slot].rightsBits) << 48 ^ UInt64(objects[slot].state.rawValue) << 56
    }
    view.parts.append(("table", slots))
    return view
  }

  /// Who runs, and then who is ready, in order.
  private var ready: [ThreadID] {
    let objects = machine.kernel.objects
    let cpu = objects[machine.kernel.cpu]
    let queue = cpu.ready.first(atPriority: Int(TestMachine.priority))
    var result = [cpu.current]
    var thread = queue
    while !thread.isNone {
      result.append(thread)
      thread = objects[thread].inQueue.next
    }
    return result
  }
}
