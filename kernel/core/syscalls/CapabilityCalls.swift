import KernelHAL
import MnosABI

/// Calls on capabilities themselves: copy, move, inspect, and destroy.
///
/// `copy` and `move` differ in what happens to the tree and to what depends on the source:
///
///                source     tree                       waits and mappings
///     copy       stays      the copy is its child      stay with the source
///     move       is empty   takes the source's place   waits end, mappings forbid it
///
/// `delete` and `revoke` are work from their beginning: see `Work` and Deletion.swift.
extension Kernel where P: ~Copyable {
  /// `copy`: makes a child of a capability, to the same object, with a part of its rights.
  ///
  /// - Parameter arguments: The source; the destination process and slot; the rights, which are
  ///   exactly those that the copy gets; and a badge. A badge is given once, to an endpoint or
  ///   notification capability without one, so that nobody can pass for another client.
  /// - Throws: `badCapability` for the source; `noRight` if it lacks `copy`; what
  ///   `lookUpProcess` throws; `badArgument(3)` for undefined rights; `noRight` for rights that
  ///   the source lacks; `badArgument(4)` for a badge that it cannot have; `badState` if the
  ///   process is ending; what `findSlot` throws for argument 2. In this order.
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
    // The reaper empties the table of a process that is ending and then frees it: a capability
    // that came in behind its back would be lost with its links still in the tree.
    guard objects[process].isAlive else { throw .badState }
    let slot = try findSlot(arguments.slot, in: process, argument: 2)

    objects.derive(from: source, to: slot, rights: mask)
    if badge != 0 { objects[slot].badge = badge }
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// `move`: puts a capability into another slot, with its rights, badge and place in the tree.
  ///
  /// Threads that wait through it are woken with `cancelled`. Reply rights can be moved too:
  /// so a server hands on the duty to answer.
  ///
  /// - Throws: `badCapability` for the source; what `lookUpProcess` throws; `noRight` if it goes
  ///   to another process and lacks `transfer`; `badState` if that process is ending, or what
  ///   `checkMove` finds; what `findSlot` throws for argument 2. In this order. Cost: O(1), and
  ///   at most `movedWaitLimit` for what waits through it.
  mutating func moveCall(_ arguments: MoveArguments) throws(Failure) {
    let source = try lookUp(arguments.source)
    let process = try lookUpProcess(arguments.process)
    let isForeign = process != objects[current].process
    // Within a table a capability may go anywhere: it does not change hands.
    if isForeign, !objects[source].rights.includes(.transfer) { throw .noRight }
    guard objects[process].isAlive else { throw .badState }
    // No right is taken, so descendants are no obstacle here.
    try checkMove(of: source, to: .all)
    let slot = try findSlot(arguments.slot, in: process, argument: 2)

    // First: `transplant` takes a slot on which nothing depends.
    objects.cancelWaiters(of: source)
    objects.transplant(source, to: slot)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// `inspect`: the type, rights and badge of a capability; whether another one is to the same
  /// object, whether that is the budget which the first one's object is charged to, and by which
  /// number its list has the first one. Words 0 to 5, in this order.
  ///
  /// It needs no right: who holds a capability may know what it is.
  ///
  /// - Throws: `badCapability` for either handle.
  mutating func inspectCall(_ arguments: InspectArguments) throws(Failure) {
    let slot = try lookUp(arguments.capability)
    var isSame: UInt64 = 0
    var isCharged: UInt64 = 0
    var number: UInt64 = 0
    if arguments.other != 0 {
      let other = try lookUp(arguments.other)
      let isEqual =
        objects[slot].type == objects[other].type && objects[slot].object == objects[other].object
      // Port ranges and the machine are no objects: there the badge says which one it is.
      let hasObject = !objects[slot].object.isNone
      isSame = isEqual && (hasObject || objects[slot].badge == objects[other].badge) ? 1 : 0
      if hasObject, objects[slot].type != .reply, objects[other].type == .budget {
        isCharged = objects[objects[slot].object].budget.header == objects[other].object ? 1 : 0
      }
      number = self.number(of: slot, in: other)
    }
    let thread = current
    objects[thread].registers[word: 0] = UInt64(objects[slot].typeCode)
    objects[thread].registers[word: 1] = UInt64(objects[slot].rightsBits)
    objects[thread].registers[word: 2] = objects[slot].badge
    objects[thread].registers[word: 3] = isSame
    objects[thread].registers[word: 4] = isCharged
    objects[thread].registers[word: 5] = number
    answer(value: 0)
  }

  /// What a list of one object's names another by: a process in that of the machine, a thread in
  /// that of its process. 0 of what is in no such list, or if the list may not be read: numbers
  /// tell how many there have been.
  private func number(of slot: SlotID, in lister: SlotID) -> UInt64 {
    guard objects[lister].rights.includes(.read) else { return 0 }
    let object = objects[slot].object
    switch (objects[slot].type, objects[lister].type) {
    case (.process, .machine): return objects[objects.cast(object, to: Process.self)].number
    case (.thread, .process):
      let thread = objects.cast(object, to: ThreadTag.self)
      let isOfIt = objects[thread].process.header == objects[lister].object
      return isOfIt ? objects[thread].number : 0
    default: return 0
    }
  }

  /// `destroy`: ends what a capability names, whoever else holds capabilities to it: a process,
  /// thread, endpoint, notification or budget.
  ///
  /// Only the beginning is made here, in O(1). The reaper does the rest, at the caller's priority
  /// or above and before the caller goes on, unless it takes longer than a time slice. Threads in
  /// the queue of an endpoint or notification are woken by it with `peerGone`.
  ///
  /// - Parameter handle: Argument 0.
  /// - Throws: `badCapability`; `wrongType`; `noRight` without `manage`; `badState` if the
  ///   object ended or was destroyed before, or is the root budget. In this order.
  mutating func destroyCall(capability handle: UInt64) throws(Failure) {
    let slot = try lookUp(handle)
    let type = objects[slot].type
    switch type {
    case .process, .thread, .endpoint, .notification, .budget, .dmaSpace: break
    default: throw .wrongType
    }
    guard objects[slot].rights.includes(.manage) else { throw .noRight }
    let object = objects[slot].object
    // Where an end is under way already, it goes on as urgently as this caller is. That holds if
    // the call fails below, too: who is more urgent must not wait for an end at the priority of
    // whoever began it.
    if objects[object].isDoomed || objects[object].isCondemned { objects.doom(object) }
    switch type {
    case .process: try destroy(objects.cast(object, to: Process.self))
    case .thread: try destroy(objects.cast(object, to: ThreadTag.self))
    case .endpoint: try destroy(objects.cast(object, to: Endpoint.self))
    case .notification: try destroy(objects.cast(object, to: Notification.self))
    case .dmaSpace: try destroy(objects.cast(object, to: DMASpace.self))
    default: try destroy(objects.cast(object, to: Budget.self))
    }
    // A thread that ended itself is not answered, but does no harm by it.
    answer(value: 0)
  }

  /// Its threads stop running at once; what it held is given back in stages.
  private mutating func destroy(_ process: ProcessID) throws(Failure) {
    guard objects[process].isAlive else { throw .badState }
    objects.beginEnding(process, value: ExitValue.killed)
  }

  /// It may be the caller, which then does not return.
  private mutating func destroy(_ thread: ThreadID) throws(Failure) {
    guard objects[thread].state != .ended else { throw .badState }
    objects.end(thread, value: ExitValue.killed)
  }

  /// Its device is stopped: what it may reach is given back.
  private mutating func destroy(_ space: DMASpaceID) throws(Failure) {
    guard !objects[space].isDestroyed else { throw .badState }
    objects[space].isDestroyed = true
    objects.doom(space.header)
  }

  /// The queue is left to the reaper, for it may be long. New uses are refused at once.
  private mutating func destroy(_ endpoint: EndpointID) throws(Failure) {
    guard !objects[endpoint].isDestroyed else { throw .badState }
    objects[endpoint].isDestroyed = true
    objects.doom(endpoint.header)
  }

  /// As for an endpoint; a thread whose receives take the word is let go here, so that it can be
  /// bound to another notification as soon as the call returns.
  private mutating func destroy(_ notification: NotificationID) throws(Failure) {
    guard !objects[notification].isDestroyed else { throw .badState }
    objects[notification].isDestroyed = true
    let bound = objects[notification].boundThread
    if !bound.isNone { emptyBound(objects[bound].boundSlot) }
    objects.doom(notification.header)
  }

  /// The root budget, whose end would be the machine's, stays. All others end with everything
  /// charged to them, other budgets included; the caller may be among it.
  private mutating func destroy(_ budget: BudgetID) throws(Failure) {
    guard !objects[budget].header.budget.isNone, !objects[budget].header.isCondemned else {
      throw .badState
    }
    objects.condemn(budget.header)
  }
}
