import KernelHAL
import MnosABI

/// The second phase of a transfer: capabilities and words go from one thread to another.
///
/// Nothing here can fail. Sender and receiver have left their queues before, so that what
/// happens to the capabilities they waited through does not reach them.
///
///     receiver waits      sender's table ── transfer ──────────────────────> receiver's table
///     sender waits        sender's table ── park ──> in transit ── transferParked ──> likewise
///                                                        └── unpark: as it was before the send
extension ObjectStore where P: ~Copyable {
  /// Ends the waits through a capability that is about to move. They are few: see
  /// `Kernel.movedWaitLimit`.
  func cancelWaiters(of slot: SlotID) {
    while !self[slot].waiters.isEmpty { wake(self[slot].waiters.first, .cancelled) }
  }

  /// Passes attached capabilities on: copies become children of theirs, moved ones take their
  /// place in the tree along.
  ///
  /// - Precondition: `found` has a slot for each of `attached`, or none at all: then nothing is
  ///   passed on.
  func transfer(_ attached: Attachments, to found: Destinations, for receiver: ThreadID) {
    // By what was found, not what is attached: a receiver takes all of them or none.
    for index in 0..<found.count {
      let (source, target) = (attached.slots[index], found.slots[index])
      if attached.isMoved[index] {
        move(source, to: target, mask: attached.masks[index])
      } else {
        derive(
          from: source, to: target,
          rights: self[source].rights.intersection(attached.masks[index]))
      }
    }
    writeHandles(of: found, for: receiver)
  }

  /// Passes on the capabilities that a blocked sender has set aside.
  ///
  /// All of them are moved: a copy was made when it was parked, as a child of its source, and
  /// stays that wherever it goes.
  func transferParked(from sender: ThreadID, to found: Destinations, for receiver: ThreadID) {
    for index in 0..<found.count {
      let source = self[sender].message.parked[index]
      self[source].holder = .none
      move(source, to: found.slots[index], mask: Rights(bits: self[sender].message.masks[index]))
    }
    self[sender].message.transferCount = 0
    writeHandles(of: found, for: receiver)
  }

  /// Puts a capability into the receiver's slot, with its place in the tree, and takes rights
  /// from it there. `checkMove` has seen to it that no descendant keeps more.
  private func move(_ source: SlotID, to target: SlotID, mask: Rights) {
    cancelWaiters(of: source)
    transplant(source, to: target)
    reduceRights(of: target, to: mask)
  }

  /// Tells the receiver the handles, two in each register. Without capabilities the registers
  /// keep what they held.
  private func writeHandles(of found: Destinations, for receiver: ThreadID) {
    guard found.count > 0 else { return }
    var handles: [4 of UInt64] = .init(repeating: 0)
    for index in 0..<found.count {
      handles[index] = UInt64(self[found.slots[index]].handle.rawValue)
    }
    self[receiver].registers.argument1 = handles[0] | handles[1] << 32
    self[receiver].registers.argument2 = handles[2] | handles[3] << 32
  }

  /// Sets attached capabilities aside for a sender that is about to wait: moved ones cannot
  /// be named any more, copies are made now.
  ///
  /// - Precondition: The sender's table has a free slot for each copy.
  func park(_ attached: Attachments, for sender: ThreadID) {
    let process = self[sender].process
    for index in 0..<attached.count {
      var slot = attached.slots[index]
      if attached.isMoved[index] {
        // Who waits through it would otherwise wait through a capability that nobody can name.
        cancelWaiters(of: slot)
        if self[slot].type == .reply { leaveSpare(slot) }
        self[sender].message.moves |= 1 << UInt8(index)
      } else {
        let copy = self[process].table.free.first
        derive(
          from: slot, to: copy, rights: self[slot].rights.intersection(attached.masks[index]))
        slot = copy
      }
      self[slot].state = .inTransit
      self[slot].holder = sender.header
      self[sender].message.parked[index] = slot
      self[sender].message.masks[index] = attached.masks[index].bits
    }
    self[sender].message.transferCount = UInt8(attached.count)
  }

  /// Copies the first message words, at most 8, from one thread's registers to another's.
  ///
  /// Spelled out, so that each is one load and one store.
  @inline(__always)
  func copyWords(_ count: Int, from sender: ThreadID, to receiver: ThreadID) {
    guard count > 0 else { return }
    self[receiver].registers[word: 0] = self[sender].registers[word: 0]
    guard count > 1 else { return }
    self[receiver].registers[word: 1] = self[sender].registers[word: 1]
    guard count > 2 else { return }
    self[receiver].registers[word: 2] = self[sender].registers[word: 2]
    guard count > 3 else { return }
    self[receiver].registers[word: 3] = self[sender].registers[word: 3]
    guard count > 4 else { return }
    self[receiver].registers[word: 4] = self[sender].registers[word: 4]
    guard count > 5 else { return }
    self[receiver].registers[word: 5] = self[sender].registers[word: 5]
    guard count > 6 else { return }
    self[receiver].registers[word: 6] = self[sender].registers[word: 6]
    guard count > 7 else { return }
    self[receiver].registers[word: 7] = self[sender].registers[word: 7]
  }

  /// Writes a sender's message, its capabilities apart, as the outcome of a receive.
  ///
  /// - Parameter reply: The slot of the right to answer, or none for a `send`.
  func deliver(
    from sender: ThreadID, to receiver: ThreadID, capabilities count: Int, reply: SlotID
  ) {
    let wordCount = self[sender].message.wordCount
    var kind = DeliveryKind.message
    if self[sender].message.isFault {
      kind = .fault
      copyFault(of: sender, to: receiver)
    } else {
      copyWords(Int(wordCount), from: sender, to: receiver)
    }
    let leases = self[sender].message.leases
    if leases != .none {
      // How much, not where: that is no business of the server's.
      self[receiver].registers[word: 4] = self[sender].leased[0].byteCount
      self[receiver].registers[word: 5] = self[sender].leased[1].byteCount
    }
    self[receiver].registers.callWord =
      ResultWord(
        delivered: kind, wordCount: UInt64(wordCount), capabilityCount: UInt64(count),
        leases: leases, reply: reply.isNone ? .none : self[reply].handle
      ).rawValue
    self[receiver].registers.argument0 = self[sender].message.badge
  }

  /// Writes the words of a fault message; see `FaultMessage`.
  private func copyFault(of sender: ThreadID, to receiver: ThreadID) {
    let fault = self[sender].fault
    self[receiver].registers[word: 0] = fault.kind
    self[receiver].registers[word: 1] = fault.address
    self[receiver].registers[word: 2] = self[sender].registers.programCounter
    self[receiver].registers[word: 3] = fault.code
    self[receiver].registers[word: 4] = self[sender].registers.stackPointer
  }
}
