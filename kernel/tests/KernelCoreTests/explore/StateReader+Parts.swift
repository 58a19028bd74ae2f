import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// The parts of a state, each as the words that say all of it that counts.
extension StateReader {
  mutating func add(process place: Int, slots: [UInt16]) {
    let process = processes[place]
    let state = store[process].state
    add(UInt64(state.rawValue) | UInt64(store[process].threadCount) << 8)
    add(store[process].exitValue)
    guard state != .ended else { return }
    add(key(store[process].supervisor))
    for index in slots {
      let slot = store[process].table.slot(at: index, in: store)
      if slot.isNone {
        add(.max)
      } else if store[slot].state == .free {
        add(freeRank(of: slot, in: place))
      } else {
        add(slot: slot)
      }
    }
  }

  mutating func add(slot: SlotID) {
    guard store[slot].state != .free else { return add(0) }
    add(
      UInt64(store[slot].typeCode) << 16 | UInt64(store[slot].state.rawValue) << 24
        | UInt64(store[slot].rightsBits) << 32 | UInt64(store[slot].role.rawValue) << 40)
    add(store[slot].badge)
    add(number(store[slot].object))
    add(key(parent(of: slot)))
    add(number(store[slot].holder))
    var waiter = store[slot].waiters.first
    while !waiter.isNone {
      add(number(waiter.header))
      waiter = store[waiter].ofSlot.next
    }
    if splitsWork { addChildren(of: slot) }
  }

  private func parent(of slot: SlotID) -> SlotID {
    var last = slot
    while !store[last].isLastChild { last = store[last].next }
    return store[last].next
  }

  /// What was derived from a capability, in order; of those in tables that are not the world's, how
  /// many there are in a row.
  private mutating func addChildren(of slot: SlotID) {
    var child = store[slot].firstChild
    var others: UInt64 = 0
    while !child.isNone {
      if processes.contains(store[child].owner) {
        add(others)
        add(key(child))
        others = 0
      } else {
        others += 1
      }
      guard !store[child].isLastChild else { break }
      child = store[child].next
    }
    add(1 << 32 | others)
  }

  mutating func add(thread: ThreadID) {
    guard !store[thread].isDetached else { return add(.max) }
    add(stateWord(of: thread))
    add(key(store[thread].waitSlot))
    add(key(store[thread].replySlot))
    add(key(store[thread].spare))
    add(key(store[thread].boundSlot))
    add(key(store[thread].faultHandler))
    add(key(store[thread].endWatcher))
    add(store[thread].exitValue)
    switch store[thread].state {
    case .sending, .receiving, .awaitingReply: addMessage(of: thread)
    default: break
    }
  }

  /// What a wait's message says that is looked at later. The rest is left from calls before: the
  /// fast path does not clear it.
  private mutating func addMessage(of thread: ThreadID) {
    let message = store[thread].message
    let state = store[thread].state
    // Slots are named by their places.
    let process = processes.firstIndex(of: store[thread].process) ?? 0
    let accepts = message.accepts
    add(accepts == 0 || accepts > UInt64(slotCount) ? accepts : place(UInt16(accepts), process))
    guard state != .receiving else { return add(message.mayGrant ? 1 : 0) }
    add(UInt64(message.callBits) | (message.isFault ? 1 << 16 : 0))
    guard state == .sending else { return }
    add(UInt64(message.wordCount))
    add(message.badge)
    add(UInt64(message.moves) | UInt64(message.transferCount) << 8)
    for index in 0..<Int(message.transferCount) {
      add(key(message.parked[index]))
      add(UInt64(message.masks[index]))
    }
  }

  /// Which deadline comes before which.
  mutating func addTimers(_ roles: [Int]) {
    var armed: [(deadline: UInt64, thread: ThreadID)] = []
    for role in roles where !store[threads[role]].isDetached {
      guard store[threads[role]].timer.isArmed else { continue }
      armed.append((store[threads[role]].timer.deadline, threads[role]))
    }
    guard !armed.isEmpty else { return add(0) }
    armed.sort { $0.deadline < $1.deadline }
    for timer in armed { add(number(timer.thread.header)) }
    add(.max)
  }

  mutating func addInterrupt() {
    add((store[interrupt].isPending ? 1 : 0) | (store[interrupt].target.isNone ? 0 : 2))
    add(key(store[interrupt].target))
  }

  /// What is left of calls, and what is about to end, in the order in which it will be looked at.
  mutating func addWork(_ roles: [Int], _ processOrder: [Int]) {
    for thread in roles.map({ threads[$0] }) where !store[thread].isDetached {
      switch store[thread].work {
      case .none: add(0)
      case .delete(let token): add(token)
      case .revoke(let token):
        add(1)
        add(token)
      default: preconditionFailure("work that no world has")
      }
    }
    var revoker = store.shared.revokers.first
    while !revoker.isNone {
      add(number(revoker.header))
      revoker = store[revoker].revoking.next
    }
    add(.max)
    for priority in [TestMachine.priority, 0] {
      var object = store.shared.reaper.list(at: Int(priority)).first
      while !object.isNone {
        add(number(object) << 1 | (store[object].isCondemned ? 1 : 0))
        object = store[object].reaping.next
      }
      add(.max)
    }
    for process in processOrder.map({ processes[$0] }) {
      add(UInt64(store[process].endStage.rawValue) << 16 | UInt64(store[process].endCursor))
    }
  }

  private mutating func add(_ token: SlotToken) {
    let slot = store.redeem(token)
    add(slot.isNone ? .max : key(slot))
  }

  mutating func add(object: AnyObjectID) {
    add(UInt64(store[object].type.rawValue))
    switch store[object].type {
    case .endpoint:
      let endpoint = object.narrowed(to: Endpoint.self)
      add(
        UInt64(store[endpoint].waiters.rawValue) | (store[endpoint].isDestroyed ? 1 << 8 : 0))
      add(UInt64(store[endpoint].readerCount))
      add(queue: store[endpoint].queue.first)
    case .notification:
      let notification = object.narrowed(to: Notification.self)
      add(store[notification].word)
      add(store[notification].isDestroyed ? 1 : 0)
      add(number(store[notification].boundThread.header))
      add(queue: store[notification].queue.first)
    default: break
    }
  }

  private mutating func add(queue first: ThreadID) {
    var thread = first
    while !thread.isNone {
      add(number(thread.header))
      thread = store[thread].inQueue.next
    }
    add(.max)
  }
}
