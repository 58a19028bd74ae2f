import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What a step rarely comes to by chance: calls whose parts coincide, and calls about what
/// others are in the middle of.
extension RandomWorld {
  private func slots(of process: ProcessID) -> [SlotID] {
    Census.allSlots(of: process, machine.kernel).filter {
      machine.kernel.objects[$0].state == .held
    }
  }

  /// The handles through which threads of this process wait.
  private func waitHandles(of process: ProcessID) -> [Handle] {
    var result: [Handle] = []
    for thread in Census.members(machine.kernel.objects[process].threads, machine.kernel) {
      let slot = machine.kernel.objects[thread].waitSlot
      if !slot.isNone, machine.kernel.objects[slot].owner == process,
        machine.kernel.objects[slot].state == .held
      {
        result.append(machine.kernel.objects[slot].handle)
      }
    }
    return result
  }

  /// Handles of the same object as `handle`, itself among them.
  private func twins(of handle: Handle, in process: ProcessID) -> [Handle] {
    let all = slots(of: process).map { machine.kernel.objects[$0] }
    guard let named = all.first(where: { $0.handle == handle }) else { return [] }
    return all.filter { $0.object == named.object && $0.type == named.type }.map(\.handle)
  }

  // MARK: Messages

  /// A message that carries the capabilities it is made with, or others wait with.
  mutating func coincide(_ thread: ThreadID) {
    let process = machine.kernel.objects[thread].process
    let endpoints = handles(of: process, .endpoint)
    guard !endpoints.isEmpty else { return }
    let waits = waitHandles(of: process)
    // Mostly an endpoint that somebody waits on already.
    let waited = waits.flatMap { twins(of: $0, in: process) }.filter(endpoints.contains)
    let endpoint = !waited.isEmpty && random.chance(75) ? random.pick(waited) : random.pick(endpoints)
    let replies = handles(of: process, .reply)
    let number: SyscallNumber =
      !replies.isEmpty && random.chance(40)
      ? (random.chance(75) ? .replyAndReceive : .reply)
      : random.pick([.send, .send, .call, .receive, .replyAndReceive])
    let reply =
      number == .reply || number == .replyAndReceive && !replies.isEmpty && random.chance(85)
      ? (replies.isEmpty ? Handle.none : random.pick(replies)) : Handle.none
    let isSending = number != .receive && !(number == .replyAndReceive && reply == .none)
    var pool = twins(of: endpoint, in: process) + waits
    pool += handles(of: process, .thread).prefix(2) + handles(of: process, .process).prefix(2)
    pool += replies + [endpoint]
    if !endpoints.isEmpty { pool.append(random.pick(endpoints)) }
    let all = handles(of: process)
    if !all.isEmpty { pool.append(random.pick(all)) }
    let count = isSending ? (random.chance(15) ? 0 : 1 + random.below(3)) : 0
    let hasTransfers = count > 0 || random.chance(80)
    if hasTransfers {
      let accepts: UInt64 =
        random.chance(70)
        ? .max : UInt64(endpoint.slot) | 0xffff << 16 | UInt64(random.below(70)) << 32
      var transfers: [CapabilityTransfer] = []
      for _ in 0..<count {
        let isMove = random.chance(65)
        let mask = random.chance(75) ? 0xff : random.below(256)
        transfers.append(
          CapabilityTransfer(
            random.pick(pool), rights: Rights(bits: UInt16(mask)), isMove: isMove))
      }
      write(transfers, accepts: accepts, for: thread)
    }
    let deadline: UInt64 =
      random.chance(70) ? Deadline.never : random.chance(50) ? Deadline.poll : machine.now + 2_000
    invoke(
      thread,
      CallWord(
        number, wordCount: isSending ? UInt64(random.below(3)) : 0, hasTransfers: hasTransfers,
        reply: reply),
      UInt64(endpoint.rawValue), deadline, Actor.scratch, [1, 2, 3, 4, 5, 6, 7, 8])
  }

  private func write(
    _ transfers: [CapabilityTransfer], accepts: UInt64, for thread: ThreadID
  ) {
    machine.become(thread)
    for (index, word) in ([UInt64(transfers.count), accepts] + transfers.map(\.rawValue))
      .enumerated()
    {
      _ = machine.kernel.platform.store(word, at: Actor.scratch + UInt64(index) * 8)
    }
  }

  /// A sender that carries a copy of another endpoint's reader, whose original goes.
  mutating func extendChain(_ thread: ThreadID) {
    let process = machine.kernel.objects[thread].process
    let endpoints = slots(of: process).map { machine.kernel.objects[$0] }
      .filter { $0.type == .endpoint }
    let readers = endpoints.filter { $0.rights.includes(.read.union(.copy).union(.transfer)) }
    let ways = endpoints.filter { $0.rights.includes(.write.union(.grant)) }
    guard let reader = readers.isEmpty ? nil : random.pick(readers) else { return }
    let others = ways.filter { $0.object != reader.object }
    guard !others.isEmpty else { return }
    let way = random.pick(others)
    write(
      [CapabilityTransfer(reader.handle, rights: .all, isMove: random.chance(30))],
      accepts: .max, for: thread)
    invoke(
      thread, CallWord(.send, hasTransfers: true), UInt64(way.handle.rawValue), Deadline.never,
      Actor.scratch, [0, 0, 0, 0, 0, 0, 0, 0])
    // A sibling deletes what was copied.
    guard random.chance(60),
      let sibling = able().first(where: { machine.kernel.objects[$0].process == process })
    else { return }
    invoke(
      sibling, CallWord(.delete), UInt64(reader.handle.rawValue), 0, 0,
      [0, 0, 0, 0, 0, 0, 0, 0])
  }

  // MARK: Trees under revoke

  /// Slots that are being revoked, with what is below them.
  private func revokedTrees() -> [SlotID] {
    threads { if case .revoke = $0.work { true } else { false } }.flatMap { thread -> [SlotID] in
      guard case .revoke(let token) = machine.kernel.objects[thread].work else { return [] }
      let slot = machine.kernel.objects.redeem(token)
      guard !slot.isNone else { return [] }
      return [slot] + descendants(of: slot, limit: 12)
    }
  }

  /// Some of what was derived from a slot, nearest first.
  func descendants(of slot: SlotID, limit: Int) -> [SlotID] {
    var result: [SlotID] = []
    var pending = [slot]
    while let node = pending.popLast(), result.count < limit {
      var child = machine.kernel.objects[node].firstChild
      while !child.isNone, result.count < limit {
        result.append(child)
        pending.append(child)
        if machine.kernel.objects[child].isLastChild { break }
        child = machine.kernel.objects[child].next
      }
    }
    return result
  }

  /// Something happens inside a tree that is being revoked.
  ///
  /// - Returns: Whether anybody could do anything.
  mutating func disturb() -> Bool {
    let nodes = revokedTrees().filter { machine.kernel.objects[$0].state == .held }
    guard !nodes.isEmpty else { return false }
    let node = random.pick(nodes)
    let slot = machine.kernel.objects[node]
    let actors = able().filter { machine.kernel.objects[$0].process == slot.owner }
    guard !actors.isEmpty else { return false }
    let thread = random.pick(actors)
    let handle = UInt64(slot.handle.rawValue)
    let none: [UInt64] = [0, 0, 0, 0, 0, 0, 0, 0]
    switch random.below(10) {
    case 0...4:
      invoke(thread, CallWord(.copy), handle, 0, 0xffff, [UInt64(slot.rights.bits)] + none.dropLast())
    case 5, 6: invoke(thread, CallWord(.move), handle, 0, 0xffff, none)
    case 7: invoke(thread, CallWord(.delete), handle, 0, 0, none)
    case 8: invoke(thread, CallWord(.revoke), handle, 0, 0, none)
    default:
      let ways = handles(of: slot.owner, .endpoint)
      guard !ways.isEmpty else { return false }
      write(
        [CapabilityTransfer(slot.handle, rights: .all, isMove: random.chance(60))],
        accepts: .max, for: thread)
      invoke(
        thread, CallWord(.send, hasTransfers: true), UInt64(random.pick(ways).rawValue),
        Deadline.never, Actor.scratch, none)
    }
    return true
  }

  /// Grows a tree that takes several batches to revoke, and begins to.
  mutating func revokeLargeTree(_ thread: ThreadID) {
    let process = machine.kernel.objects[thread].process
    let sources = slots(of: process).map { machine.kernel.objects[$0] }
      .filter { $0.rights.includes(.copy) && $0.type != .reply }
    guard !sources.isEmpty else { return }
    let source = random.pick(sources)
    for _ in 0..<80 {
      guard machine.canAct(Actor(thread: thread, process: process, threadHandle: .none, processHandle: .none)) else { return }
      invoke(
        thread, CallWord(.copy), UInt64(source.handle.rawValue), 0, 0xffff,
        [UInt64(source.rights.bits), 0, 0, 0, 0, 0, 0, 0])
    }
    invoke(
      thread, CallWord(.revoke), UInt64(source.handle.rawValue), 0, 0,
      [0, 0, 0, 0, 0, 0, 0, 0])
  }
}
