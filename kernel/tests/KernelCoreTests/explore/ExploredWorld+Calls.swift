import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// The system calls of explored steps.
extension ExploredWorld {
  func call(_ step: ExploredStep, _ actor: Actor) {
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
    let word = secret.word(sentThrough: step.first, by: step.role, in: self)
    switch step.kind {
    case .send: machine.send(actor, first, [word])
    case .pollingSend: machine.send(actor, first, [word], deadline: 0)
    case .sendMove: machine.send(actor, first, [word], .move(second))
    case .sendCopy: machine.send(actor, first, [word], .copy(second))
    case .receive: machine.receive(actor, first)
    case .pollingReceive: machine.receive(actor, first, deadline: 0)
    case .receiveInto:
      machine.receive(actor, first, TestMachine.Transfers(accepts: [step.second]))
    case .call: machine.request(actor, first, [word])
    case .callWithDeadline: machine.request(actor, first, [word], deadline: due)
    default: machine.request(actor, first, [word], .move(second))
    }
  }

  private func answer(_ step: ExploredStep, _ actor: Actor) {
    let first = handle(step.first, actor)
    let word = secret.word(answeredBy: step.role, in: self)
    switch step.kind {
    case .reply: machine.reply(actor, right(of: actor), [word])
    case .replyMove: machine.reply(actor, right(of: actor), [word], .move(first))
    case .replyAndReceive: machine.replyAndReceive(actor, right(of: actor), first, [word])
    case .replyThrough: machine.reply(actor, first, [word])
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
    case .badge:
      let badge = secret.badge(mintedFrom: step.first, by: step.role, in: self)
      machine.copy(actor, first, slot: slot, rights: .all, badge: badge)
    case .move: machine.move(actor, first, slot: slot)
    case .delete: machine.delete(actor, first)
    case .revoke: machine.revoke(actor, first)
    case .destroy: machine.destroy(actor, first)
    case .signal: machine.signal(actor, first)
    case .wait: machine.wait(actor, first)
    case .pollingWait: machine.wait(actor, first, deadline: 0)
    case .exit: machine.call(actor, .exit, 7)
    default: preconditionFailure("\(step) is no call")
    }
  }

  /// What a slot's handle is now, also where it is free.
  private func handle(_ index: UInt16, _ actor: Actor) -> Handle {
    let slot = index == 0 ? .none : machine.slot(at: index, of: actor)
    return slot.isNone ? .none : machine.kernel.objects[slot].handle
  }

  /// The right to answer that an actor's thread keeps.
  private func right(of actor: Actor) -> Handle {
    let spare = machine.kernel.objects[actor.thread].spare
    return spare.isNone ? .none : machine.kernel.objects[spare].handle
  }
}
