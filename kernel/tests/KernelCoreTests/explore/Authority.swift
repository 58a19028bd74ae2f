import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Who may be changed by a step, by what its thread holds: written from the manual's sentences
/// about rights, without a look at what the kernel does.
///
/// First what the call itself gives authority over, then what follows: a capability that goes ends
/// the waits through it; the last one that could receive ends all that wait to send; a thread that
/// ends gives up what it owes. All that is allowed need not happen; what happens must be allowed.
struct Authority {
  typealias Subject = Fingerprints.Subject

  let world: ExploredWorld
  let objects: ObjectStore<SimulatedPlatform>
  private(set) var allowed: Set<Subject> = []
  private var goneSlots: Set<UInt32> = []
  private var goneThreads: Set<Int> = []

  init(of step: ExploredStep, in world: ExploredWorld) {
    self.world = world
    objects = world.machine.kernel.objects
    if step.isFromOutside {
      allowOutside(step)
    } else {
      allowOwn(step.role)
      allowCall(step)
    }
    spread()
  }

  /// What was changed without authority.
  func violations(from before: Fingerprints, to after: Fingerprints) -> [String] {
    before.changes(to: after).subtracting(allowed).map {
      "\($0) was changed without authority"
    }.sorted()
  }

  // MARK: What a call gives authority over

  /// A thread may always change itself and the table and memory of its process.
  private mutating func allowOwn(_ role: Int) {
    let own = world.processOf(role)
    allowed.insert(.thread(role))
    allowed.insert(.memory(own))
    guard objects[world.actors[own].process].state != .ended else { return }
    for slot in slots(of: own) { allowed.insert(.slot(slot.granule)) }
  }

  private mutating func allowCall(_ step: ExploredStep) {
    let first = held(step.first, step.role)
    let second = held(step.second, step.role)
    switch step.kind {
    case .send, .pollingSend: send(through: first, attached: .none, isCall: false)
    case .sendCopy, .sendMove:
      send(through: first, attached: second, isCall: false)
      if step.kind == .sendMove { endWaits(through: second) }
    case .call, .callWithDeadline: send(through: first, attached: .none, isCall: true)
    case .callMove:
      send(through: first, attached: second, isCall: true)
      endWaits(through: second)
    case .receive, .pollingReceive, .receiveInto: receive(through: first, by: step.role)
    case .reply, .replyMove, .replyAndReceive:
      reply(through: objects[world.actors[step.role].thread].spare, attached: first)
      if step.kind == .replyMove { endWaits(through: first) }
      if step.kind == .replyAndReceive { receive(through: first, by: step.role) }
    case .replyThrough: reply(through: first, attached: .none)
    case .dropReply: remove(objects[world.actors[step.role].thread].spare)
    case .move: endWaits(through: first)
    case .delete: remove(first)
    case .revoke: removeDescendants(of: first)
    case .destroy: destroy(through: first)
    case .signal, .wait, .pollingWait: signal(through: first, isWait: step.kind != .signal)
    case .exit: endProcess(of: step.role)
    default: break
    }
  }

  /// Init may do anything to threads; a deadline is the thread's own wish.
  private mutating func allowOutside(_ step: ExploredStep) {
    switch step.kind {
    case .kill: endThread(step.role)
    case .suspend, .resume: allowed.insert(.thread(step.role))
    case .timeOut:
      let due = world.actors.indices.filter { isArmed($0) }
      let first = due.map { deadline($0) }.min()
      for role in due where deadline(role) == first { endWait(of: world.actors[role].thread) }
    default: break
    }
  }

  private func isArmed(_ role: Int) -> Bool { objects[world.actors[role].thread].timer.isArmed }
  private func deadline(_ role: Int) -> UInt64 {
    objects[world.actors[role].thread].timer.deadline
  }

  /// `write`, and for a call `call`: whoever waits to receive gets the message, the right to
  /// answer, and with `grant` on both sides capabilities where it said.
  private mutating func send(through slot: SlotID, attached: SlotID, isCall: Bool) {
    let needed: Rights = isCall ? .write.union(.call) : .write
    guard let endpoint = endpoint(through: slot, needing: needed) else { return }
    guard objects[endpoint].waiters == .receivers else { return }
    let receiver = objects[endpoint].queue.first
    allow(receiver)
    if isCall { allowed.insert(.slot(objects[receiver].spare.granule)) }
    if !attached.isNone, objects[slot].rights.includes(.grant) { allowAccepted(by: receiver) }
  }

  /// `read`: takes the message that was sent first.
  private mutating func receive(through slot: SlotID, by role: Int) {
    guard let endpoint = endpoint(through: slot, needing: .read),
      objects[endpoint].waiters == .senders
    else { return }
    let sender = objects[endpoint].queue.first
    allow(sender)
    for index in 0..<Int(objects[sender].message.transferCount) {
      let parked = objects[sender].message.parked[index]
      allowed.insert(.slot(parked.granule))
      let isCopy = objects[sender].message.moves & 1 << UInt8(index) == 0
      if isCopy { remove(parked) }
    }
  }

  /// A right to answer is for one caller.
  private mutating func reply(through slot: SlotID, attached: SlotID) {
    guard !slot.isNone, objects[slot].state == .held, objects[slot].type == .reply else { return }
    let caller = objects[slot].object.narrowed(to: ThreadTag.self)
    allow(caller)
    if !attached.isNone, objects[slot].rights.includes(.grant) { allowAccepted(by: caller) }
  }

  private mutating func allowAccepted(by thread: ThreadID) {
    let process = objects[thread].process
    for index in 0..<4 {
      let choice = SlotChoice.of(index, in: objects[thread].message.accepts)
      guard choice != SlotChoice.none, choice != SlotChoice.any else { continue }
      allowed.insert(
        .slot(objects[process].table.slot(at: choice, in: objects).granule))
    }
  }

  private mutating func destroy(through slot: SlotID) {
    guard !slot.isNone, objects[slot].rights.includes(.manage) else { return }
    let object = objects[slot].object
    allowed.insert(.object(object.granule))
    endQueue(of: object)
  }

  private mutating func signal(through slot: SlotID, isWait: Bool) {
    guard !slot.isNone, objects[slot].type == .notification,
      objects[slot].rights.includes(isWait ? .read : .write)
    else { return }
    allowed.insert(.object(objects[slot].object.granule))
    let queue = objects[objects[slot].object.narrowed(to: Notification.self)].queue
    if !isWait, !queue.isEmpty { allow(queue.first) }
  }

  // MARK: Looking

  /// The capability in one of a role's slots, or none.
  private func held(_ index: UInt16, _ role: Int) -> SlotID {
    guard index > 0, objects[world.actors[role].process].state != .ended else { return .none }
    let slot = world.machine.slot(at: index, of: world.actors[role])
    return !slot.isNone && objects[slot].state == .held ? slot : .none
  }

  private func endpoint(through slot: SlotID, needing rights: Rights) -> EndpointID? {
    guard !slot.isNone, objects[slot].type == .endpoint, objects[slot].rights.includes(rights)
    else { return nil }
    return objects[slot].object.narrowed(to: Endpoint.self)
  }

  private func role(of thread: ThreadID) -> Int? {
    world.actors.firstIndex { $0.thread == thread }
  }

  private func slots(of role: Int) -> [SlotID] {
    Census.allSlots(of: world.actors[role].process, world.machine.kernel).filter {
      objects[$0].index != 0
    }
  }

  private mutating func allow(_ thread: ThreadID) {
    if let role = role(of: thread) { allowed.insert(.thread(role)) }
  }

  // MARK: What follows

  mutating func remove(_ slot: SlotID) {
    guard !slot.isNone, goneSlots.insert(slot.granule).inserted else { return }
    allowed.insert(.slot(slot.granule))
    endWaits(through: slot)
    if objects[slot].state == .inTransit {
      endWait(of: objects[slot].holder.narrowed(to: ThreadTag.self))
    }
    if objects[slot].type == .reply, !objects[slot].object.isNone {
      allow(objects[slot].object.narrowed(to: ThreadTag.self))
    }
  }

  private mutating func removeDescendants(of slot: SlotID) {
    guard !slot.isNone else { return }
    var child = objects[slot].firstChild
    while !child.isNone {
      removeDescendants(of: child)
      remove(child)
      guard !objects[child].isLastChild else { return }
      child = objects[child].next
    }
  }

  private mutating func endWaits(through slot: SlotID) {
    guard !slot.isNone else { return }
    for thread in Census.members(objects[slot].waiters, world.machine.kernel) {
      endWait(of: thread)
    }
  }

  /// A wait ends: what the thread had attached is its own again, copies are gone, and so is the
  /// right to answer it.
  private mutating func endWait(of thread: ThreadID) {
    guard let role = role(of: thread) else { return }
    allowed.insert(.thread(role))
    for index in 0..<Int(objects[thread].message.transferCount)
    where objects[thread].state == .sending {
      let parked = objects[thread].message.parked[index]
      allowed.insert(.slot(parked.granule))
      if objects[thread].message.moves & 1 << UInt8(index) == 0 { remove(parked) }
    }
    if objects[thread].state == .awaitingReply { remove(objects[thread].replySlot) }
  }

  private mutating func endQueue(of object: AnyObjectID) {
    switch objects[object].type {
    case .endpoint:
      let queue = objects[object.narrowed(to: Endpoint.self)].queue
      for thread in Census.members(queue, world.machine.kernel) { endWait(of: thread) }
    case .notification:
      let queue = objects[object.narrowed(to: Notification.self)].queue
      for thread in Census.members(queue, world.machine.kernel) { endWait(of: thread) }
    default: break
    }
  }

  private mutating func endThread(_ role: Int) {
    guard goneThreads.insert(role).inserted else { return }
    let thread = world.actors[role].thread
    guard !objects[thread].isDetached else { return }
    endWait(of: thread)
    remove(objects[thread].spare)
    let others = world.actors.indices.filter { world.processOf($0) == world.processOf(role) }
    let isLast = others.allSatisfy {
      goneThreads.contains($0) || objects[world.actors[$0].thread].state == .ended
    }
    if isLast { endProcess(of: role) }
  }

  private mutating func endProcess(of role: Int) {
    let process = world.processOf(role)
    guard objects[world.actors[process].process].state != .ended else { return }
    guard allowed.insert(.process(process)).inserted else { return }
    allowed.insert(.memory(process))
    for other in world.actors.indices where world.processOf(other) == process { endThread(other) }
    for slot in slots(of: process) { remove(slot) }
  }

  /// Endpoints that nobody can receive from any more, until that makes no difference.
  private mutating func spread() {
    var before = -1
    while before != goneSlots.count {
      before = goneSlots.count
      var readers: Set<UInt32> = []
      var lost: Set<UInt32> = []
      for role in world.actors.indices
      where world.processOf(role) == role && objects[world.actors[role].process].state != .ended {
        for slot in slots(of: role)
        where objects[slot].state != .free && objects[slot].type == .endpoint
          && objects[slot].rights.includes(.read)
        {
          if goneSlots.contains(slot.granule) {
            lost.insert(objects[slot].object.granule)
          } else {
            readers.insert(objects[slot].object.granule)
          }
        }
      }
      for object in lost.subtracting(readers) {
        allowed.insert(.object(object))
        endQueue(of: AnyObjectID(granule: object))
      }
    }
  }
}
