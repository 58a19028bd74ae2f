import KernelHAL
import MnosABI

/// What `query` lists: one of several things that an object has, in the order of their numbers.
///
///     position ──> the first there that is not below it ──> word 0: its number
///         ^                                                     │
///         └────────────── asked again from behind that ─────────┘
///
/// Nothing is kept between two calls, so a list may change as it is read: each answer is true
/// when it is given, and what stays is met exactly once.
extension Kernel where P: ~Copyable {
  /// Slots, and gaps in a table, that one call looks at.
  static var listedSlots: Int { 64 }

  /// The words about a list's next member.
  ///
  /// - Returns: Whether there is one; else word 0 is set alone.
  /// - Throws: `badArgument(1)` if that is no subject, or none of this type of object.
  mutating func list(
    _ arguments: QueryArguments, of object: AnyObjectID, _ type: ObjectType,
    into words: inout [8 of UInt64]
  ) throws(Failure) -> Bool {
    words[0] = QuerySubject.endOfList
    switch (QuerySubject(rawValue: arguments.subject), type) {
    case (.capabilities, .process):
      let process = objects.cast(object, to: Process.self)
      return listCapability(of: process, from: arguments.position, into: &words)
    case (.threads, .process):
      let process = objects.cast(object, to: Process.self)
      return listThread(of: process, from: arguments.position, into: &words)
    case (.processes, .machine): return listProcess(from: arguments.position, into: &words)
    default: throw .badArgument(1)
    }
  }

  /// The capability in the first slot from `position` on that has one. An answer right in a
  /// thread's spare is one too, although its process does not count it.
  func listCapability(
    of process: ProcessID, from position: UInt64, into words: inout [8 of UInt64]
  ) -> Bool {
    // The table's directory is gone by then.
    guard objects[process].endStage != .done else { return false }
    let table = objects[process].table
    var index = position
    for _ in 0..<Self.listedSlots {
      guard index <= UInt64(SlotChoice.any) else { return false }
      let slot = table.slot(at: UInt16(index), in: objects)
      if slot.isNone {
        // A gap of a whole chunk.
        index = (index | 63) + 1
      } else if objects[slot].state == .free || objects[slot].state == .spare {
        index += 1
      } else {
        describe(slot, into: &words)
        return true
      }
    }
    if index <= UInt64(SlotChoice.any) { words[0] = index }
    return false
  }

  private func describe(_ slot: SlotID, into words: inout [8 of UInt64]) {
    words[0] = UInt64(objects[slot].index)
    words[1] = UInt64(objects[slot].typeCode)
    words[2] = UInt64(objects[slot].rightsBits)
    words[3] = objects[slot].badge
    words[4] = UInt64(objects[slot].generation)
    words[5] = UInt64(objects[slot].state.rawValue)
    words[6] = UInt64(objects[slot].role.rawValue)
  }

  private func listThread(
    of process: ProcessID, from position: UInt64, into words: inout [8 of UInt64]
  ) -> Bool {
    let thread = objects[process].threads.first(notBelow: position, in: objects)
    guard !thread.isNone else { return false }
    words[0] = objects[thread].number
    words[1] = UInt64(objects[thread].state.rawValue)
    words[2] = UInt64(objects[thread].ownPriority)
    words[3] = platform.nanoseconds(ticks: timeUsed(by: thread))
    words[4] = objects[thread].isSuspended ? 1 : 0
    words[5] = objects[thread].isThrottled ? 1 : 0
    return true
  }

  private func listProcess(from position: UInt64, into words: inout [8 of UInt64]) -> Bool {
    let process = objects.shared.processes.first(notBelow: position, in: objects)
    guard !process.isNone else { return false }
    words[0] = objects[process].number
    words[1] = UInt64(objects[process].state.rawValue)
    words[2] = UInt64(objects[process].threadCount)
    words[3] = bytesCharged(to: process)
    words[4] = platform.nanoseconds(ticks: timeUsed(by: process))
    words[5] = UInt64(objects[process].table.usedCount)
    words[6] = objects[process].maker
    return true
  }
}
