import KernelHAL
import MnosABI

/// The call on what a caller lends: access.
extension Kernel where P: ~Copyable {
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
}
