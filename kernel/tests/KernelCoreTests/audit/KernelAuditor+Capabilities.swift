import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Slots, the derivation tree, capability tables and reference counts.
extension KernelAuditor {
  mutating func checkSlots(_ kernel: borrowing TestKernel) {
    for slot in census.slots {
      let held = kernel.objects[slot]
      let name = "slot \(held.index) of process \(held.owner.granule)"
      expect(held.generation != 0, "\(name): generation 0")
      expect(ObjectType(rawValue: held.typeCode) != nil, "\(name): type \(held.typeCode)")
      expect(held.type != .none, "\(name): no type")
      expect(Rights.all.includes(held.rights), "\(name): undefined rights")
      expect(isLive(held.owner), "\(name): its process is gone")
      if held.type == .portRange || held.type == .machine {
        expect(held.object == 0, "\(name): an object where there is none")
      } else {
        expect(
          isObject(held.object, of: held.type), "\(name): dead or wrong \(held.type)")
      }
      expect(
        (held.state == .bound) == (held.role != .none), "\(name): \(held.state) as \(held.role)")
      expect(
        (held.state == .bound || held.state == .inTransit) == (held.holder != 0)
          || held.state == .ending,
        "\(name): \(held.state) with holder \(held.holder)")
      if held.type == .reply, isLive(ThreadID(granule: held.object)) {
        expect(
          kernel.objects[ThreadID(granule: held.object)].replySlot == slot,
          "\(name): a right to answer a thread that does not know it")
        expect(
          held.firstChild.isNone && held.previous.isNone && held.next.isNone,
          "\(name): a reply right with relatives")
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
    let name = "slot \(child.index) of process \(child.owner.granule)"
    // The machine's own capability is above what was made by its authority.
    if parent.type == .machine && child.type != .machine { return }
    expect(child.typeCode == parent.typeCode, "\(name): another type than its parent")
    expect(parent.rights.includes(child.rights), "\(name): more rights than its parent")
    guard child.typeCode == parent.typeCode else { return }
    switch child.type {
    case .memory:
      let part = kernel.objects[MemoryID(granule: child.object)]
      let whole = kernel.objects[MemoryID(granule: parent.object)]
      expect(
        part.base >= whole.base && part.base + part.byteCount <= whole.base + whole.byteCount,
        "\(name): memory outside its parent's")
    case .portRange:
      let (first, count) = (UInt32(truncatingIfNeeded: child.badge), child.badge >> 32)
      let (start, length) = (UInt32(truncatingIfNeeded: parent.badge), parent.badge >> 32)
      expect(
        first >= start && UInt64(first) + count <= UInt64(start) + length,
        "\(name): ports outside its parent's")
    case .endpoint, .notification:
      expect(child.object == parent.object, "\(name): another object than its parent")
      expect(
        parent.badge == 0 || parent.badge == child.badge, "\(name): badge changed")
    default:
      expect(
        child.object == parent.object || child.type == .interrupt || child.type == .budget,
        "\(name): another object than its parent")
    }
  }

  mutating func checkTables(_ kernel: borrowing TestKernel) {
    var total: UInt64 = 0
    for process in census.processes where kernel.objects[process].state != .ended {
      let owner = kernel.objects[process]
      guard owner.endStage != .memory else { continue }
      var freeSlots: Set<UInt32> = []
      var slot = owner.table.freeHead
      var previous = SlotID.none
      while !slot.isNone, freeSlots.insert(slot.granule).inserted {
        expect(kernel.objects[slot].state == .free, "free list holds slot \(slot.granule)")
        expect(kernel.objects[slot].previous == previous, "free list: back link")
        previous = slot
        slot = kernel.objects[slot].next
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
          used += 1
        }
      }
      expect(owner.table.freeCount == UInt32(freeSlots.count), "free count of a table")
      expect(owner.table.usedCount == used, "used count of a table")
      total += UInt64(used)
    }
    expect(kernel.capabilityCount == total, "capabilities: \(kernel.capabilityCount) not \(total)")
  }

  mutating func checkCounts(_ kernel: borrowing TestKernel) {
    func names(_ granule: UInt32, _ type: ObjectType) -> [SlotID] {
      (namedBy[granule] ?? []).filter { kernel.objects[$0].type == type }
    }
    for endpoint in census.endpoints {
      let slots = names(endpoint.granule, .endpoint)
      let readers = slots.count { kernel.objects[$0].rights.includes(.read) }
      let object = kernel.objects[endpoint]
      expect(object.capabilityCount == UInt32(slots.count), "endpoint: capability count")
      expect(object.readerCount == UInt32(readers), "endpoint: reader count")
      expect(!slots.isEmpty, "endpoint: alive without a capability")
    }
    for notification in census.notifications {
      let slots = names(notification.granule, .notification)
      expect(
        kernel.objects[notification].capabilityCount == UInt32(slots.count),
        "notification: capability count")
      expect(!slots.isEmpty, "notification: alive without a capability")
    }
    var parts: [UInt32: UInt32] = [:]
    for memory in census.memories { parts[kernel.objects[memory].parent.granule, default: 0] += 1 }
    for memory in census.memories {
      let count = UInt32(names(memory.granule, .memory).count) + (parts[memory.granule] ?? 0)
      expect(kernel.objects[memory].referenceCount == count, "memory: reference count")
      expect(count > 0, "memory: alive without a reference")
    }
    for interrupt in census.interrupts {
      let count = UInt32(names(interrupt.granule, .interrupt).count)
      expect(kernel.objects[interrupt].capabilityCount == count, "interrupt: capability count")
      expect(count > 0, "interrupt: alive without a capability")
    }
    for process in census.processes {
      let count = UInt32(names(process.granule, .process).count)
      let object = kernel.objects[process]
      expect(object.capabilityCount == count, "process: capability count")
      expect(count > 0 || object.state != .ended, "process: ended, unnamed, not freed")
    }
    for thread in census.threads {
      let destroyers = census.threads.count {
        if case .destroyThread(thread) = kernel.objects[$0].work { true } else { false }
      }
      let count = UInt32(names(thread.granule, .thread).count + destroyers)
      let object = kernel.objects[thread]
      expect(object.capabilityCount == count, "thread: capability count")
      expect(count > 0 || object.state != .ended, "thread: ended, unnamed, not freed")
    }
    for budget in census.budgets {
      let count = UInt32(names(budget.granule, .budget).count)
      let object = kernel.objects[budget]
      expect(object.capabilityCount == count, "budget: capability count")
      expect(
        count > 0 || object.memoryUsed > 0 || object.objectsUsed > 0, "budget: unused, not freed")
    }
  }
}
