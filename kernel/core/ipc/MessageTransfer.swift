import KernelHAL
import MnosABI

/// Moving messages between threads: words, badge, reply right and capabilities.
extension Kernel where P: ~Copyable {
  /// Reads the current thread's transfer record into its pending message.
  ///
  /// - Throws: `badPointer`; `badArgument(2)` for a count over 4, undefined bits or a
  ///   capability moved that is listed twice; `badCapability`, `noRight` or `badState`
  ///   for a capability that cannot be attached.
  mutating func readTransfers(_ word: CallWord) throws(Failure) {
    let thread = current
    objects[thread].message = PendingMessage()
    guard word.hasTransfers else { return }
    let process = objects[thread].process
    let address = objects[thread].registers.argument2
    var record: [6 of UInt64] = .init(repeating: 0)
    for index in 0..<6 {
      record[index] = try readWord(at: address &+ UInt64(index) * 8, in: process)
    }
    guard record[0] <= Limits.messageCapabilities else { throw .badArgument(2) }
    objects[thread].message.accepts = record[1]
    for index in 0..<Int(record[0]) {
      let transfer = CapabilityTransfer(rawValue: record[index + 2])
      guard !transfer.hasUndefinedBits, Rights.all.includes(transfer.rights) else {
        throw .badArgument(2)
      }
      try attach(transfer, at: index, to: thread)
    }
    objects[thread].message.transferCount = UInt8(record[0])
  }

  private mutating func attach(
    _ transfer: CapabilityTransfer, at index: Int, to thread: ThreadID
  ) throws(Failure) {
    let slot = try lookUp(UInt64(transfer.handle.rawValue))
    let needed: Rights = transfer.isMove ? .transfer : .transfer.union(.copy)
    guard objects[slot].rights.includes(needed) else { throw .noRight }
    if transfer.isMove, objects[slot].type == .memory, objects[slot].dependents != 0 {
      throw .badState
    }
    for other in 0..<index where objects[thread].message.slot(at: other) == slot {
      let isOtherMoved = objects[thread].message.moves & (1 << UInt8(other)) != 0
      guard !transfer.isMove, !isOtherMoved else { throw .badArgument(2) }
    }
    objects[thread].message.setSlot(slot, rights: transfer.rights, at: index)
    if transfer.isMove { objects[thread].message.moves |= 1 << UInt8(index) }
  }

  /// Prepares attached capabilities for a wait: copies are made now, moved slots set aside.
  ///
  /// - Throws: `noSlot` or `noMemory`; nothing has changed then.
  mutating func park(_ thread: ThreadID) throws(Failure) {
    let count = Int(objects[thread].message.transferCount)
    guard count > 0 else { return }
    let process = objects[thread].process
    try ensureFreeSlots(count, in: process)
    for index in 0..<count {
      let slot = objects[thread].message.slot(at: index)
      if objects[thread].message.moves & (1 << UInt8(index)) != 0 {
        endWaits(through: slot)
        objects[slot].state = .inTransit
        objects[slot].holder = thread.granule
      } else {
        let copy = objects[process].table.freeHead
        let rights = objects[thread].message.rights(at: index)
        derive(from: slot, to: copy, rights: objects[slot].rights.intersection(rights))
        objects[copy].state = .inTransit
        objects[copy].holder = thread.granule
        objects[thread].message.setSlot(copy, rights: rights, at: index)
      }
    }
    objects[thread].message.isParked = true
  }

  /// Undoes `park`: the sender has what it had.
  mutating func unpark(_ thread: ThreadID) {
    guard objects[thread].message.isParked else { return }
    objects[thread].message.isParked = false
    for index in 0..<Int(objects[thread].message.transferCount) {
      let slot = objects[thread].message.slot(at: index)
      objects[slot].holder = 0
      objects[slot].state = .held
      if objects[thread].message.moves & (1 << UInt8(index)) == 0 { empty(slot) }
    }
    objects[thread].message.transferCount = 0
  }

  /// A capability in transit is being deleted: the message that carries it fails.
  mutating func cancelSend(ofTransit slot: SlotID) {
    wake(ThreadID(granule: objects[slot].holder), status: .cancelled)
  }

  /// Makes a capability in a free slot as a child of another.
  mutating func derive(from source: SlotID, to slot: SlotID, rights: Rights) {
    fill(
      slot, type: objects[source].type, object: objects[source].object, rights: rights,
      badge: objects[source].badge, parent: source)
  }

  mutating func ensureFreeSlots(_ count: Int, in process: ProcessID) throws(Failure) {
    while objects[process].table.freeCount < UInt32(count) { try growTable(of: process) }
  }

  /// Ends the waits through a capability that is about to move.
  mutating func endWaits(through slot: SlotID) {
    guard objects[slot].type != .memory else { return }
    while objects[slot].dependents != 0 {
      wake(ThreadID(granule: objects[slot].dependents), status: .cancelled)
    }
  }

  /// Passes the attached capabilities on, all or none.
  ///
  /// - Parameter reserve: Slots of the receiver's table that must stay free.
  /// - Returns: How many the receiver got, their handles in its argument registers.
  mutating func transferCapabilities(
    from sender: ThreadID, to receiver: ThreadID, leaving reserve: Int = 0
  ) -> UInt64 {
    let count = Int(objects[sender].message.transferCount)
    guard count > 0 else { return 0 }
    guard canAccept(count, receiver, leaving: reserve) else {
      unpark(sender)
      return 0
    }
    var handles: [4 of UInt64] = .init(repeating: 0)
    let accepts = objects[receiver].message.accepts
    // Named slots first, so that `any` does not take one of them.
    for pass in 0..<2 {
      for index in 0..<count {
        let choice = UInt16(truncatingIfNeeded: accepts >> UInt64(index * 16))
        guard (choice == SlotChoice.any) == (pass == 1) else { continue }
        let slot = place(index, of: sender, choice: choice, receiver: receiver)
        handles[index] = UInt64(objects[slot].handle.rawValue)
      }
    }
    objects[sender].message.isParked = false
    objects[receiver].registers.argument1 = handles[0] | handles[1] << 32
    objects[receiver].registers.argument2 = handles[2] | handles[3] << 32
    return UInt64(count)
  }

  /// Whether a receiver named usable slots for all of `count` capabilities.
  private mutating func canAccept(
    _ count: Int, _ receiver: ThreadID, leaving reserve: Int
  ) -> Bool {
    let process = objects[receiver].process
    let accepts = objects[receiver].message.accepts
    for index in 0..<count {
      let choice = UInt16(truncatingIfNeeded: accepts >> UInt64(index * 16))
      if choice == SlotChoice.none { return false }
      if choice == SlotChoice.any { continue }
      guard (try? findSlot(UInt64(choice), in: process, argument: 2)) != nil else { return false }
      for other in 0..<index
      where UInt16(truncatingIfNeeded: accepts >> UInt64(other * 16)) == choice { return false }
    }
    return (try? ensureFreeSlots(count + reserve, in: process)) != nil
  }

  private mutating func place(
    _ index: Int, of sender: ThreadID, choice: UInt16, receiver: ThreadID
  ) -> SlotID {
    let process = objects[receiver].process
    let target =
      choice == SlotChoice.any
      ? objects[process].table.freeHead : objects[process].table.slot(at: choice, in: window)
    let source = objects[sender].message.slot(at: index)
    let mask = objects[sender].message.rights(at: index)
    let isMove = objects[sender].message.moves & (1 << UInt8(index)) != 0
    guard isMove || objects[sender].message.isParked else {
      derive(from: source, to: target, rights: objects[source].rights.intersection(mask))
      return target
    }
    endWaits(through: source)
    objects[source].holder = 0
    transplant(source, to: target)
    reduceRights(of: target, to: mask)
    return target
  }

  /// Takes rights from a capability in place.
  private mutating func reduceRights(of slot: SlotID, to mask: Rights) {
    let rights = objects[slot].rights
    objects[slot].rightsBits = rights.intersection(mask).bits
    guard objects[slot].type == .endpoint, rights.includes(.read), !mask.includes(.read) else {
      return
    }
    let endpoint = EndpointID(granule: objects[slot].object)
    objects[endpoint].readerCount -= 1
    if objects[endpoint].isDeserted { wakeAll(onEndpoint: endpoint, status: .peerGone) }
  }
}

extension PendingMessage {
  func slot(at index: Int) -> SlotID {
    switch index {
    case 0: slots.0
    case 1: slots.1
    case 2: slots.2
    default: slots.3
    }
  }

  func rights(at index: Int) -> Rights {
    switch index {
    case 0: Rights(bits: rights.0)
    case 1: Rights(bits: rights.1)
    case 2: Rights(bits: rights.2)
    default: Rights(bits: rights.3)
    }
  }

  mutating func setSlot(_ slot: SlotID, rights mask: Rights, at index: Int) {
    switch index {
    case 0: (slots.0, rights.0) = (slot, mask.bits)
    case 1: (slots.1, rights.1) = (slot, mask.bits)
    case 2: (slots.2, rights.2) = (slot, mask.bits)
    default: (slots.3, rights.3) = (slot, mask.bits)
    }
  }
}
