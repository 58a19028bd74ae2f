import KernelHAL
import MnosABI

/// `receive`: the receiving half of a rendezvous.
extension Kernel where P: ~Copyable {
  mutating func receive(_ word: CallWord) throws(Failure) {
    let slot = try lookUp(objects[current].registers.argument0, .endpoint, needing: .read)
    guard word.wordCount == 0, word.reply == .none else { throw .badArgument(11) }
    try readTransfers(word)
    guard objects[current].message.transferCount == 0 else { throw .badArgument(2) }
    try receive(through: slot)
  }

  /// Receives for the current thread, whose pending message says what it accepts.
  mutating func receive(through slot: SlotID) throws(Failure) {
    let receiver = current
    let endpoint = EndpointID(granule: objects[slot].object)
    objects[receiver].message.mayGrant = objects[slot].rights.includes(.grant)
    if takeBoundSignal(receiver) { return }
    guard !objects[endpoint].isDestroyed else { throw Failure(.peerGone) }
    if objects[endpoint].waiters == .senders {
      let sender = objects[endpoint].queue.head
      let count = try deliver(from: sender, to: receiver)
      leaveEndpoint(sender)
      if objects[sender].message.isCall {
        objects[sender].state = .awaitingReply
      } else {
        stopTimer(sender)
        finish(sender, ResultWord(.ok), value: count)
      }
      return
    }
    let deadline = objects[receiver].registers.argument1
    try checkDeadline(deadline)
    enqueue(receiver, on: endpoint, through: slot, as: .receivers, deadline: deadline)
    blockCurrent(.receiving)
  }

  /// Delivers the word of a thread's bound notification, if it is not 0.
  private mutating func takeBoundSignal(_ thread: ThreadID) -> Bool {
    let notification = objects[thread].boundNotification
    guard !notification.isNone, objects[notification].word != 0 else { return false }
    deliverSignal(objects[notification].word, to: thread)
    objects[notification].word = 0
    return true
  }

  /// Writes a signalled word as the outcome of a receive.
  mutating func deliverSignal(_ word: UInt64, to thread: ThreadID) {
    objects[thread].registers.callWord =
      ResultWord(delivered: .notification, wordCount: 0).rawValue
    objects[thread].registers.argument0 = word
  }
}
