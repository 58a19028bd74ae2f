import KernelHAL
import MnosABI

/// The capabilities that a call attaches to its message, checked, and those it accepts.
struct Attachments {
  var count = 0
  /// Slots for received capabilities; see `TransferRecord.accepts`.
  var accepts: UInt64 = 0
  var slots: [4 of SlotID] = .init(repeating: .none)
  /// The rights that each is passed on with, at most.
  var masks: [4 of Rights] = .init(repeating: .none)
  var isMoved: [4 of Bool] = .init(repeating: false)
  /// What cancelling the waits through those that are moved takes; see `movedWaitLimit`.
  var cancelledWaits = 0

  /// How many are to be copied.
  var copyCount: Int {
    var result = 0
    for index in 0..<count where !isMoved[index] { result += 1 }
    return result
  }

  /// Whether a slot is attached to be moved.
  func moves(_ slot: SlotID) -> Bool {
    for index in 0..<count where isMoved[index] && slots[index] == slot { return true }
    return false
  }
}

/// The free slots that the capabilities of a message go to, one each.
struct Destinations {
  var count = 0
  var slots: [4 of SlotID] = .init(repeating: .none)
}

/// The first phase of a transfer: everything that can fail is looked at here, and nothing is
/// changed but that tables grow, which is undone if it was for nothing.
extension Kernel where P: ~Copyable {
  /// How much may wait through the capabilities that one call moves, as it has to be woken
  /// within the call: threads, and capabilities that these have attached.
  static var movedWaitLimit: Int { 16 }

  /// Reads the current thread's transfer record.
  ///
  /// - Parameters:
  ///   - address: Where the record is, or nil for a call without one.
  ///   - limit: How many capabilities may be attached.
  /// - Throws: `badPointer`; `badArgument(2)` for a count over the limit, undefined bits or a
  ///   capability moved that is listed twice; `badCapability`, `noRight` or `badState`
  ///   for a capability that cannot be attached. Cost: constant, see `movedWaitLimit`.
  mutating func readAttachments(
    at address: UInt64?, atMost limit: UInt64 = Limits.messageCapabilities
  ) throws(Failure) -> Attachments {
    var attached = Attachments()
    guard let address else { return attached }
    let process = objects[current].process
    var record: [6 of UInt64] = .init(repeating: 0)
    for index in 0..<6 {
      record[index] = try readWord(at: address &+ UInt64(index) * 8, in: process)
    }
    guard record[0] <= limit else { throw .badArgument(2) }
    attached.accepts = record[1]
    for index in 0..<Int(record[0]) {
      let transfer = CapabilityTransfer(rawValue: record[index + 2])
      guard !transfer.hasUndefinedBits, Rights.all.includes(transfer.rights) else {
        throw .badArgument(2)
      }
      try attach(transfer, to: &attached)
    }
    return attached
  }

  private mutating func attach(
    _ transfer: CapabilityTransfer, to attached: inout Attachments
  ) throws(Failure) {
    let slot = try lookUp(UInt64(transfer.handle.rawValue))
    let needed: Rights = transfer.isMove ? .transfer : .transfer.union(.copy)
    guard objects[slot].rights.includes(needed) else { throw .noRight }
    if transfer.isMove {
      attached.cancelledWaits += try checkMove(of: slot, to: transfer.rights)
      guard attached.cancelledWaits <= Self.movedWaitLimit else { throw .badState }
    }
    for other in 0..<attached.count where attached.slots[other] == slot {
      guard !transfer.isMove, !attached.isMoved[other] else { throw .badArgument(2) }
    }
    attached.slots[attached.count] = slot
    attached.masks[attached.count] = transfer.rights
    attached.isMoved[attached.count] = transfer.isMove
    attached.count += 1
  }

  /// Checks that a capability can go to another slot, with these rights.
  ///
  /// - Returns: How much waits through it, at most `movedWaitLimit`.
  /// - Throws: `badState` if it is mapped, if more waits through it than can be woken within
  ///   a call, or if what was derived from it would keep rights that it loses.
  @discardableResult
  mutating func checkMove(of slot: SlotID, to mask: Rights) throws(Failure) -> Int {
    guard objects[slot].mappings.isEmpty else { throw .badState }
    let isReduced = !mask.includes(objects[slot].rights)
    guard !isReduced || objects[slot].firstChild.isNone else { throw .badState }
    var count = 0
    var waiter = objects[slot].waiters.first
    while !waiter.isNone {
      count += 1 + Int(objects[waiter].message.transferCount)
      guard count <= Self.movedWaitLimit else { throw .badState }
      waiter = List<WaitersOfSlot>.next(after: waiter, in: objects)
    }
    return count
  }

  /// Finds a slot for each of `count` capabilities in a receiver's table.
  ///
  /// - Parameters:
  ///   - accepts: What the receiver said; see `TransferRecord.accepts`.
  ///   - reserve: Further slots that must stay free.
  /// - Returns: nil if it does not take all of them: then it takes none.
  mutating func findDestinations(
    for count: Int, in process: ProcessID, accepts: UInt64, leaving reserve: Int
  ) -> Destinations? {
    let grown = growth.count
    let found = tryDestinations(for: count, in: process, accepts: accepts, leaving: reserve)
    // What was added for them is not to be filled with something else.
    if found == nil { undoUnusedGrowth(downTo: grown) }
    return found
  }

  private mutating func tryDestinations(
    for count: Int, in process: ProcessID, accepts: UInt64, leaving reserve: Int
  ) -> Destinations? {
    var found = Destinations()
    // Named slots first, so that `any` does not take one of them.
    for index in 0..<count {
      let choice = SlotChoice.of(index, in: accepts)
      guard choice != SlotChoice.none else { return nil }
      guard choice != SlotChoice.any else { continue }
      guard let slot = try? findSlot(UInt64(choice), in: process, argument: 2) else { return nil }
      for other in 0..<index where found.slots[other] == slot { return nil }
      found.slots[index] = slot
    }
    guard (try? ensureFreeSlots(count + reserve, in: process)) != nil else { return nil }
    var candidate = objects[process].table.free.first
    for index in 0..<count where SlotChoice.of(index, in: accepts) == SlotChoice.any {
      while Self.contains(candidate, in: found, count) {
        candidate = List<FreeSlots>.next(after: candidate, in: objects)
      }
      found.slots[index] = candidate
      candidate = List<FreeSlots>.next(after: candidate, in: objects)
    }
    found.count = count
    return found
  }

  private static func contains(_ slot: SlotID, in found: Destinations, _ count: Int) -> Bool {
    for index in 0..<count where found.slots[index] == slot { return true }
    return false
  }
}
