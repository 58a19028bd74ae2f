import KernelHAL
import MnosABI

/// Copying between a server's memory and what its caller lends: the work that `access` begins.
extension Kernel where P: ~Copyable {
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
