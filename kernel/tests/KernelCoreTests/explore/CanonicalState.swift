import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What of a kernel's state can make a difference to what its programs see later, in an order that
/// does not depend on where objects lie or how often slots were used.
///
/// Left out: generations and laps of slots, numbers of threads and processes, times, registers,
/// the contents of memory, the order of run queues and of free slots, and what a capability's
/// siblings are in order. Two states that are equal here are taken for one state.
struct CanonicalState {
  /// Objects and slots in the order in which they are met; 0 for none.
  private var numbers: [UInt32: UInt64] = [:]
  private var met: [AnyObjectID] = []
  /// Slots that no call names, such as spares, in the order in which they are met: which of the
  /// free ones the kernel takes makes no difference.
  private var hiddenSlots: [SlotID] = []
  private let slotCount: UInt16
  private var parents: [UInt32: SlotID] = [:]
  private(set) var words: [UInt64] = []

  /// - Parameters:
  ///   - threads: Those whose places matter, in the order of their roles.
  ///   - processes: Likewise.
  ///   - slotCount: How many slots of each process calls name; the others count for what leads to
  ///     them only.
  init(
    _ kernel: borrowing TestKernel, threads: [ThreadID], processes: [ProcessID],
    slotCount: UInt16
  ) {
    self.slotCount = slotCount
    for process in processes {
      number(process.header)
      guard isThere(process, kernel) else { continue }
      for slot in Census.allSlots(of: process, kernel) { noteChildren(of: slot, kernel) }
    }
    for thread in threads { number(thread.header) }
    for process in processes { add(process, kernel) }
    for thread in threads { add(thread, kernel) }
    add(timersOf: threads, kernel)
    // What was met on the way, which may lead to more.
    var (object, slot) = (0, 0)
    while object < met.count || slot < hiddenSlots.count {
      if object < met.count {
        add(object: met[object], kernel)
        object += 1
      } else {
        add(hiddenSlots[slot], kernel)
        slot += 1
      }
    }
  }

  /// 128 bits of it: of 10^8 states two are taken for one with a chance of about 10^-23.
  var digest: Digest {
    var (high, low): (UInt64, UInt64) = (0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b)
    for word in words {
      high = (high ^ word).hashed
      low = (low &+ word &* 0x9e37_79b9_7f4a_7c15).hashed ^ high
    }
    return Digest(high: high, low: low)
  }

  struct Digest: Hashable, CustomStringConvertible {
    let high, low: UInt64
    var description: String { String(high, radix: 16) + String(low, radix: 16) }
  }

  // MARK: Numbers

  @discardableResult
  private mutating func number(_ object: AnyObjectID) -> UInt64 {
    guard !object.isNone else { return 0 }
    if let number = numbers[object.granule] { return number }
    numbers[object.granule] = UInt64(numbers.count + 1)
    met.append(object)
    return UInt64(numbers.count)
  }

  /// A slot by its process and place.
  private mutating func key(_ slot: SlotID, _ kernel: borrowing TestKernel) -> UInt64 {
    guard !slot.isNone else { return 0 }
    let owner = number(kernel.objects[slot].owner.header) << 32
    let index = kernel.objects[slot].index
    guard index > slotCount else { return owner | UInt64(index) }
    if let number = numbers[slot.granule] { return owner | 1 << 16 | number }
    numbers[slot.granule] = UInt64(numbers.count + 1)
    hiddenSlots.append(slot)
    return owner | 1 << 16 | UInt64(numbers.count)
  }

  private func isThere(_ process: ProcessID, _ kernel: borrowing TestKernel) -> Bool {
    kernel.objects[process].state != .ended
  }

  private mutating func noteChildren(of slot: SlotID, _ kernel: borrowing TestKernel) {
    guard kernel.objects[slot].state != .free else { return }
    var child = kernel.objects[slot].firstChild
    while !child.isNone {
      parents[child.granule] = slot
      guard !kernel.objects[child].isLastChild else { return }
      child = kernel.objects[child].next
    }
  }

  // MARK: Parts

  private mutating func add(_ process: ProcessID, _ kernel: borrowing TestKernel) {
    let held = kernel.objects[process]
    words.append(UInt64(held.state.rawValue) | UInt64(held.threadCount) << 8)
    words.append(held.exitValue)
    guard isThere(process, kernel) else { return }
    words.append(key(held.supervisor, kernel))
    for index in 1...slotCount {
      add(held.table.slot(at: index, in: kernel.objects), kernel)
    }
  }

  private mutating func add(_ slot: SlotID, _ kernel: borrowing TestKernel) {
    let held = kernel.objects[slot]
    guard held.state != .free else { return words.append(0) }
    words.append(
      UInt64(held.typeCode) << 16 | UInt64(held.state.rawValue) << 24
        | UInt64(held.rightsBits) << 32 | UInt64(held.role.rawValue) << 40)
    words.append(held.badge)
    words.append(number(held.object))
    words.append(key(parents[slot.granule] ?? .none, kernel))
    words.append(number(held.holder))
    for thread in Census.members(held.waiters, kernel) { words.append(number(thread.header)) }
  }

  private mutating func add(_ thread: ThreadID, _ kernel: borrowing TestKernel) {
    let held = kernel.objects[thread]
    guard !held.isDetached else { return words.append(.max) }
    // Who runs and who is ready is the explorer's choice.
    let state = held.state == .running ? ThreadState.ready : held.state
    words.append(
      UInt64(state.rawValue) | (held.isSuspended ? 1 << 8 : 0) | UInt64(held.ownPriority) << 16
        | (held.isUnhandled ? 1 << 24 : 0) | (held.timer.isArmed ? 1 << 25 : 0))
    words.append(key(held.waitSlot, kernel))
    words.append(key(held.replySlot, kernel))
    words.append(key(held.spare, kernel))
    words.append(key(held.boundSlot, kernel))
    words.append(key(held.faultHandler, kernel))
    words.append(key(held.endWatcher, kernel))
    words.append(held.exitValue)
    switch held.state {
    case .sending, .receiving, .awaitingReply: add(held.message, of: held.state, kernel)
    default: break
    }
  }

  private mutating func add(
    _ message: PendingMessage, of state: ThreadState, _ kernel: borrowing TestKernel
  ) {
    words.append(
      UInt64(message.callBits) | UInt64(message.wordCount) << 8
        | (message.isFault ? 1 << 16 : 0) | (message.mayGrant ? 1 << 17 : 0))
    switch state {
    case .sending:
      words.append(message.badge)
      words.append(UInt64(message.moves) | UInt64(message.transferCount) << 8)
      for index in 0..<Int(message.transferCount) {
        words.append(key(message.parked[index], kernel))
        words.append(UInt64(message.masks[index]))
      }
    default: words.append(message.accepts)
    }
  }

  /// Which deadline comes before which.
  private mutating func add(timersOf threads: [ThreadID], _ kernel: borrowing TestKernel) {
    let armed = threads.filter {
      !kernel.objects[$0].isDetached && kernel.objects[$0].timer.isArmed
    }
    let order = armed.sorted {
      kernel.objects[$0].timer.deadline < kernel.objects[$1].timer.deadline
    }
    for thread in order { words.append(number(thread.header)) }
    words.append(.max)
  }

  private mutating func add(object: AnyObjectID, _ kernel: borrowing TestKernel) {
    let header = kernel.objects[object]
    words.append(UInt64(header.type.rawValue))
    switch header.type {
    case .endpoint:
      let endpoint = kernel.objects[object.narrowed(to: Endpoint.self)]
      words.append(UInt64(endpoint.waiters.rawValue) | (endpoint.isDestroyed ? 1 << 8 : 0))
      words.append(UInt64(endpoint.readerCount))
      add(queue: endpoint.queue, kernel)
    case .notification:
      let notification = kernel.objects[object.narrowed(to: Notification.self)]
      words.append(notification.word)
      words.append(notification.isDestroyed ? 1 : 0)
      words.append(number(notification.boundThread.header))
      add(queue: notification.queue, kernel)
    default: break
    }
  }

  private mutating func add(queue: List<WaitingThreads>, _ kernel: borrowing TestKernel) {
    for thread in Census.members(queue, kernel) { words.append(number(thread.header)) }
    words.append(.max)
  }
}
