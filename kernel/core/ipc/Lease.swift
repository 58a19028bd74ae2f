import KernelHAL
import MnosABI

/// Memory that a caller lends for the time of its call, and the server's way to it.
///
/// Nothing is mapped, so nothing has to be unmapped, and nothing can fault: the kernel copies, on the
/// demand of whoever holds the right to answer. What is lent is kept in the caller's thread
/// and nowhere else. It is reached through the right alone, so it goes with it to another thread or
/// process, and is out of reach in the moment in which the right is used or taken away.
///
///     server ── access ──> right to answer ──> caller's thread ──> leased range
///        │                                                             │ page by page, through
///        └─ its own range <───────────── copied, in steps ─────────────┘ the caller's tables
extension Kernel where P: ~Copyable {
  /// What a call lends: base and length in bytes of the first range are words 4 and 5, those of
  /// the second words 6 and 7.
  ///
  /// Only where a range lies is looked at. Whether its pages are there is seen when they are reached:
  /// they may come and go while the call waits.
  ///
  /// - Returns: The ranges; empty ones for those that are not lent.
  /// - Throws: `badArgument(11)` for more than 4 words beside them; `badPointer` with 7 or 9, the
  ///   index of the base, for a range that wraps or is not in the user half.
  mutating func readLeases(
    _ arguments: MessageArguments
  ) throws(Failure) -> [2 of LeasedRange] {
    var ranges: [2 of LeasedRange] = .init(repeating: LeasedRange())
    guard arguments.leases != .none else { return ranges }
    guard arguments.wordCount <= Limits.wordsBesideLeases else { throw .badArgument(11) }
    for index in 0..<2 where arguments.leases[index] != .none {
      let base = objects[current].registers[word: 4 + index * 2]
      let byteCount = objects[current].registers[word: 5 + index * 2]
      guard isInUserHalf(base, byteCount: byteCount) else {
        throw Failure(.badPointer, value: UInt64(7 + index * 2))
      }
      ranges[index] = LeasedRange(base: base, byteCount: byteCount)
    }
    return ranges
  }

  private func isInUserHalf(_ address: UInt64, byteCount: UInt64) -> Bool {
    address <= format.userAddressLimit && byteCount <= format.userAddressLimit - address
  }

  /// `access`: copies between memory of the caller's own and what the caller of a call that it has
  /// received lends.
  ///
  /// - Parameter arguments: The right to answer; which lease; the own address; offset in the lease
  ///   and length, in bytes; the direction.
  /// - Throws: `badCapability` or `wrongType` for the right, which needs none of the rights of
  ///   others; `badArgument(1)` for a lease that there is not; `badArgument(5)` for the direction;
  ///   `noRight` if the lease does not allow it; `badArgument(3)`, `(4)` for what is beyond the
  ///   lease, `(2)` for an own range outside the user half. In this order. The work completes with
  ///   the number of bytes; or with `badPointer` and the offset in the lease of the first byte that
  ///   cannot be reached that way in the caller's memory; `badArgument(2)` if the own memory
  ///   cannot; `cancelled` and the number of bytes so far if the call ended. What was copied
  ///   before stays.
  mutating func accessCall(_ arguments: AccessArguments) throws(Failure) {
    let right = try lookUp(arguments.reply, as: ReplyTag.self, needing: .none)
    let caller = right.object.caller
    guard arguments.lease < Limits.leases else { throw .badArgument(1) }
    let index = Int(arguments.lease)
    let allowed = objects[caller].message.leases[index]
    guard allowed != .none else { throw .badArgument(1) }
    guard arguments.direction <= 1 else { throw .badArgument(5) }
    let isWrite = arguments.direction == 1
    guard allowed.includes(isWrite ? .write : .read) else { throw .noRight }
    let range = objects[caller].leased[index]
    guard arguments.offset <= range.byteCount else { throw .badArgument(3) }
    guard arguments.length <= range.byteCount - arguments.offset else { throw .badArgument(4) }
    guard isInUserHalf(arguments.address, byteCount: arguments.length) else {
      throw .badArgument(2)
    }
    objects[current].accessing = LeaseAccessProgress(
      lent: range.base + arguments.offset, own: arguments.address, left: arguments.length,
      offset: arguments.offset, isWrite: isWrite)
    begin(.access(objects.token(for: right.slot)))
  }

  /// Copies up to the next end of a page on either side, or completes the work.
  ///
  /// Everything is looked up again: between two batches the call may have ended, the right may have
  /// gone, and the pages of both sides may be others.
  mutating func accessStep(_ token: SlotToken, for thread: ThreadID, steps: inout Int) {
    let progress = objects[thread].accessing
    steps -= 1
    let slot = objects.redeem(token)
    guard !slot.isNone, objects[slot].state == .held else {
      return objects.completeWork(of: thread, .cancelled, value: progress.done)
    }
    let lender = objects[objects.cast(objects[slot].object, to: ThreadTag.self)].process
    // Its threads, and with them the right, are about to go, and so are its pages.
    guard objects[lender].isAlive else {
      return objects.completeWork(of: thread, .cancelled, value: progress.done)
    }
    guard progress.left > 0 else {
      return objects.completeWork(of: thread, .ok, value: progress.done)
    }
    guard let lent = resolveByte(
      progress.lent, needing: progress.isWrite ? .write : .read, in: lender)
    else {
      return objects.completeWork(
        of: thread, .badPointer, value: progress.offset + progress.done)
    }
    guard let own = resolveByte(
      progress.own, needing: progress.isWrite ? .read : .write, in: objects[thread].process)
    else { return objects.completeWork(of: thread, .badArgument, value: 2) }
    let count = Self.pieceLength(from: lent, own, left: progress.left)
    window.copy(
      from: progress.isWrite ? own : lent, to: progress.isWrite ? lent : own, byteCount: count)
    steps -= Self.copySteps(from: lent, own, byteCount: count)
    objects[thread].accessing.lent += count
    objects[thread].accessing.own += count
    objects[thread].accessing.left -= count
    objects[thread].accessing.done += count
  }

  /// Where a byte of a process's memory is in RAM, if it can be accessed that way.
  private mutating func resolveByte(
    _ address: UInt64, needing rights: PageRights, in process: ProcessID
  ) -> UInt64? {
    let offset = address & (Limits.pageByteCount - 1)
    guard let page = translate(address - offset, needing: rights, in: process) else {
      return nil
    }
    return page | offset
  }

  /// How much is copied at once: to the next end of a page on either side; where both begin as far
  /// from a word's start, first to the next word.
  private static func pieceLength(from lent: UInt64, _ own: UInt64, left: UInt64) -> UInt64 {
    let toPageEnd = min(left, min(bytesToPageEnd(lent), bytesToPageEnd(own)))
    guard (lent ^ own) & 7 == 0, lent & 7 != 0 else { return toPageEnd }
    return min(toPageEnd, 8 - (lent & 7))
  }

  /// What copying takes, in steps of a batch: a page four, as for clearing. Byte by byte, which some
  /// machines must where words do not lie alike or the two overlap, it takes eight times as long.
  private static func copySteps(from lent: UInt64, _ own: UInt64, byteCount: UInt64) -> Int {
    let distance = lent > own ? lent - own : own - lent
    let isSlow = (lent ^ own) & 7 != 0 || distance < byteCount
    return Int(byteCount / (isSlow ? 128 : 1024))
  }

  private static func bytesToPageEnd(_ address: UInt64) -> UInt64 {
    Limits.pageByteCount - (address & (Limits.pageByteCount - 1))
  }
}
