import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// The whole state of a kernel, a hash for each part of it: objects, slots, tables and pages bit by
/// bit as they lie in memory, and which frames are free.
///
/// Left out are frames that are free, places in slabs that hold nothing, what a call that fails is
/// to write, its thread's registers, and what makes no difference to anybody: how the tree of a
/// space's mappings is balanced, and from where on a table is searched for a gap.
struct KernelDigest: Equatable {
  enum Kind: String {
    case freeFrames, marks, shared, cpu, platform, identifiers, growth
    case budget, process, thread, endpoint, notification, memory, interrupt, dmaSpace
    case space, mapping, slab, slot, directory, pageTable, mapTable, page
  }

  struct Key: Hashable, CustomStringConvertible {
    let kind: Kind
    let place: UInt64
    var description: String { "\(kind) \(place)" }
  }

  private(set) var parts: [Key: UInt64] = [:]

  /// - Parameters:
  ///   - machine: Nothing is left to be done on it.
  ///   - callers: Threads whose registers do not count.
  init(_ machine: TestMachine, callers: [ThreadID]) {
    let kept = callers.map { machine.kernel.objects[$0].registers }
    let none = SimulatedRegisters(
      entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)
    for thread in callers { machine.kernel.objects[thread].registers = none }
    defer {
      for (thread, registers) in zip(callers, kept) {
        machine.kernel.objects[thread].registers = registers
      }
    }
    addFrames(machine.kernel)
    addMachine(machine.kernel)
    addObjects(machine.kernel)
  }

  /// What is not the same in both.
  func differences(from other: KernelDigest) -> [String] {
    Set(parts.keys).union(other.parts.keys).filter { parts[$0] != other.parts[$0] }
      .map(\.description).sorted()
  }

  /// Leaves out parts of some kinds.
  mutating func ignore(_ kinds: Set<Kind>) {
    parts = parts.filter { !kinds.contains($0.key.kind) }
  }

  // MARK: Parts

  private mutating func add(_ kind: Kind, _ place: some BinaryInteger, _ hash: UInt64) {
    parts[Key(kind: kind, place: UInt64(place))] = hash
  }

  private static func hash(_ words: some Sequence<UInt64>) -> UInt64 {
    words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 ^ ($0 >> 29) }
  }

  /// Granules as they lie in memory.
  private mutating func add(
    _ kind: Kind, _ granule: UInt32, count: UInt32, _ kernel: borrowing TestKernel
  ) {
    let start = kernel.objects.shared.origin << 12 + UInt64(granule) << Granule.shift
    var words: [UInt64] = []
    for index in 0..<UInt64(count) * 8 {
      words.append(kernel.platform.physicalWord(at: start + index * 8))
    }
    add(kind, granule, Self.hash(words))
  }

  private mutating func add(_ kind: Kind, frame: FrameNumber, _ kernel: borrowing TestKernel) {
    guard kernel.platform.ramRange.contains(frame << 12) else { return }
    add(kind, frame, kernel.platform.digest(ofFrame: frame << 12))
  }

  private mutating func addFrames(_ kernel: borrowing TestKernel) {
    var frames = kernel.frames
    var free: [UInt64] = [frames.freeCount, frames.totalCount]
    var marks: [UInt64] = []
    let range = kernel.platform.ramRange
    for frame in range.lowerBound >> 12..<range.upperBound >> 12 {
      if frames.isFree(frame) {
        free.append(frame)
      } else {
        marks.append(frame << 16 | UInt64(frames.useCount(frame)))
      }
    }
    add(.freeFrames, 0, Self.hash(free))
    add(.marks, 0, Self.hash(marks))
  }

  private mutating func addMachine(_ kernel: borrowing TestKernel) {
    var platform: [UInt64] = []
    for cpu in kernel.platform.cpus {
      let root: UInt64 = cpu.activeSpace?.root.rawValue ?? 0
      platform += [cpu.timerDeadline, root, cpu.isWakeupPending ? 1 : 0]
    }
    for line in kernel.platform.interruptController.lines {
      platform += [line.isEnabled ? 1 : 0, line.isClaimed ? 1 : 0, line.isPending ? 1 : 0]
    }
    add(.platform, 0, Self.hash(platform))
    add(.growth, 0, UInt64(kernel.growth.count))
    // Those that are not in use.
    var identifiers = kernel.identifiers
    var unused: [UInt64] = []
    while true {
      let next = identifiers.allocate(below: kernel.platform.addressSpaceIdentifierCount)
      guard next != 0 else { break }
      unused.append(UInt64(next))
    }
    add(.identifiers, 0, Self.hash(unused))
    let root = kernel.objects.rootBudget.granule
    let shared = root / Granule.perFrame * Granule.perFrame
    let size = UInt32((MemoryLayout<SharedState>.size + 63) / 64)
    add(.shared, shared, count: size, kernel)
    for index in 0..<kernel.objects.shared.cpuCount {
      let state = kernel.objects.shared.cpus[index].granule
      add(.cpu, state, count: UInt32((MemoryLayout<CPUState>.size + 63) / 64), kernel)
    }
  }

  private mutating func addObjects(_ kernel: borrowing TestKernel) {
    let census = Census(kernel)
    let (small, medium) = (kernel.objects.stride(.small), kernel.objects.stride(.medium))
    for id in census.budgets { add(.budget, id.granule, count: medium, kernel) }
    for id in census.endpoints { add(.endpoint, id.granule, count: small, kernel) }
    for id in census.notifications { add(.notification, id.granule, count: small, kernel) }
    for id in census.interrupts { add(.interrupt, id.granule, count: small, kernel) }
    for id in census.dmaSpaces { add(.dmaSpace, id.granule, count: small, kernel) }
    for id in census.mappings {
      let kept = (kernel.objects[id].ofProcess, kernel.objects[id].height)
      (kernel.objects[id].ofProcess, kernel.objects[id].height) = (TreeLinks(), 0)
      add(.mapping, id.granule, count: small, kernel)
      (kernel.objects[id].ofProcess, kernel.objects[id].height) = kept
    }
    for id in census.dmaMappings { add(.mapping, id.granule, count: small, kernel) }
    for id in census.threads {
      add(.thread, id.granule, count: kernel.objects.stride(.thread), kernel)
    }
    for slab in census.slabPlaces.keys {
      add(.slab, slab * Granule.perFrame, count: 1, kernel)
    }
    for id in census.memories {
      add(.memory, id.granule, count: medium, kernel)
      let frames = Census.frames(of: kernel.objects[id], kernel)
      for frame in frames.pages { add(.page, frame: frame, kernel) }
      for frame in frames.tables { add(.mapTable, frame: frame, kernel) }
    }
    for id in census.processes { addProcess(id, kernel) }
  }

  private mutating func addProcess(_ id: ProcessID, _ kernel: borrowing TestKernel) {
    let mappings = kernel.objects[id].mappings
    let firstGap = kernel.objects[id].table.firstGap
    kernel.objects[id].mappings = SearchTree()
    kernel.objects[id].table.firstGap = 0
    add(.process, id.granule, count: kernel.objects.stride(.large), kernel)
    kernel.objects[id].mappings = mappings
    kernel.objects[id].table.firstGap = firstGap
    add(.space, id.granule, Self.hash(Census.members(mappings, kernel).map { UInt64($0.granule) }))
    guard kernel.objects[id].state != .ended else { return }
    add(
      .directory, frame: kernel.objects.number(at: kernel.objects[id].table.directoryFrame),
      kernel)
    for slot in Census.allSlots(of: id, kernel) { addSlot(slot, kernel) }
    var walk = TableWalk()
    let root = kernel.objects[id].space.root.rawValue
    walk.visit(root, level: kernel.format.levelCount - 1, start: 0, kernel)
    for table in walk.tables { add(.pageTable, frame: table >> 12, kernel) }
  }

  /// A free slot keeps what was in it last, and counts how often it was used: a call that takes one
  /// and gives it back, before any handle to it was told, may change that.
  private mutating func addSlot(_ slot: SlotID, _ kernel: borrowing TestKernel) {
    let held = kernel.objects[slot]
    guard held.state == .free else { return add(.slot, slot.granule, count: 1, kernel) }
    let links = [
      held.owner.granule, held.next.granule, held.previous.granule, held.object.granule,
      held.holder.granule, held.firstChild.granule, held.waiters.first.granule,
      held.mappings.first.granule,
    ]
    add(.slot, slot.granule, Self.hash([UInt64(held.index)] + links.map { UInt64($0) }))
  }
}
