import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Reads what of a kernel's state can make a difference to what its programs see later, in an order
/// that does not depend on where objects lie or how often slots were used.
///
/// Left out: generations and laps of slots, numbers of threads and processes, times, registers,
/// the contents of memory, the order of run queues, and while no batches are left the order of what
/// was derived from one capability. Two states that are equal here are taken for one state.
struct StateReader {
  typealias Store = ObjectStore<SimulatedPlatform>

  let store: Store
  /// In the order of their roles.
  let threads: [ThreadID]
  let processes: [ProcessID]
  /// For each role the place of its process among `processes`.
  let processOfRole: [Int]
  /// Slots of each process that calls name; the others count for what leads to them only.
  let slotCount: UInt16
  let isReduced: Bool
  /// Whether batches of work may be left, and so orders matter that else do not.
  let splitsWork: Bool
  /// A claimed interrupt.
  let interrupt: InterruptID

  private let firstGranule: UInt32
  /// Objects and slots by when they were met, 0 for those that were not.
  private var numbers: [UInt16]
  private var met: [AnyObjectID] = []
  /// Slots that no call names, such as spares, in the order in which they are met: which of the
  /// free ones the kernel takes makes no difference.
  private var hiddenSlots: [SlotID] = []
  private var places: [[UInt16]]
  var digest = StateDigest()

  init(
    _ machine: TestMachine, actors: [Actor], configuration: ExploredConfiguration,
    interrupt: InterruptID
  ) {
    store = machine.kernel.objects
    threads = actors.map(\.thread)
    processes = configuration.isOneProcess ? [actors[0].process] : actors.map(\.process)
    processOfRole = actors.indices.map { configuration.isOneProcess ? 0 : $0 }
    slotCount = configuration.slotCount
    isReduced = configuration.isReduced && configuration.programs.isEmpty
    splitsWork = configuration.splitsWork
    self.interrupt = interrupt
    let range = machine.kernel.platform.ramRange
    firstGranule = store.place(of: range.lowerBound >> 12) * Granule.perFrame
    let count = Int(range.upperBound - range.lowerBound) / Int(Granule.byteCount)
    numbers = Array(repeating: 0, count: count)
    places = Array(
      repeating: Array(repeating: 0, count: Int(slotCount) + 1), count: processes.count)
  }

  /// The state as it is now: the smallest digest of all orders, and the order that gave it.
  mutating func read(isReduced: Bool? = nil) -> (digest: StateDigest, order: StateOrder) {
    var best: (digest: StateDigest, order: StateOrder)?
    for order in isReduced ?? self.isReduced ? orders() : [ownOrder] {
      let digest = digest(in: order)
      if best.map({ digest < $0.digest }) ?? true { best = (digest, order) }
    }
    guard let best else { preconditionFailure("no order at all") }
    return best
  }

  /// The order in which roles and slots have their own places.
  var ownOrder: StateOrder {
    StateOrder(
      roles: Array(threads.indices),
      slots: processes.map { _ in Array(1...slotCount) })
  }

  /// The digest of the state if threads and slots are taken in an order.
  mutating func digest(in order: StateOrder) -> StateDigest {
    digest = StateDigest()
    for (process, slots) in order.slots.enumerated() {
      for (place, slot) in slots.enumerated() { places[process][Int(slot)] = UInt16(place + 1) }
    }
    var inOrder: [Int] = []
    for role in order.roles where !inOrder.contains(processOfRole[role]) {
      inOrder.append(processOfRole[role])
    }
    for process in inOrder { number(processes[process].header) }
    for role in order.roles { number(threads[role].header) }
    for process in inOrder { add(process: process, slots: order.slots[process]) }
    for role in order.roles { add(thread: threads[role]) }
    addTimers(order.roles)
    if !interrupt.isNone { addInterrupt() }
    if splitsWork { addWork(order.roles, inOrder) }
    // What was met on the way, which may lead to more.
    var (object, slot) = (0, 0)
    while object < met.count || slot < hiddenSlots.count {
      if object < met.count {
        add(object: met[object])
        object += 1
      } else {
        add(slot: hiddenSlots[slot])
        slot += 1
      }
    }
    for object in met { numbers[Int(object.granule - firstGranule)] = 0 }
    for slot in hiddenSlots { numbers[Int(slot.granule - firstGranule)] = 0 }
    met.removeAll(keepingCapacity: true)
    hiddenSlots.removeAll(keepingCapacity: true)
    return digest
  }

  // MARK: Numbers

  @discardableResult
  mutating func number(_ object: AnyObjectID) -> UInt64 {
    guard !object.isNone else { return 0 }
    let index = Int(object.granule - firstGranule)
    if numbers[index] == 0 {
      met.append(object)
      numbers[index] = UInt16(met.count + hiddenSlots.count)
    }
    return UInt64(numbers[index])
  }

  /// A slot by its process and place.
  mutating func key(_ slot: SlotID) -> UInt64 {
    guard !slot.isNone else { return 0 }
    let owner = store[slot].owner
    let number = number(owner.header) << 32
    let index = store[slot].index
    if index <= slotCount, let process = processes.firstIndex(of: owner) {
      return number | UInt64(places[process][Int(index)])
    }
    let hidden = Int(slot.granule - firstGranule)
    if numbers[hidden] == 0 {
      hiddenSlots.append(slot)
      numbers[hidden] = UInt16(met.count + hiddenSlots.count)
    }
    return number | 1 << 16 | UInt64(numbers[hidden])
  }

  mutating func add(_ word: UInt64) { digest.add(word) }

  // MARK: Orders

  /// The orders of which one gives the smallest digest: all others give one that is there too.
  private func orders() -> [StateOrder] {
    let slotKeys = processes.indices.map { process in
      (1...slotCount).map { key(ofSlot: $0, in: process) }
    }
    let roleOrders = Symmetry.orders(of: threads.indices.map { key(ofRole: $0, slotKeys) })
    var result = roleOrders.map { StateOrder(roles: $0, slots: []) }
    for process in processes.indices {
      let orders = Symmetry.orders(of: slotKeys[process])
      result = result.flatMap { order in
        orders.map { slots in
          var longer = order
          longer.slots.append(slots.map { UInt16($0 + 1) })
          return longer
        }
      }
    }
    return result
  }

  /// What can be said of a slot without a name for anything; 0 if it is free and as good as any.
  private func key(ofSlot index: UInt16, in process: Int) -> UInt64 {
    guard store[processes[process]].state != .ended else { return 0 }
    let slot = store[processes[process]].table.slot(at: index, in: store)
    guard !slot.isNone else { return 0 }
    guard store[slot].state != .free else { return freeRank(of: slot, in: process) }
    return 1 << 63 | UInt64(store[slot].typeCode) << 16 | UInt64(store[slot].state.rawValue) << 24
      | UInt64(store[slot].rightsBits) << 32 | (store[slot].badge & 0xff) << 40
      | (store[slot].waiters.isEmpty ? 0 : 1 << 48)
      | (store[slot].firstChild.isNone ? 0 : 1 << 49)
  }

  private func key(ofRole role: Int, _ slotKeys: [[UInt64]]) -> UInt64 {
    let thread = threads[role]
    // What is left of it has no more to say than what the digest takes of it.
    guard !store[thread].isDetached else { return 1 }
    var digest = StateDigest()
    digest.add(stateWord(of: thread))
    digest.add(store[thread].waitSlot.isNone ? 0 : 1)
    digest.add(store[thread].spare.isNone ? 0 : UInt64(store[store[thread].spare].state.rawValue))
    if processes.count > 1 {
      for key in slotKeys[role].sorted() { digest.add(key) }
    }
    // Never 0: no thread is as good as another.
    return digest.high | 1
  }

  /// How soon a free slot is taken where the kernel chooses one, from 1 on; 0 if it never is.
  ///
  /// It chooses from the front for copies that are under way, one for each thread that may send.
  func freeRank(of slot: SlotID, in process: Int) -> UInt64 {
    var left = 0
    for (role, thread) in threads.enumerated() where processOfRole[role] == process {
      let isParked = store[thread].state == .sending && store[thread].message.transferCount > 0
      if !isParked, store[thread].state != .ended { left += 1 }
    }
    var free = store[processes[process]].table.free.first
    var rank: UInt64 = 1
    while left > 0, !free.isNone {
      if free == slot { return rank }
      free = FreeSlots[free, in: store].next
      rank += 1
      left -= 1
    }
    return 0
  }

  func place(_ slot: UInt16, _ process: Int) -> UInt64 { UInt64(places[process][Int(slot)]) }

  func stateWord(of thread: ThreadID) -> UInt64 {
    // Who runs and who is ready is the explorer's choice.
    let state = store[thread].state == .running ? ThreadState.ready : store[thread].state
    return UInt64(state.rawValue) | (store[thread].isSuspended ? 1 << 8 : 0)
      | UInt64(store[thread].ownPriority) << 16 | (store[thread].isUnhandled ? 1 << 24 : 0)
      | (store[thread].timer.isArmed ? 1 << 25 : 0)
  }
}
