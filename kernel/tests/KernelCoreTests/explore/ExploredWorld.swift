import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// One thing that can happen in an explored world: a call of one of the threads, or something that
/// comes from outside.
struct ExploredStep: Hashable, CustomStringConvertible {
  enum Kind: String, CaseIterable {
    // Calls, with the slots that they name.
    case send, pollingSend, sendMove, sendCopy
    case receive, pollingReceive, receiveInto
    case call, callWithDeadline, callMove
    case reply, replyMove, replyAndReceive, replyThrough
    case keepReply, dropReply
    case copy, copyToRead, copyToWrite, badge, move, delete, revoke, destroy
    case signal, wait, pollingWait
    case exit
    // From outside.
    case timeOut, suspend, resume, kill
  }

  let kind: Kind
  /// Whose call it is, or whom it happens to.
  var role = 0
  /// The slots that it names.
  var first: UInt16 = 0
  var second: UInt16 = 0

  var description: String {
    let slots = [first, second].filter { $0 > 0 }.map { "\($0)" }.joined(separator: " ")
    return "\(role).\(kind)\(slots.isEmpty ? "" : "(\(slots))")"
  }
}

/// A small machine whose every state is looked at.
struct ExploredWorld {
  /// What there is in it.
  struct Configuration: CustomStringConvertible {
    var threadCount = 2
    /// Slots of each process that calls name.
    var slotCount: UInt16 = 2
    /// What each process holds in its slots at first: indices of these objects, 0 for nothing.
    var objects: [ObjectType] = [.endpoint]
    var holdings: [[Int]] = [[1, 0], [1, 0]]
    /// Whether the threads are one process's. The first holding is theirs then.
    var isOneProcess = false
    var kinds: [ExploredStep.Kind] = Self.messages

    static let messages = ExploredStep.Kind.allCases.filter {
      ![.signal, .wait, .pollingWait].contains($0)
    }

    var description: String {
      "\(threadCount) threads \(isOneProcess ? "of one process" : "of their own processes"), "
        + "\(objects.count) objects, \(slotCount) slots, \(steps.count) steps of "
        + "\(kinds.count) kinds"
    }

    /// All that can be tried in a state.
    var steps: [ExploredStep] {
      (0..<threadCount).flatMap { role in kinds.flatMap { steps($0, role) } }
    }

    private func steps(_ kind: ExploredStep.Kind, _ role: Int) -> [ExploredStep] {
      let slots = 1...slotCount
      switch kind {
      case .reply, .dropReply, .exit, .suspend, .resume, .kill:
        return [ExploredStep(kind: kind, role: role)]
      case .timeOut: return role == 0 ? [ExploredStep(kind: kind)] : []
      case .sendMove, .sendCopy, .callMove, .receiveInto:
        return slots.flatMap { first in
          slots.map { ExploredStep(kind: kind, role: role, first: first, second: $0) }
        }
      case .copy, .copyToRead, .copyToWrite, .badge, .move:
        return slots.flatMap { first in
          slots.filter { $0 != first }.map {
            ExploredStep(kind: kind, role: role, first: first, second: $0)
          }
        }
      default: return slots.map { ExploredStep(kind: kind, role: role, first: $0) }
      }
    }
  }

  let configuration: Configuration
  let machine: TestMachine
  let actors: [Actor]

  init(_ configuration: Configuration) {
    self.configuration = configuration
    var small = TestMachine.Configuration()
    small.frameCount = 48
    let machine = TestMachine(small)
    self.machine = machine
    let objects = configuration.objects.map { machine.make($0) }
    var actors: [Actor] = []
    for role in 0..<configuration.threadCount {
      if configuration.isOneProcess, let first = actors.first {
        actors.append(machine.addThread(to: first))
        continue
      }
      let actor = machine.spawn()
      for (index, object) in configuration.holdings[role].enumerated() where object > 0 {
        let given = machine.copy(
          machine.initial, objects[object - 1], to: actor.processHandle,
          slot: UInt16(index + 1), rights: .all)
        precondition(given.status == .ok, "give: \(given)")
      }
      actors.append(actor)
    }
    // Nobody but the actors can do anything with the objects.
    for object in objects { machine.delete(machine.initial, object) }
    self.actors = actors
  }

  private init(copying other: ExploredWorld) {
    configuration = other.configuration
    machine = TestMachine(copying: other.machine)
    actors = other.actors
  }

  func copy() -> ExploredWorld { ExploredWorld(copying: self) }

  var state: CanonicalState {
    let processes = configuration.isOneProcess ? [actors[0].process] : actors.map(\.process)
    return CanonicalState(
      machine.kernel, threads: actors.map(\.thread), processes: processes,
      slotCount: configuration.slotCount)
  }

  // MARK: Steps

  /// Makes a step; false if it cannot be made in this state.
  func take(_ step: ExploredStep) -> Bool {
    let actor = actors[step.role]
    switch step.kind {
    case .timeOut: return timeOut()
    case .suspend: machine.suspend(actor)
    case .resume: machine.resume(actor)
    case .kill: machine.destroy(machine.initial, actor.threadHandle)
    default:
      guard machine.canAct(actor), machine.kernel.objects[actor.process].state == .running else {
        return false
      }
      call(step, actor)
    }
    return true
  }

  /// The earliest deadline passes.
  private func timeOut() -> Bool {
    let due = machine.kernel.platform.cpus[0].timerDeadline
    guard due < 1 << 62 else { return false }
    machine.advance(to: max(due, machine.now))
    return true
  }

  private func call(_ step: ExploredStep, _ actor: Actor) {
    switch step.kind {
    case .send, .pollingSend, .sendMove, .sendCopy, .receive, .pollingReceive, .receiveInto, .call,
      .callWithDeadline, .callMove:
      message(step, actor)
    case .reply, .replyMove, .replyAndReceive, .replyThrough, .keepReply, .dropReply:
      answer(step, actor)
    default: manage(step, actor)
    }
  }

  private func message(_ step: ExploredStep, _ actor: Actor) {
    let (first, second) = (handle(step.first, actor), handle(step.second, actor))
    let due = machine.now + 1_000_000
    switch step.kind {
    case .send: machine.send(actor, first, [1])
    case .pollingSend: machine.send(actor, first, [1], deadline: 0)
    case .sendMove: machine.send(actor, first, [1], .move(second))
    case .sendCopy: machine.send(actor, first, [1], .copy(second))
    case .receive: machine.receive(actor, first)
    case .pollingReceive: machine.receive(actor, first, deadline: 0)
    case .receiveInto:
      machine.receive(actor, first, TestMachine.Transfers(accepts: [step.second]))
    case .call: machine.request(actor, first, [1])
    case .callWithDeadline: machine.request(actor, first, [1], deadline: due)
    default: machine.request(actor, first, [1], .move(second))
    }
  }

  private func answer(_ step: ExploredStep, _ actor: Actor) {
    let first = handle(step.first, actor)
    switch step.kind {
    case .reply: machine.reply(actor, right(of: actor), [2])
    case .replyMove: machine.reply(actor, right(of: actor), [2], .move(first))
    case .replyAndReceive: machine.replyAndReceive(actor, right(of: actor), first, [2])
    case .replyThrough: machine.reply(actor, first, [2])
    case .keepReply: machine.move(actor, right(of: actor), slot: step.first)
    default: machine.delete(actor, right(of: actor))
    }
  }

  private func manage(_ step: ExploredStep, _ actor: Actor) {
    let (first, slot) = (handle(step.first, actor), step.second)
    switch step.kind {
    case .copy: machine.copy(actor, first, slot: slot, rights: .all)
    case .copyToRead: machine.copy(actor, first, slot: slot, rights: .read.union(.transfer))
    case .copyToWrite:
      machine.copy(actor, first, slot: slot, rights: .write.union(.call).union(.grant))
    case .badge: machine.copy(actor, first, slot: slot, rights: .all, badge: 5)
    case .move: machine.move(actor, first, slot: slot)
    case .delete: machine.delete(actor, first)
    case .revoke: machine.revoke(actor, first)
    case .destroy: machine.destroy(actor, first)
    case .signal: machine.signal(actor, first)
    case .wait: machine.wait(actor, first)
    case .pollingWait: machine.wait(actor, first, deadline: 0)
    case .exit: machine.call(actor, .exit, 7)
    default: break
    }
  }

  /// What a slot's handle is now, also where it is free.
  private func handle(_ index: UInt16, _ actor: Actor) -> Handle {
    index == 0 ? .none : machine.kernel.objects[machine.slot(at: index, of: actor)].handle
  }

  /// The right to answer that an actor's thread keeps.
  private func right(of actor: Actor) -> Handle {
    let spare = machine.kernel.objects[actor.thread].spare
    return spare.isNone ? .none : machine.kernel.objects[spare].handle
  }
}
