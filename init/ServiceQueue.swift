import Libmnos

/// The endpoint of a service, kept by init so that it outlives the service's instances: who
/// waits there by the service's name waits on, and the next instance serves it.
///
/// An instance never holds init's own capability but a copy of one that init keeps for this, the
/// branch. What the instance mints from its copy, such as a badged capability for each open
/// file, is below the branch. Revoking the branch takes all of that, wherever it has gone. So a
/// badge that one instance gave is never delivered to another, which would know nothing of it, or
/// would have given the same number to somebody else.
final class ServiceQueue {
  /// Right to receive, and to make and hand out send ends. Not `manage`: an instance cannot end
  /// the queue that is to outlive it.
  static var instanceRights: Rights { Rights.read.union(ReceiveEndpoint.senderRights) }

  /// Under which name an instance finds its copy.
  static var startName: StaticString { ReceiveEndpoint.startName }

  private let endpoint: ReceiveEndpoint
  private let branch: ReceiveEndpoint

  /// - Parameter budget: Pays for the endpoint; not a service's own, which ends with each instance.
  /// - Throws: `noMemory`, `noSlot`.
  init(paidBy budget: borrowing Budget) throws(SyscallStatus) {
    endpoint = try budget.makeEndpoint()
    branch = try endpoint.copy(rights: Self.instanceRights)
  }

  /// A send end for those who look the name up. It is below the endpoint and not below the branch,
  /// so it outlives every instance.
  func makeSender() throws(SyscallStatus) -> SendEndpoint {
    try endpoint.makeSender(badge: NameProtocol.senderBadge)
  }

  /// Gives a new instance its copy. Whatever an earlier one has left is gone before.
  func give(to process: borrowing Process, in record: inout StartRecord) throws(SpawnFailure) {
    takeBack()
    try Authority.give(
      branch, Self.startName, rights: Self.instanceRights, to: process, in: &record)
  }

  /// Takes all that an instance minted. Calls that wait through it end with `cancelled`; those
  /// that wait by the name stay where they are.
  func takeBack() { try? branch.revoke() }

  /// Nobody will serve it any more: who waits, and who comes, is told `peerGone`.
  deinit { try? endpoint.destroy() }
}
