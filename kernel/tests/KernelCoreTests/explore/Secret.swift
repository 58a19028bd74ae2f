import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What some threads of a world know and one of them must not learn: a number in their memory, in
/// what they send each other, and in badges.
///
/// Sent through an object that the observer holds no capability to it is secret; what the observer
/// is sent is its own to know, and the same whatever the secret is.
struct Secret {
  var value: UInt64 = 1
  /// Who must not learn it; nobody in a world that is not about that.
  var observer: Int?

  /// What is in registers that a call does not use.
  var salt: UInt64 { observer == nil ? 0 : value }

  func word(sentThrough slot: UInt16, by role: Int, in world: ExploredWorld) -> UInt64 {
    hides(world.object(at: slot, of: role), by: role, in: world) ? value : 1
  }

  /// A badge is seen by whoever receives from the object.
  func badge(mintedFrom slot: UInt16, by role: Int, in world: ExploredWorld) -> UInt64 {
    hides(world.object(at: slot, of: role), by: role, in: world) ? value : 5
  }

  /// Answers are for the caller alone.
  func word(answeredBy role: Int, in world: ExploredWorld) -> UInt64 {
    guard let observer, role != observer else { return 2 }
    let objects = world.machine.kernel.objects
    let right = objects[world.actors[role].thread].spare
    guard !right.isNone, objects[right].state != .spare else { return 2 }
    return objects[right].object == world.actors[observer].thread.header ? 2 : value
  }

  private func hides(_ object: AnyObjectID, by role: Int, in world: ExploredWorld) -> Bool {
    guard let observer, role != observer else { return false }
    return !(1...world.configuration.slotCount).contains {
      world.object(at: $0, of: observer) == object
    }
  }

  /// Where in an actor's memory it is: behind what the actor's records take.
  private static var place: UInt64 { Actor.scratch + 2048 }

  func fill(_ machine: TestMachine, _ actors: [Actor]) {
    guard let observer else { return }
    for (role, actor) in actors.enumerated() {
      machine.poke(actor, role == observer ? 0 : value, at: Self.place)
    }
  }
}

extension ExploredWorld {
  /// The object that a role's slot names, or none.
  func object(at index: UInt16, of role: Int) -> AnyObjectID {
    let objects = machine.kernel.objects
    guard objects[actors[role].process].state != .ended else { return .none }
    let slot = machine.slot(at: index, of: actors[role])
    return slot.isNone || objects[slot].state == .free ? .none : objects[slot].object
  }
}
