import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// `map`, in spaces of processes and of devices, while page tables and records cannot be had.
@Suite struct MappingExhaustionTests {
  struct Shape: CustomStringConvertible, Sendable {
    let levelCount: Int
    /// Tables that are missing on the way to the first page.
    let missing: Int
    var pageCount: UInt64 = 2
    var slabs = Stage.SlabState.full
    /// Whether the second half of the pages needs another table.
    var crosses = false
    var isPeers = false
    var description: String {
      "\(levelCount) levels, \(missing) tables missing, \(pageCount) pages"
        + "\(crosses ? " in two" : ""), slabs \(slabs), \(isPeers ? "another's" : "own") process"
    }

    /// Beside the scratch page, which is at 4 MiB.
    var address: UInt64 {
      let start: UInt64 = missing == 0 ? 0x50_0000 : 0x80_0000 + (1 << (12 + 9 * UInt64(missing)))
      return crosses ? start + 2 << 20 - (pageCount - 10) * 4096 : start
    }
  }

  static let shapes: [Shape] =
    (3...5).flatMap { levels in
      (0..<levels).map { Shape(levelCount: levels, missing: $0) }
    } + [
      Shape(levelCount: 3, missing: 2, slabs: .room),
      Shape(levelCount: 3, missing: 2, isPeers: true),
      // The second table is missing in the second batch.
      Shape(levelCount: 3, missing: 1, pageCount: 80, crosses: true),
      Shape(levelCount: 3, missing: 0, pageCount: 80, slabs: .room),
    ]

  static func prepare(_ shape: Shape) -> Exhaustible {
    let stage = Stage(frames: 400, levelCount: shape.levelCount)
    let (machine, caller) = (stage.machine, stage.caller)
    let memory = machine.give(machine.makeMemory(pages: shape.pageCount), to: caller)
    let process =
      shape.isPeers ? machine.give(stage.peer.processHandle, to: caller) : Handle.none
    let space = shape.isPeers ? stage.peer : caller
    let budget = shape.isPeers ? stage.peersBudget : stage.callersBudget
    // Records of mappings are small, as endpoints are.
    func hasRoom() -> Bool {
      let budget = machine.kernel.objects[budget]
      return !budget.slabs.open[Int(SlabSize.small.rawValue)].isEmpty
    }
    if shape.slabs == .full {
      let page = machine.makeMemory(pages: 1)
      var address = Actor.scratch + 0x10_0000 - 4096
      while hasRoom() {
        machine.map(machine.initial, page, process: space.processHandle, at: address)
        address -= 4096
      }
    }
    return stage.exhaustible([budget]) { machine in
      machine.map(
        caller, memory, process: process, at: shape.address, byteCount: shape.pageCount * 4096)
    }
  }

  @Test(arguments: shapes)
  func `RES_001 D1 mapThatFailsChangesNothing`(shape: Shape) {
    var sweep = ExhaustionSweep("map \(shape)", Self.prepare(shape))
    sweep.run()
    #expect(sweep.takes[.pageTable, default: 0] == shape.missing + (shape.crosses ? 1 : 0))
  }

  static func prepareDevice(_ slabs: Stage.SlabState) -> Exhaustible {
    let stage = Stage()
    let (machine, caller) = (stage.machine, stage.caller)
    let space = machine.make(
      .dmaSpace, [UInt64(TestMachine.machineHandle.rawValue), 0], budget: stage.purseHandle)
    let memory = machine.make(
      .memory, [2 * 4096, MemoryOptions.contiguous.bits], budget: stage.purseHandle)
    stage.setSlabs(for: .endpoint, slabs)
    let (ownSpace, own) = (machine.give(space, to: caller), machine.give(memory, to: caller))
    return stage.exhaustible([stage.purse]) { machine in
      machine.call(
        caller, .map, UInt64(own.rawValue), UInt64(ownSpace.rawValue), 0,
        [0, 8192, UInt64(Rights.read.union(.write).bits)])
    }
  }

  @Test(arguments: [Stage.SlabState.full, .room])
  func `RES_001 D1 mapForADeviceThatFailsChangesNothing`(slabs: Stage.SlabState) {
    var sweep = ExhaustionSweep("map for a device, slabs \(slabs)", Self.prepareDevice(slabs))
    var base = sweep.base
    base.isDone = { $1.status == .ok && $1.value != 0 }
    sweep.run()
  }

  /// What is missing comes back as soon as one batch has failed: the mapping is taken back all the
  /// same, in the batches that follow.
  @Test(arguments: 0..<4)
  func `RES_001 D1 mapThatFailsInOneBatch`(batch: Int) {
    let shape = Shape(levelCount: 3, missing: 1, pageCount: 160, crosses: true)
    BatchShortage(base: Self.prepare(shape)).run(missingIn: batch)
  }
}
