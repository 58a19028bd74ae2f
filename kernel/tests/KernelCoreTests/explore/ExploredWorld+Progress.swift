import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Who waits for whom.
extension ExploredWorld {
  var calls: [CallProgress] { actors.indices.map { progress(of: $0) } }

  private func progress(of role: Int) -> CallProgress {
    let objects = machine.kernel.objects
    let thread = actors[role].thread
    guard !objects[thread].isDetached else { return .none }
    switch objects[thread].state {
    case .awaitingReply:
      let right = objects[thread].replySlot
      guard !right.isNone, objects[right].state == .held else { return .waits }
      let owner = objects[right].owner
      return canSomebodyAct(but: role) { $0.process == owner } ? .isServed : .waits
    case .sending where objects[thread].message.isCall:
      let endpoint = objects[objects[thread].waitSlot].object
      return canSomebodyAct(but: role) { canReceive($0, from: endpoint) } ? .isServed : .waits
    default: return .none
    }
  }

  private func canSomebodyAct(but role: Int, where condition: (Actor) -> Bool) -> Bool {
    actors.indices.contains { other in
      let actor = actors[other]
      return other != role && machine.kernel.objects[actor.process].state == .running
        && machine.canAct(actor) && condition(actor)
    }
  }

  private func canReceive(_ actor: Actor, from endpoint: AnyObjectID) -> Bool {
    (1...configuration.slotCount).contains { index in
      let slot = machine.kernel.objects[machine.slot(at: index, of: actor)]
      return slot.state == .held && slot.type == .endpoint && slot.object == endpoint
        && slot.rights.includes(.read)
    }
  }
}
