import KernelHAL
import MnosABI

/// Calls on capabilities themselves: copy, move, delete, revoke, inspect.
extension Kernel where P: ~Copyable {
  /// a0 source, a1 destination process or 0, a2 slot; w0 rights mask, w1 badge or 0.
  mutating func copyCall() throws(Failure) {
    let source = try lookUp(argument(0))
    guard objects[source].rights.includes(.copy) else { throw .noRight }
    let process = try lookUpProcess(argument(1))
    let mask = try rightsArgument(3)
    guard objects[source].rights.includes(mask) else { throw .noRight }
    let badge = argument(4)
    let type = objects[source].type
    if badge != 0 {
      guard type == .endpoint || type == .notification else { throw .badArgument(4) }
      guard objects[source].badge == 0 || objects[source].badge == badge else {
        throw .badArgument(4)
      }
    }
    guard objects[process].isAlive else { throw .badState }
    let slot = try findSlot(argument(2), in: process, argument: 2)
    derive(from: source, to: slot, rights: mask)
    if badge != 0 { objects[slot].badge = badge }
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// a0 source, a1 destination process or 0, a2 slot.
  mutating func moveCall() throws(Failure) {
    let source = try lookUp(argument(0))
    let process = try lookUpProcess(argument(1))
    let isForeign = process != objects[current].process
    if isForeign, !objects[source].rights.includes(.transfer) { throw .noRight }
    guard objects[process].isAlive else { throw .badState }
    if objects[source].type == .memory, objects[source].dependents != 0 { throw .badState }
    let slot = try findSlot(argument(2), in: process, argument: 2)
    endWaits(through: source)
    transplant(source, to: slot)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  mutating func deleteCall() throws(Failure) {
    let slot = try lookUp(argument(0))
    answer(value: 0)
    objects[current].work = .delete(slot, objects[slot].generation)
    finishShortWork()
  }

  mutating func revokeCall() throws(Failure) {
    let slot = try lookUp(argument(0))
    answer(value: 0)
    objects[current].work = .revoke(slot, objects[slot].generation)
    finishShortWork()
  }

  /// Does the first batch of work within the call itself.
  mutating func finishShortWork() {
    var steps = Self.batchLength
    _ = finishWork(of: current, steps: &steps)
  }

  /// a0 capability, a1 another or 0; w0 type, w1 rights, w2 badge, w3 whether both are one.
  mutating func inspectCall() throws(Failure) {
    let slot = try lookUp(argument(0))
    var isSame: UInt64 = 0
    if argument(1) != 0 {
      let other = try lookUp(argument(1))
      let isEqual =
        objects[slot].type == objects[other].type && objects[slot].object == objects[other].object
      let hasObject = objects[slot].object != 0
      isSame = isEqual && (hasObject || objects[slot].badge == objects[other].badge) ? 1 : 0
    }
    let thread = current
    objects[thread].registers[word: 0] = UInt64(objects[slot].typeCode)
    objects[thread].registers[word: 1] = UInt64(objects[slot].rightsBits)
    objects[thread].registers[word: 2] = objects[slot].badge
    objects[thread].registers[word: 3] = isSame
    answer(value: 0)
  }

  /// Ends what a capability names: a process, thread, endpoint or notification.
  mutating func destroyCall() throws(Failure) {
    let slot = try lookUp(argument(0))
    let object = objects[slot].object
    let type = objects[slot].type
    switch type {
    case .process, .thread, .endpoint, .notification: break
    default: throw .wrongType
    }
    guard objects[slot].rights.includes(.manage) else { throw .noRight }
    answer(value: 0)
    switch type {
    case .process:
      let process = ProcessID(granule: object)
      guard objects[process].isAlive else { throw .badState }
      beginEnding(process, value: ExitValue.killed)
    case .thread:
      try destroy(ThreadID(granule: object))
    case .endpoint:
      let endpoint = EndpointID(granule: object)
      guard !objects[endpoint].isDestroyed else { throw .badState }
      objects[endpoint].isDestroyed = true
      wakeAll(onEndpoint: endpoint, status: .peerGone)
    default:
      let notification = NotificationID(granule: object)
      guard !objects[notification].isDestroyed else { throw .badState }
      objects[notification].isDestroyed = true
      wakeAll(onNotification: notification, status: .peerGone)
      let bound = objects[notification].boundThread
      if !bound.isNone { emptyBound(objects[bound].boundSlot) }
    }
  }

  private mutating func destroy(_ thread: ThreadID) throws(Failure) {
    guard objects[thread].state != .ended else { throw .badState }
    if thread == current {
      end(thread, value: ExitValue.killed)
      return
    }
    objects[thread].capabilityCount += 1
    objects[current].work = .destroyThread(thread)
    finishShortWork()
  }
}
