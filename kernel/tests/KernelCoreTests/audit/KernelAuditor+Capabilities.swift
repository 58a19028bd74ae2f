import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Slots, the derivation tree, capability tables and reference counts.
extension KernelAuditor {
  mutating func checkSlots(_ kernel: borrowing TestKernel) {
    for slot in census.slots {
      let held = kernel.objects[slot]
      func name() -> String { "slot \(held.index) of process \(held.owner.granule)" }
      expect(held.generation != 0, "\(name()): generation 0")
      expect(ObjectType(rawValue: held.typeCode) != nil, "\(name()): type \(held.typeCode)")
      expect(held.type != .none, "\(name()): no type")
      expect(Rights.all.includes(held.rights), "\(name()): undefined rights")
      expect(isLive(held.owner), "\(name()): its process is gone")
      if held.type == .portRange || held.type == .machine || held.state == .spare {
        expect(held.object.isNone, "\(name()): an object where there is none")
      } else {
        expect(
          isObject(held.object.granule, of: held.type), "\(name()): dead or wrong \(held.type)")
      }
      expect(
        (held.state == .bound) == (held.role != .none), "\(name()): \(held.state) as \(held.role)")
      expect(
        [.bound, .inTransit, .reserved, .spare].contains(held.state) == !held.holder.isNone
          || held.state == .held && held.type == .reply,
        "\(name()): \(held.state) with holder \(held.holder)")
      if held.state == .spare || held.state == .held && !held.holder.isNone {
        expect(held.type == .reply, "\(name()): \(held.type) in a spare")
        expect(
          isLive(held.holder) && census.types[held.holder.granule] == .thread
            && kernel.objects[held.holder.narrowed(to: ThreadTag.self)].spare == slot,
          "\(name()): a spare that its thread does not know")
      }
      if held.type == .reply, held.state != .spare, isLive(held.object) {
        expect(
          kernel.objects[held.object.narrowed(to: ThreadTag.self)].replySlot == slot,
          "\(name()): a right to answer a thread that does not know it")
        expect(
          held.firstChild.isNone && held.previous.isNone && held.next.isNone,
          "\(name()): a reply right with relatives")
      }
    }
  }

  private func isObject(_ granule: UInt32, of type: ObjectType) -> Bool {
    census.types[granule] == (type == .reply ? .thread : type)
  }

  mutating func checkTree(_ kernel: borrowing TestKernel) {
    var parents: [UInt32: SlotID] = [:]
    for slot in census.slots {
      let parent = kernel.objects[slot]
      expect(
        parent.firstChild.isNone == parent.lastChild.isNone,
        "slot \(slot.granule): only one end of its children")
      var child = parent.firstChild
      var previous = slot
      while !child.isNone {
        guard isLive(child), parents[child.granule] == nil else {
          expect(false, "slot \(child.granule): dead, or a child twice")
          break
        }
        parents[child.granule] = slot
        let node = kernel.objects[child]
        expect(
          node.previous == previous && node.isFirstChild == (previous == slot),
          "slot \(child.granule): link to the previous sibling")
        checkDerivation(node, from: parent, kernel)
        previous = child
        guard !node.isLastChild else {
          expect(
            node.next == slot && parent.lastChild == child,
            "slot \(child.granule): link from the last child to its parent")
          break
        }
        child = node.next
      }
    }
    for slot in census.slots where parents[slot.granule] == nil { checkRoot(slot, kernel) }
    checkAncestors(parents)
  }

  private mutating func checkRoot(_ slot: SlotID, _ kernel: borrowing TestKernel) {
    let node = kernel.objects[slot]
    if node.isFirstChild {
      expect(node.previous.isNone, "slot \(slot.granule): a parent that does not know it")
    } else {
      let isMutual =
        isLive(node.previous) && kernel.objects[node.previous].next == slot
        && !kernel.objects[node.previous].isLastChild
      expect(isMutual, "slot \(slot.granule): a previous root that does not know it")
    }
    if node.isLastChild {
      expect(node.next.isNone, "slot \(slot.granule): a last root with a parent")
    } else {
      let isMutual =
        isLive(node.next) && kernel.objects[node.next].previous == slot
        && !kernel.objects[node.next].isFirstChild
      expect(isMutual, "slot \(slot.granule): a next root that does not know it")
    }
  }

  private mutating func checkAncestors(_ parents: [UInt32: SlotID]) {
    for slot in census.slots {
      var ancestor = parents[slot.granule]
      var steps = 0
      while let parent = ancestor, steps <= census.slots.count {
        ancestor = parents[parent.granule]
        steps += 1
      }
      expect(steps <= census.slots.count, "slot \(slot.granule): its own ancestor")
      if steps > census.slots.count { return }
    }
  }

  /// A child never has more than its parent.
  private mutating func checkDerivation(
    _ child: CapabilitySlot, from parent: CapabilitySlot, _ kernel: borrowing TestKernel
  ) {
    func name() -> String { "slot \(child.index) of process \(child.owner.granule)" }
    // The machine's own capability is above what was made by its authority.
    if parent.type == .machine && child.type != .machine { return }
    expect(child.typeCode == parent.typeCode, "\(name()): another type than its parent")
    expect(parent.rights.includes(child.rights), "\(name()): more rights than its parent")
    guard child.typeCode == parent.typeCode else { return }
    switch child.type {
    case .memory:
      let part = kernel.objects[child.object.narrowed(to: MemoryObject.self)]
      let whole = kernel.objects[parent.object.narrowed(to: MemoryObject.self)]
      let distance =
        part.frames.isRun
        ? (part.frames.base &- whole.frames.base) / 4096
        : part.frames.base == whole.frames.base
          ? UInt64(part.frames.first) &- UInt64(whole.frames.first) : .max
      expect(
        part.frames.levelCount == whole.frames.levelCount
          && distance <= UInt64(whole.pageCount)
          && distance + UInt64(part.pageCount) <= UInt64(whole.pageCount),
        "\(name()): memory outside its parent's")
    case .portRange:
      let (first, count) = (UInt32(truncatingIfNeeded: child.badge), child.badge >> 32)
      let (start, length) = (UInt32(truncatingIfNeeded: parent.badge), parent.badge >> 32)
      expect(
        first >= start && UInt64(first) + count <= UInt64(start) + length,
        "\(name()): ports outside its parent's")
    case .endpoint, .notification:
      expect(child.object == parent.object, "\(name()): another object than its parent")
      expect(
        parent.badge == 0 || parent.badge == child.badge, "\(name()): badge changed")
    default:
      expect(
        child.object == parent.object || child.type == .interrupt || child.type == .budget,
        "\(name()): another object than its parent")
    }
  }

  mutating func checkTables(_ kernel: borrowing TestKernel) {
    var total: UInt64 = 0
    for process in census.processes where kernel.objects[process].state != .ended {
      let owner = kernel.objects[process]
      guard owner.endStage.rawValue < EndStage.chunks.rawValue else { continue }
      var freeSlots = GranuleSet(kernel)
      var previous = SlotID.none
      for slot in Census.members(owner.table.free, kernel)
      where freeSlots.insert(slot.granule) {
        expect(kernel.objects[slot].state == .free, "free list holds slot \(slot.granule)")
        if !previous.isNone {
          expect(kernel.objects[slot].previous == previous, "free list: back link")
        }
        previous = slot
      }
      var used: UInt32 = 0
      for slot in Census.allSlots(of: process, kernel) {
        let entry = kernel.objects[slot]
        expect(entry.owner == process, "slot \(slot.granule): of another process")
        let isReserved = entry.index == 0 || entry.index == 0xffff
        if entry.state == .free {
          expect(
            freeSlots.contains(slot.granule) != isReserved,
            "slot \(entry.index): free and in no list, or reserved and in one")
        } else {
          expect(!isReserved, "slot \(entry.index): reserved but used")
          let isSpare =
            entry.state == .spare || entry.state == .held && !entry.holder.isNone
          if !isSpare { used += 1 }
        }
      }
      expect(owner.table.freeCount == UInt32(freeSlots.count), "free count of a table")
      expect(owner.table.usedCount == used, "used count of a table")
      total += UInt64(used)
    }
    let counted = kernel.objects.shared.capabilityCount
    expect(counted == total, "capabilities: \(counted) not \(total)")
  }

  /// Objects know who names them, and live only as long as something keeps them alive.
  mutating func checkCounts(_ kernel: borrowing TestKernel) {
    for (granule, type) in census.types {
      let object = AnyObjectID(granule: granule)
      let header = kernel.objects[object]
      let listed = members(of: header.names, "names of \(type) \(granule)", kernel)
      let found = (namedBy[granule] ?? []).filter { kernel.objects[$0].type == type }
      expect(
        Set(listed.map(\.granule)) == Set(found.map(\.granule)) && listed.count == found.count,
        "\(type) \(granule): \(listed.count) names listed, \(found.count) found")
      expect(
        !found.isEmpty || header.isDoomed || staysUnnamed(object, kernel),
        "\(type) \(granule): alive without a name")
      expect(!header.isCondemned || header.isDoomed || waitsForOthers(object, kernel),
        "\(type) \(granule): condemned and forgotten")
    }
    for endpoint in census.endpoints {
      let readers = (namedBy[endpoint.granule] ?? []).count {
        kernel.objects[$0].rights.includes(.read)
      }
      expect(
        kernel.objects[endpoint].readerCount == UInt32(readers), "endpoint: reader count")
    }
    for process in census.processes {
      let foreign = (namedBy[process.granule] ?? []).count { kernel.objects[$0].owner != process }
      expect(
        kernel.objects[process].foreignNameCount == UInt32(foreign), "process: foreign names")
      expect(
        kernel.objects[process].state != .stopped || foreign > 0
          || kernel.objects[process].header.isDoomed, "process: stopped and out of reach")
    }
    for type in ObjectType.allNames {
      let found =
        type == .none
        ? census.mappings.count + census.dmaMappings.count : census.types.count { $1 == type }
      expect(
        kernel.objects.shared.count(of: type) == UInt64(found), "\(type): number of objects")
    }
  }

  /// Objects that nobody has to name.
  private func staysUnnamed(_ object: AnyObjectID, _ kernel: borrowing TestKernel) -> Bool {
    switch kernel.objects[object].type {
    case .thread:
      let thread = kernel.objects[object.narrowed(to: ThreadTag.self)]
      return thread.state != .ended && thread.state != .new
    case .memory:
      let memory = kernel.objects[object.narrowed(to: MemoryObject.self)]
      return !memory.parts.isEmpty || !memory.dmaMappings.isEmpty
    case .dmaSpace: return !kernel.objects[object.narrowed(to: DMASpace.self)].mappings.isEmpty
    case .budget:
      return !kernel.objects[object.narrowed(to: Budget.self)].isUnused
        || kernel.objects[object].budget.isNone
    default: return false
    }
  }

  /// Condemned objects whose end goes on when something else has ended.
  private func waitsForOthers(_ object: AnyObjectID, _ kernel: borrowing TestKernel) -> Bool {
    switch kernel.objects[object].type {
    case .memory: !kernel.objects[object.narrowed(to: MemoryObject.self)].parts.isEmpty
    case .budget: !kernel.objects[object.narrowed(to: Budget.self)].isUnused
    default: false
    }
  }

  /// The reaper's queue holds what says that it is in it, at priorities that it knows.
  mutating func checkReaper(_ kernel: borrowing TestKernel) {
    let queued = kernel.objects.shared.reaper.members(in: kernel)
    for object in queued {
      expect(isLive(object) && kernel.objects[object].isDoomed, "reaper: \(object.granule)")
    }
    let doomed = census.types.keys.count { kernel.objects[AnyObjectID(granule: $0)].isDoomed }
    expect(
      doomed == queued.count && Set(queued.map(\.granule)).count == queued.count,
      "reaper: \(queued.count) queued, \(doomed) doomed")
    let revokers = Census.members(kernel.objects.shared.revokers, kernel)
    for thread in census.threads {
      let revokes = if case .revoke = kernel.objects[thread].work { true } else { false }
      expect(revokes == revokers.contains(thread), "thread \(thread.granule): among revokers")
    }
  }
}

extension ObjectType {
  static var allNames: [ObjectType] {
    [
      .none, .endpoint, .notification, .memory, .process, .thread, .interrupt, .budget, .dmaSpace,
    ]
  }
}

extension ReaperQueue {
  /// All that is in the queue.
  func members(in kernel: borrowing TestKernel) -> [AnyObjectID] {
    var result = Census.members(incoming, kernel)
    for priority in 0..<256 { result += Census.members(list(at: priority), kernel) }
    return result
  }
}
