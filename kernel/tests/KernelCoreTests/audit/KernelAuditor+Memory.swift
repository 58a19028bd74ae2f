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
    let caching: Caching
  }

  mutating func checkMappings(_ kernel: borrowing TestKernel) {
    var ofSlots: Set<UInt32> = []
    for slot in census.slots {
      for mapping in members(of: kernel.objects[slot].mappings, "a slot's mappings", kernel) {
        expect(ofSlots.insert(mapping.granule).inserted, "a mapping listed twice")
        expect(kernel.objects[mapping].slot == slot, "a mapping through another slot")
        expect(kernel.objects[slot].type == .memory, "a mapping through no memory")
        checkAuthority(of: mapping, through: slot, kernel)
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
    let memory = kernel.objects[kernel.objects[slot].object.narrowed(to: MemoryObject.self)]
    expect(
      UInt64(mapping.firstPage) + UInt64(mapping.pageCount) <= UInt64(memory.pageCount),
      "a mapping shows what its capability does not name")
    expect(mapping.caching == memory.caching, "a mapping of the wrong kind of memory")
    expect(
      kernel.objects[slot].rights.includes(mapping.ceiling), "a mapping with more rights")
    expect(mapping.ceiling.includes(mapping.rights), "a mapping above its ceiling")
    expect(mapping.rights.includes(.read), "a mapping that cannot be read")
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
      case .delete(let worked): worked.slot == slot
      case .revoke: true
      default: false
      }
    }
    let isEnding = !kernel.objects.shared.reaper.isEmpty
    expect(
      mapping.mappedCount == mapping.pageCount || worked || isEnding,
      "a mapping that nobody completes")
  }

  private mutating func mappings(
    of process: ProcessID, _ kernel: borrowing TestKernel
  ) -> [Mapping] {
    var result: [Mapping] = []
    for id in members(of: kernel.objects[process].mappings, "a process's mappings", kernel) {
      let mapping = kernel.objects[id]
      expect(mapping.process == process, "a mapping listed by another process")
      expect((result.last?.end ?? 0) <= mapping.address, "mappings overlap, or out of order")
      result.append(mapping)
    }
    return result
  }

  /// Compares the page tables of a process with what its mappings promise.
  private mutating func checkPages(
    of process: ProcessID, _ mappings: [Mapping], _ kernel: borrowing TestKernel
  ) {
    var promised: [UInt64: Page] = [:]
    for mapping in mappings {
      let frameMap = kernel.frameMap(of: mapping)
      for index in 0..<mapping.mappedCount {
        promised[mapping.page(at: index)] = Page(
          frame: frameMap.address(of: index, in: kernel.window), rights: mapping.rights,
          caching: mapping.caching)
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
        leaf.frame == promise.frame && leaf.rights.includes(.device) == (promise.caching == .device)
          && leaf.rights.includes(.writeCombining) == (promise.caching == .writeCombining)
          && (rights == promise.rights.intersection(Rights(bits: 7)) || isBeingProtected),
        "page \(String(page, radix: 16)): not as its mapping says")
      expect(
        leaf.rights.includes(.user) && !leaf.rights.includes(.global)
          && !leaf.rights.includes(.write.union(.execute)),
        "page \(String(page, radix: 16)): rights \(leaf.rights.bits)")
    }
  }

  /// The kernel's half is not for user mode, and nothing in it can be written and executed.
  mutating func checkKernelHalf(_ kernel: borrowing TestKernel) {
    var walk = TableWalk()
    walk.visitKernelHalf(kernel)
    for (page, leaf) in walk.leaves {
      expect(
        !leaf.rights.includes(.user) && !leaf.rights.includes(.write.union(.execute)),
        "kernel page \(String(page, radix: 16)): rights \(leaf.rights.bits)")
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
      let state = kernel.objects[kernel.objects.shared.cpus[index]]
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
        func place() -> String { "TLB of CPU \(index), page \(String(key.page, radix: 16))" }
        guard roots.contains(entry.root) else {
          expect(false, "\(place()): of a dead address space")
          continue
        }
        switch kernel.platform.walk(key.page, root: entry.root) {
        case .empty: expect(entry.frame == nil, "\(place()): no longer mapped")
        case .leaf(let frame, let rights):
          expect(entry.frame == frame && entry.rights == rights, "\(place()): stale")
        case .broken(let violation): expect(false, "\(place()): \(violation)")
        }
      }
    }
    for thread in census.threads {
      let isOwned = (0..<kernel.platform.cpuCount).contains {
        kernel.objects[kernel.objects.shared.cpus[$0]].extendedOwner == thread
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
    for (granule, _) in census.types {
      let budget = kernel.objects[AnyObjectID(granule: granule)].budget
      if !budget.isNone { charge(budget, 0) }
    }
    for id in census.memories where kernel.objects[id].kind == .owned {
      let memory = kernel.objects[id]
      charge(memory.header.budget, UInt64(memory.chargedFrames) * 4096, 0)
      let isEnding = memory.header.names.isEmpty && memory.dmaMappings.isEmpty
      let taken = Census.frames(of: memory, kernel)
      let whole = UInt64(memory.pageCount) + memory.frames.tableCount(for: memory.pageCount)
      let charged = UInt64(memory.chargedFrames)
      expect(
        charged == whole
          || isEnding && charged == UInt64(taken.pages.count + taken.tables.count),
        "memory of \(memory.pageCount) pages, charged with \(memory.chargedFrames)")
    }
    for id in census.mappings {
      charge(kernel.objects[kernel.objects[id].process].header.budget, 0)
    }
    for id in census.dmaMappings {
      charge(kernel.objects[kernel.objects[id].space].header.budget, 0)
    }
    for id in census.processes where kernel.objects[id].state != .ended {
      let process = kernel.objects[id]
      let directory: UInt64 = process.endStage == .done ? 0 : 1
      let frames = UInt64(process.tableFrames) + UInt64(process.table.chunkCount) + directory
      charge(process.header.budget, frames * 4096, 0)
    }
    // A slab is charged to the budget of what lies in it; what lies there is found above.
    for (frame, count) in census.slabPlaces {
      let slab = ObjectID<Slab>(granule: frame * Granule.perFrame)
      expect(kernel.objects[slab].live.nonzeroBitCount == count, "slab \(frame): live objects")
    }
    for (frame, budget) in slabOwners(kernel) { charge(budget, 4096, 0); _ = frame }
    for id in census.budgets where !kernel.objects[id].header.budget.isNone {
      let budget = kernel.objects[id]
      charge(budget.header.budget, budget.memoryLimit, budget.objectLimit)
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

  /// The budgets that pay for slabs: that of every object in one.
  private mutating func slabOwners(_ kernel: borrowing TestKernel) -> [UInt32: BudgetID] {
    var owners: [UInt32: BudgetID] = [:]
    func own(_ granule: UInt32, _ budget: BudgetID) -> Bool {
      let frame = granule / Granule.perFrame
      if let other = owners[frame] { return other == budget }
      owners[frame] = budget
      return true
    }
    for granule in census.types.keys where granule != kernel.objects.rootBudget.granule {
      expect(
        own(granule, kernel.objects[AnyObjectID(granule: granule)].budget),
        "a slab with objects of two budgets")
    }
    for id in census.mappings {
      expect(
        own(id.granule, kernel.objects[kernel.objects[id].process].header.budget),
        "a slab with objects of two budgets")
    }
    for id in census.dmaMappings {
      expect(
        own(id.granule, kernel.objects[kernel.objects[id].space].header.budget),
        "a slab with objects of two budgets")
    }
    return owners
  }

  /// Every frame is free or has exactly one use.
  mutating func checkFrames(_ kernel: borrowing TestKernel) {
    var uses: [FrameNumber: String] = [:]
    var duplicates: [String] = []
    func use(_ frame: FrameNumber, _ name: String) {
      if let other = uses.updateValue(name, forKey: frame) {
        duplicates.append("frame \(frame): \(name) and \(other)")
      }
    }
    for frame in census.slabPlaces.keys { use(kernel.objects.number(of: frame), "slab") }
    use(kernel.objects.number(of: kernel.objects.rootBudget.frame), "shared state")
    for index in 0..<kernel.platform.cpuCount {
      use(kernel.objects.number(of: kernel.objects.shared.cpus[index].frame), "CPU")
    }
    for process in census.processes where kernel.objects[process].state != .ended {
      let table = kernel.objects[process].table
      use(kernel.objects.number(at: table.directoryFrame), "directory")
      let chunks = Census.chunks(of: process, kernel)
      expect(chunks.count == Int(table.chunkCount), "a table's chunk count")
      if kernel.objects[process].endStage == .chunks {
        // What was given back is named no more: `chunks` stops when it has found as many.
        for chunk in 0..<kernel.objects[process].endCursor {
          expect(
            table.chunkFrame(chunk, in: kernel.objects) == 0, "a table names a chunk it gave back")
        }
      }
      for (_, frame) in chunks { use(kernel.objects.number(of: frame), "chunk") }
      for table in walks[process.granule]?.tables ?? [] { use(table >> 12, "page table") }
    }
    for id in census.memories where kernel.objects[id].kind == .owned {
      let taken = Census.frames(of: kernel.objects[id], kernel)
      for frame in taken.pages { use(frame, "memory") }
      for frame in taken.tables { use(frame, "table of memory") }
    }
    findings += duplicates
    let total = kernel.frames.totalCount
    expect(
      kernel.frames.freeCount + UInt64(uses.count) == total,
      "frames: \(kernel.frames.freeCount) free, \(uses.count) used, \(total) in all")
  }
}
