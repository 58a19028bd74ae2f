import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// All of a world that a step can change, object by object: looked at to see who was changed.
///
/// Links of lists and trees, run queues and times are left out: they change with an object's
/// neighbours, and no program sees them.
struct Fingerprints {
  private(set) var values: [Subject: UInt64] = [:]

  /// Something that can be changed.
  enum Subject: Hashable, CustomStringConvertible {
    /// By role.
    case thread(Int)
    /// A process's memory, by role.
    case memory(Int)
    case process(Int)
    case slot(UInt32)
    case object(UInt32)

    var description: String {
      switch self {
      case .thread(let role): "thread \(role)"
      case .memory(let role): "the memory of \(role)"
      case .process(let role): "process \(role)"
      case .slot(let granule): "slot \(granule)"
      case .object(let granule): "object \(granule)"
      }
    }
  }

  init(_ world: ExploredWorld) {
    let objects = world.machine.kernel.objects
    for (role, actor) in world.actors.enumerated() {
      values[.thread(role)] = Self.thread(actor.thread, objects)
      guard world.processOf(role) == role else { continue }
      var process = StateDigest()
      process.add(UInt64(objects[actor.process].state.rawValue))
      process.add(objects[actor.process].exitValue)
      values[.process(role)] = process.high
      guard objects[actor.process].state != .ended else { continue }
      values[.memory(role)] = world.memoryDigest(of: actor)
      for slot in Census.allSlots(of: actor.process, world.machine.kernel)
      where objects[slot].state != .free {
        values[.slot(slot.granule)] = Self.slot(slot, objects)
        add(objects[slot].object, objects)
      }
    }
  }

  private mutating func add(_ object: AnyObjectID, _ objects: ObjectStore<SimulatedPlatform>) {
    guard !object.isNone, values[.object(object.granule)] == nil else { return }
    var digest = StateDigest()
    switch objects[object].type {
    case .endpoint:
      digest.add(objects[object.narrowed(to: Endpoint.self)].isDestroyed ? 1 : 0)
    case .notification:
      digest.add(objects[object.narrowed(to: Notification.self)].word)
      digest.add(objects[object.narrowed(to: Notification.self)].isDestroyed ? 1 : 0)
    default: return
    }
    values[.object(object.granule)] = digest.high
  }

  private static func thread(
    _ thread: ThreadID, _ objects: ObjectStore<SimulatedPlatform>
  ) -> UInt64 {
    let held = objects[thread]
    var digest = StateDigest()
    // Running or ready is the scheduler's business.
    digest.add(UInt64((held.state == .running ? .ready : held.state).rawValue))
    digest.add((held.isSuspended ? 1 : 0) | UInt64(held.ownPriority) << 8)
    for index in 0..<SimulatedRegisters.recordWordCount {
      digest.add(held.registers.recordWord(at: index))
    }
    for slot in [held.waitSlot, held.spare, held.boundSlot, held.faultHandler] {
      digest.add(UInt64(slot.granule))
    }
    // Which slot the right to answer it is in is the server's business.
    digest.add(held.replySlot.isNone ? 0 : 1)
    digest.add(held.exitValue)
    digest.add(held.timer.isArmed ? held.timer.deadline : 0)
    return digest.high
  }

  private static func slot(_ slot: SlotID, _ objects: ObjectStore<SimulatedPlatform>) -> UInt64 {
    let held = objects[slot]
    var digest = StateDigest()
    digest.add(
      UInt64(held.typeCode) | UInt64(held.state.rawValue) << 8 | UInt64(held.rightsBits) << 16
        | UInt64(held.generation) << 32)
    digest.add(held.badge)
    digest.add(UInt64(held.object.granule) | UInt64(held.holder.granule) << 32)
    return digest.high
  }

  /// What differs, is new, or is gone; an object that nobody names any more is nobody's loss.
  func changes(to other: Fingerprints) -> Set<Subject> {
    var result: Set<Subject> = []
    for (subject, value) in values where other.values[subject] != value { result.insert(subject) }
    for subject in other.values.keys where values[subject] == nil { result.insert(subject) }
    return result.filter {
      guard case .object = $0 else { return true }
      return values[$0] != nil && other.values[$0] != nil
    }
  }
}

extension ExploredWorld {
  /// The first role of a role's process.
  func processOf(_ role: Int) -> Int { configuration.isOneProcess ? 0 : role }

  /// A hash of the memory of an actor's process, behind what its own records take.
  func memoryDigest(of actor: Actor) -> UInt64 {
    let root = machine.kernel.objects[actor.process].space.root.rawValue
    guard case .leaf(let frame, _) = machine.kernel.platform.walk(Actor.scratch, root: root) else {
      return 0
    }
    return machine.kernel.platform.digest(ofFrame: frame)
  }
}
