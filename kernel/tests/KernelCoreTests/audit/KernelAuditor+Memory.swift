import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Mappings, page tables, TLBs, charges and frames.
extension KernelAuditor {
  /// A page as a mapping promises it.
  private struct Page: Equatable {
    let frame: UInt64
    let rights: Rights
    let isDevice: Bool
  }

  mutating func checkMappings(_ kernel: borrowing TestKernel) {
    var ofSlots: Set<UInt32> = []
    for slot in census.slots where kernel.objects[slot].type == .memory {
      var mapping = MappingID(granule: kernel.objects[slot].dependents)
      var previous = MappingID.none
      while !mapping.isNone {
        guard isLive(mapping), ofSlots.insert(mapping.granule).inserted else {
          expect(false, "slot \(slot.granule): a mapping that is dead or listed twice")
          break
        }
        expect(kernel.objects[mapping].slot == slot, "a mapping through another slot")
        expect(kernel.objects[mapping].previousOfSlot == previous, "mappings: back link")
        checkAuthority(of: mapping, through: slot, kernel)
        previous = mapping
        mapping = kernel.objects[mapping].nextOfSlot
      }
    }
    expect(ofSlots.count == census.mappings.count, "a mapping of no slot")
    var listed = 0
    for process in census.processes where kernel.objects[process].state != .ended {
      let mappings = mappings(of: process, kernel)
      listed += mappings.count
      checkPages(of: process, mappings, kernel)
    }
    expect(listed == census.mappings.count, "a mapping of no process")
  }

  private mutating func checkAuthority(
    of id: MappingID, through slot: SlotID, _ kernel: borrowing TestKernel
  ) {
    let mapping = kernel.objects[id]
    let memory = kernel.objects[MemoryID(granule: kernel.objects[slot].object)]
    expect(
      mapping.base >= memory.base
        && mapping.base + mapping.pageCount * 4096 <= memory.base + memory.byteCount,
      "a mapping shows what its capability does not name")
    expect(mapping.isDevice == memory.isDevice, "a mapping of the wrong kind of memory")
    expect(
      kernel.objects[slot].rights.includes(mapping.rights), "a mapping with more rights")
    expect(
      !mapping.rights.includes(.write.union(.execute)), "a writable and executable mapping")
    expect(
      mapping.address >= Limits.nullGuardByteCount
        && mapping.end <= kernel.format.userAddressLimit && mapping.address < mapping.end
        && mapping.address & 4095 == 0,
      "a mapping at a place where none may be")
    expect(mapping.mappedCount <= mapping.pageCount, "a mapping with too many pages")
    let worked = census.threads.contains { thread in
      switch kernel.objects[thread].work {
      case .map(let worked), .unmap(let worked, _): worked == id
      case .delete(let worked, _): worked == slot
      case .revoke, .destroyThread: true
      default: false
      }
    }
    let isEnding = !kernel.endingHead.isNone
    expect(
      mapping.mappedCount == mapping.pageCount || worked || isEnding,
      "a mapping that nobody completes")
  }

  private mutating func mappings(
    of process: ProcessID, _ kernel: borrowing TestKernel
  ) -> [Mapping] {
    var result: [Mapping] = []
    var id = kernel.objects[process].firstMapping
    var previous = MappingID.none
    while !id.isNone, isLive(id), result.count <= census.mappings.count {
      let mapping = kernel.objects[id]
      expect(mapping.process == process, "a mapping listed by another process")
      expect(mapping.previousOfProcess == previous, "a process's mappings: back link")
      for other in result {
        expect(
          mapping.end <= other.address || mapping.address >= other.end, "mappings overlap")
      }
      result.append(mapping)
      previous = id
      id = mapping.nextOfProcess
    }
    expect(
      kernel.objects[process].mappingCount == UInt32(result.count), "a process's mapping count")
    return result
  }

  /// Compares the page tables of a process with what its mappings promise.
  private mutating func checkPages(
    of process: ProcessID, _ mappings: [Mapping], _ kernel: borrowing TestKernel
  ) {
    var promised: [UInt64: Page] = [:]
    for mapping in mappings {
      for index in 0..<mapping.mappedCount {
        promised[mapping.address + index * 4096] = Page(
          frame: mapping.base + index * 4096, rights: mapping.rights,
          isDevice: mapping.isDevice)
      }
    }
    let isBeingProtected = census.threads.contains {
      if case .protect = kernel.objects[$0].work { true } else { false }
    }
    let walk = walks[process.granule] ?? TableWalk()
    expect(
      kernel.objects[process].tableFrames == UInt32(walk.tables.count),
      "process \(process.granule): \(kernel.objects[process].tableFrames) table frames, "
        + "found \(walk.tables.count)")
    expect(walk.leaves.count == promised.count, "pages mapped: \(walk.leaves.count)")
    for (page, leaf) in walk.leaves {
      guard let promise = promised[page] else {
        expect(false, "page \(String(page, radix: 16)): mapped by no mapping")
        continue
      }
      let rights = Rights(bits: UInt16(leaf.rights.bits & 7))
      expect(
        leaf.frame == promise.frame && leaf.rights.includes(.device) == promise.isDevice
          && (rights == promise.rights.intersection(Rights(bits: 7)) || isBeingProtected),
        "page \(String(page, radix: 16)): not as its mapping says")
      expect(
        leaf.rights.includes(.user) && !leaf.rights.includes(.global)
          && !leaf.rights.includes(.write.union(.execute)),
        "page \(String(page, radix: 16)): rights \(leaf.rights.bits)")
    }
  }

  mutating func checkTranslations(_ kernel: borrowing TestKernel) {
    var roots: Set<UInt64> = [kernel.kernelRoot.rawValue]
    var identifiers: Set<UInt32> = []
    for process in census.processes where kernel.objects[process].state != .ended {
      let space = kernel.objects[process].space
      roots.insert(space.root.rawValue)
      expect(
        space.identifier == 0 || identifiers.insert(space.identifier).inserted,
        "two address spaces with identifier \(space.identifier)")
    }
    for (index, cpu) in kernel.platform.cpus.enumerated() {
      let state = kernel.objects[kernel.cpus[index]]
      if let active = cpu.activeSpace {
        expect(roots.contains(active.root.rawValue), "CPU \(index): a dead space is active")
      }
      if !state.activeProcess.isNone {
        let isActive =
          isLive(state.activeProcess)
          && cpu.activeSpace == kernel.objects[state.activeProcess].space
        expect(isActive, "CPU \(index): another space is active than the kernel believes")
      }
      if !state.current.isNone, isLive(state.current) {
        let process = kernel.objects[state.current].process
        expect(state.activeProcess == process, "CPU \(index): runs in another space")
        expect(cpu.ports == kernel.objects[process].ports, "CPU \(index): other ports")
        expect(state.extendedOwner == state.current, "CPU \(index): others' vector registers")
      }
      for (key, entry) in cpu.translations.entries {
        let place = "TLB of CPU \(index), page \(String(key.page, radix: 16))"
        guard roots.contains(entry.root) else {
          expect(false, "\(place): of a dead address space")
          continue
        }
        switch kernel.platform.walk(key.page, root: entry.root) {
        case .empty: expect(entry.frame == nil, "\(place): no longer mapped")
        case .leaf(let frame, let rights):
          expect(entry.frame == frame && entry.rights == rights, "\(place): stale")
        case .broken(let violation): expect(false, "\(place): \(violation)")
        }
      }
    }
    for thread in census.threads {
      let isOwned = (0..<kernel.platform.cpuCount).contains {
        kernel.objects[kernel.cpus[$0]].extendedOwner == thread
      }
      expect(kernel.objects[thread].extended.isLoaded == isOwned, "who has vector registers")
    }
  }

  mutating func checkBudgets(_ kernel: borrowing TestKernel) {
    var bytes: [UInt32: UInt64] = [:]
    var objects: [UInt32: UInt64] = [:]
    func charge(_ budget: BudgetID, _ byteCount: UInt64, _ count: UInt64 = 1) {
      bytes[budget.granule, default: 0] += byteCount
      objects[budget.granule, default: 0] += count
    }
    let pools = kernel.pools
    for id in census.threads {
      charge(kernel.objects[id].budget, pools.threads.chargedByteCount)
    }
    for id in census.endpoints {
      charge(kernel.objects[id].budget, pools.endpoints.chargedByteCount)
    }
    for id in census.notifications {
      charge(kernel.objects[id].budget, pools.notifications.chargedByteCount)
    }
    for id in census.interrupts {
      charge(kernel.objects[id].budget, pools.interrupts.chargedByteCount)
    }
    for id in census.memories {
      let memory = kernel.objects[id]
      let owned = memory.kind == .owned ? memory.byteCount : 0
      charge(memory.budget, pools.memories.chargedByteCount + owned)
    }
    for id in census.mappings {
      let process = kernel.objects[id].process
      charge(kernel.objects[process].budget, pools.mappings.chargedByteCount)
    }
    for id in census.processes {
      let process = kernel.objects[id]
      charge(process.budget, pools.processes.chargedByteCount)
      guard process.state != .ended else { continue }
      let frames = UInt64(process.tableFrames) + UInt64(process.table.chunkCount) + 1
      charge(process.budget, frames * 4096, 0)
    }
    for id in census.budgets {
      let budget = kernel.objects[id]
      guard !budget.parent.isNone else { continue }
      charge(
        budget.parent, budget.memoryLimit + pools.budgets.chargedByteCount,
        budget.objectLimit + 1)
    }
    for id in census.budgets {
      let budget = kernel.objects[id]
      let used = (bytes[id.granule] ?? 0, objects[id.granule] ?? 0)
      expect(
        budget.memoryUsed == used.0, "budget: \(budget.memoryUsed) bytes used, found \(used.0)")
      expect(
        budget.objectsUsed == used.1,
        "budget: \(budget.objectsUsed) objects used, found \(used.1)")
      expect(
        budget.memoryUsed <= budget.memoryLimit && budget.objectsUsed <= budget.objectLimit,
        "budget: over its limit")
    }
  }

  /// Every frame is free or has exactly one use.
  mutating func checkFrames(_ kernel: borrowing TestKernel) {
    var uses: [UInt32: String] = [:]
    var duplicates: [String] = []
    func use(_ frame: UInt32, _ name: String) {
      if let other = uses.updateValue(name, forKey: frame) {
        duplicates.append("frame \(frame): \(name) and \(other)")
      }
    }
    for frame in census.slabFrames { use(frame, "slab") }
    for index in 0..<kernel.platform.cpuCount {
      use(kernel.cpus[index].granule / Granule.perFrame, "CPU")
    }
    for process in census.processes where kernel.objects[process].state != .ended {
      let table = kernel.objects[process].table
      use(table.directory, "directory")
      let chunks = Census.chunks(of: process, kernel)
      expect(chunks.count == Int(table.chunkCount), "a table's chunk count")
      for (_, frame) in chunks { use(frame, "chunk") }
      for table in walks[process.granule]?.tables ?? [] { use(UInt32(table >> 12), "page table") }
    }
    for id in census.memories where kernel.objects[id].kind == .owned {
      let memory = kernel.objects[id]
      for frame in 0..<memory.byteCount / 4096 {
        use(UInt32(memory.base >> 12 + frame), "memory")
      }
    }
    findings += duplicates
    let total = kernel.frames.totalCount
    expect(
      kernel.frames.freeCount + UInt64(uses.count) == total,
      "frames: \(kernel.frames.freeCount) free, \(uses.count) used, \(total) in all")
  }
}
