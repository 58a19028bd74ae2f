import KernelHAL
import MnosABI

/// Calls on capabilities themselves: copy, move, inspect, and destroy. Delete and revoke are
/// work from their beginning; see Work.
extension Kernel where P: ~Copyable {
  mutating func copyCall(_ arguments: CopyArguments) throws(Failure) {
    let source = try lookUp(arguments.source)
    guard objects[source].rights.includes(.copy) else { throw .noRight }
    let process = try lookUpProcess(arguments.process)
    let mask = try Self.rights(arguments.rights, argument: 3)
    guard objects[source].rights.includes(mask) else { throw .noRight }
    let badge = arguments.badge
    let type = objects[source].type
    if badge != 0 {
      guard type == .endpoint || type == .notification else { throw .badArgument(4) }
      guard objects[source].badge == 0 || objects[source].badge == badge else {
        throw .badArgument(4)
      }
    }
    guard objects[process].isAlive else { throw .badState }
    let slot = try findSlot(arguments.slot, in: process, argument: 2)

    objects.derive(from: source, to: slot, rights: mask)
    if badge != 0 { objects[slot].badge = badge }
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  mutating func moveCall(_ arguments: MoveArguments) throws(Failure) {
    let source = try lookUp(arguments.source)
    let process = try lookUpProcess(arguments.process)
    let isForeign = process != objects[current].process
    if isForeign, !objects[source].rights.includes(.transfer) { throw .noRight }
    guard objects[process].isAlive else { throw .badState }
    try checkMove(of: source, to: .all)
    let slot = try findSlot(arguments.slot, in: process, argument: 2)

    objects.cancelWaiters(of: source)
    objects.transplant(source, to: slot)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// Words: type, rights, badge, whether both capabilities are to one object.
  mutating func inspectCall(_ arguments: InspectArguments) throws(Failure) {
    let slot = try lookUp(arguments.capability)
    var isSame: UInt64 = 0
    if arguments.other != 0 {
      let other = try lookUp(arguments.other)
      let isEqual =
        objects[slot].type == objects[other].type && objects[slot].object == objects[other].object
      let hasObject = !objects[slot].object.isNone
      isSame = isEqual && (hasObject || objects[slot].badge == objects[other].badge) ? 1 : 0
    }
    let thread = current
    objects[thread].registers[word: 0] = UInt64(objects[slot].typeCode)
    objects[thread].registers[word: 1] = UInt64(objects[slot].rightsBits)
    objects[thread].registers[word: 2] = objects[slot].badge
    objects[thread].registers[word: 3] = isSame
    answer(value: 0)
  }

  /// Ends what a capability names: a process, thread, endpoint, notification or budget. The
  /// rest is done by the reaper, before the caller goes on.
  mutating func destroyCall(capability handle: UInt64) throws(Failure) {
    let slot = try lookUp(handle)
    let type = objects[slot].type
    switch type {
    case .process, .thread, .endpoint, .notification, .budget: break
    default: throw .wrongType
    }
    guard objects[slot].rights.includes(.manage) else { throw .noRight }
    let object = objects[slot].object
    // Where an end is under way already, it goes on as urgently as this caller is.
    if objects[object].isDoomed || objects[object].isCondemned { objects.doom(object) }
    switch type {
    case .process: try destroy(objects.cast(object, to: Process.self))
    case .thread: try destroy(objects.cast(object, to: ThreadTag.self))
    case .endpoint: try destroy(objects.cast(object, to: Endpoint.self))
    case .notification: try destroy(objects.cast(object, to: Notification.self))
    default: try destroy(objects.cast(object, to: Budget.self))
    }
    // A thread that ended itself is not answered, but does no harm by it.
    answer(value: 0)
  }

  private mutating func destroy(_ process: ProcessID) throws(Failure) {
    guard objects[process].isAlive else { throw .badState }
    objects.beginEnding(process, value: ExitValue.killed)
  }

  private mutating func destroy(_ thread: ThreadID) throws(Failure) {
    guard objects[thread].state != .ended else { throw .badState }
    objects.end(thread, value: ExitValue.killed)
  }

  private mutating func destroy(_ endpoint: EndpointID) throws(Failure) {
    guard !objects[endpoint].isDestroyed else { throw .badState }
    objects[endpoint].isDestroyed = true
    objects.doom(endpoint.header)
  }

  private mutating func destroy(_ notification: NotificationID) throws(Failure) {
    guard !objects[notification].isDestroyed else { throw .badState }
    objects[notification].isDestroyed = true
    let bound = objects[notification].boundThread
    if !bound.isNone { emptyBound(objects[bound].boundSlot) }
    objects.doom(notification.header)
  }

  /// The root budget, whose end would be the machine's, stays.
  private mutating func destroy(_ budget: BudgetID) throws(Failure) {
    guard !objects[budget].header.budget.isNone, !objects[budget].header.isCondemned else {
      throw .badState
    }
    objects.condemn(budget.header)
  }
}
