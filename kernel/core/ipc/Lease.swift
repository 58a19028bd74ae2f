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

  /// Whether a range, which may be empty, ends no later than the user half. It cannot wrap.
  func isInUserHalf(_ address: UInt64, byteCount: UInt64) -> Bool {
    address <= format.userAddressLimit && byteCount <= format.userAddressLimit - address
  }
}
