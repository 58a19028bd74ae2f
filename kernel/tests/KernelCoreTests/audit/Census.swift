import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// The kernel that the tests run.
typealias TestKernel = Kernel<SimulatedPlatform>
typealias KernelThread = Thread<SimulatedPlatform>

/// Granules of a machine's RAM: a bit each, one word per frame.
struct GranuleSet {
  /// As the store counts frames.
  private let first: StoreFrame
  private var words: [UInt64]
  /// Granules that were added.
  private(set) var count = 0

  init(_ kernel: borrowing TestKernel) {
    let range = kernel.platform.ramRange
    first = kernel.objects.place(of: range.lowerBound >> 12)
    words = Array(repeating: 0, count: Int((range.upperBound - range.lowerBound) >> 12))
  }

  func contains(_ granule: UInt32) -> Bool {
    let frame = granule / Granule.perFrame
    guard frame >= first, Int(frame - first) < words.count else { return false }
    return words[Int(frame - first)] & 1 << UInt64(granule % Granule.perFrame) != 0
  }

  /// Adds a granule; returns whether it was not there, or is no granule of RAM.
  @discardableResult
  mutating func insert(_ granule: UInt32) -> Bool {
    guard !contains(granule) else { return false }
    let frame = granule / Granule.perFrame
    guard frame >= first, Int(frame - first) < words.count else { return true }
    count += 1
    words[Int(frame - first)] |= 1 << UInt64(granule % Granule.perFrame)
    return true
  }
}

/// Everything that is alive in a kernel, found by way of the budgets that
/// everything is charged to, and the tables.
struct Census {
  var threads: [ThreadID] = []
  var processes: [ProcessID] = []
  var endpoints: [EndpointID] = []
  var notifications: [NotificationID] = []
  var memories: [MemoryID] = []
  var mappings: [MappingID] = []
  var dmaSpaces: [DMASpaceID] = []
  var dmaMappings: [DMAMappingID] = []
  var interrupts: [InterruptID] = []
  var budgets: [BudgetID] = []
  /// Slots that are not free, of all tables.
  var slots: [SlotID] = []
  /// Granules of the above, for look-ups.
  var live: GranuleSet
  /// What the objects among them are.
  var types: [UInt32: ObjectType] = [:]
  /// Frames of slabs, with how many objects were found in each.
  var slabPlaces: [UInt32: Int] = [:]
  /// What is wrong with the lists of budgets.
  var findings: [String] = []

  init(_ kernel: borrowing TestKernel) {
    live = GranuleSet(kernel)
    var pending = [kernel.objects.rootBudget]
    live.insert(kernel.objects.rootBudget.granule)
    types[kernel.objects.rootBudget.granule] = .budget
    while let budget = pending.popLast() {
      budgets.append(budget)
      pending += collect(budget, kernel)
    }
    for process in processes {
      mappings += Census.members(kernel.objects[process].mappings, kernel)
      guard kernel.objects[process].state != .ended else { continue }
      for slot in Self.allSlots(of: process, kernel) where kernel.objects[slot].state != .free {
        slots.append(slot)
        live.insert(slot.granule)
      }
    }
    for space in dmaSpaces { dmaMappings += Census.members(kernel.objects[space].mappings, kernel) }
    for record in mappings.map(\.granule) + dmaMappings.map(\.granule) {
      live.insert(record)
      note(place: record)
    }
  }

  /// Notes what is charged to a budget; returns its children.
  private mutating func collect(
    _ budget: BudgetID, _ kernel: borrowing TestKernel
  ) -> [BudgetID] {
    var children: [BudgetID] = []
    for object in Census.members(kernel.objects[budget].objects, kernel) {
      let type = kernel.objects[object].type
      guard live.insert(object.granule) else {
        findings.append("object \(object.granule): charged twice")
        continue
      }
      if kernel.objects[object].budget != budget {
        findings.append("object \(object.granule): in the list of another budget")
      }
      types[object.granule] = type
      note(place: object.granule)
      switch type {
      case .thread: threads.append(object.narrowed(to: ThreadTag.self))
      case .process: processes.append(object.narrowed(to: Process.self))
      case .endpoint: endpoints.append(object.narrowed(to: Endpoint.self))
      case .notification: notifications.append(object.narrowed(to: Notification.self))
      case .memory: memories.append(object.narrowed(to: MemoryObject.self))
      case .interrupt: interrupts.append(object.narrowed(to: Interrupt.self))
      case .dmaSpace: dmaSpaces.append(object.narrowed(to: DMASpace.self))
      case .budget: children.append(object.narrowed(to: Budget.self))
      case .none, .reply, .portRange, .machine:
        findings.append("object \(object.granule): of type \(type)")
      }
    }
    return children
  }

  private mutating func note(place granule: UInt32) {
    slabPlaces[granule / Granule.perFrame, default: 0] += 1
  }

  /// The frames that memory has taken, its own tables among them.
  static func frames(
    of memory: MemoryObject, _ kernel: borrowing TestKernel
  ) -> (pages: [FrameNumber], tables: Set<FrameNumber>) {
    guard memory.kind == .owned, memory.frames.base != 0 else { return ([], []) }
    if memory.frames.isRun {
      let first = memory.frames.base >> 12
      return (Array(first..<first + UInt64(memory.pageCount)), [])
    }
    var pages: [FrameNumber] = []
    var tables: Set<FrameNumber> = []
    for page in 0..<memory.filled {
      var table = memory.frames.base
      for level in stride(from: Int(memory.frames.levelCount), to: 0, by: -1) {
        tables.insert(table >> 12)
        table = kernel.window.load(
          table + UInt64(page) >> (9 * UInt64(level - 1)) % 512 * 8, as: UInt64.self)
      }
      pages.append(table >> 12)
    }
    return (pages, tables)
  }

  /// The members of a list, first to last, as far as it is sound.
  static func members<Role: ListRole>(
    _ list: List<Role>, _ kernel: borrowing TestKernel
  ) -> [ObjectID<Role.Node>] {
    var result: [ObjectID<Role.Node>] = []
    var node = list.first
    while !node.isNone, result.count < 100_000 {
      result.append(node)
      node = Role[node, in: kernel.objects].next
    }
    return result
  }

  /// The members of a tree, in order, as far as it is sound.
  static func members<Role: TreeRole>(
    _ tree: SearchTree<Role>, _ kernel: borrowing TestKernel
  ) -> [SearchTree<Role>.Member] {
    members(below: tree.root, Role.self, kernel, levels: 40)
  }

  private static func members<Role: TreeRole>(
    below top: ObjectID<Role.Node>, _ role: Role.Type, _ kernel: borrowing TestKernel, levels: Int
  ) -> [ObjectID<Role.Node>] {
    guard !top.isNone, levels > 0 else { return [] }
    let links = Role[top, in: kernel.objects]
    return members(below: links.left, role, kernel, levels: levels - 1) + [top]
      + members(below: links.right, role, kernel, levels: levels - 1)
  }

  /// The chunks of a table, by number, with their frames.
  static func chunks(
    of process: ProcessID, _ kernel: borrowing TestKernel
  ) -> [(chunk: UInt16, frame: StoreFrame)] {
    let table = kernel.objects[process].table
    var result: [(UInt16, StoreFrame)] = []
    var chunk: UInt16 = 0
    while chunk < CapabilityTable.chunkLimit, result.count < Int(table.chunkCount) {
      // Not by the table's own arithmetic.
      let directory = kernel.objects.number(at: table.directoryFrame)
      let frame = kernel.window.load(
        directory << 12 + UInt64(chunk) * 4, as: StoreFrame.self)
      if frame != 0 { result.append((chunk, frame)) }
      chunk += 1
    }
    return result
  }

  /// Every slot of a table, free or not.
  static func allSlots(of process: ProcessID, _ kernel: borrowing TestKernel) -> [SlotID] {
    var result: [SlotID] = []
    for (_, frame) in chunks(of: process, kernel) {
      result.reserveCapacity(result.count + Int(Granule.perFrame))
      for offset in 0..<Granule.perFrame {
        result.append(SlotID(granule: frame * Granule.perFrame + offset))
      }
    }
    return result
  }
}
