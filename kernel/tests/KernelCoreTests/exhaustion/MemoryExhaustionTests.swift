import MnosABI
import Testing

@testable import KernelCore

/// `create` of memory in every shape, while its frames, its tables or its budget run out, at once
/// or in a later batch.
@Suite struct MemoryExhaustionTests {
  enum Shape: CaseIterable {
    case run
    /// Frames of which no two are together.
    case loose
    /// Of so many pages that their tables need one above.
    case looseOfTwoLevels
    /// A run that no block of the allocator holds.
    case searched
    case aligned
    case limited
    case writeCombining
    case device
  }

  private static let scattered: Set<Shape> = [.loose, .looseOfTwoLevels, .searched, .limited]

  static func prepare(_ shape: Shape) -> Exhaustible {
    let isLarge = shape == .looseOfTwoLevels
    let stage = Stage(frames: isLarge ? 1_800 : 360, purseFrames: isLarge ? 600 : 60)
    let (machine, caller) = (stage.machine, stage.caller)
    let device = UInt64(machine.give(TestMachine.machineHandle, to: caller).rawValue)
    stage.setSlabs(for: .memory, .full)
    let end = machine.kernel.platform.ramRange.upperBound
    let words: [UInt64] =
      switch shape {
      case .run: [5 * 4096]
      case .loose: [5 * 4096]
      case .looseOfTwoLevels: [520 * 4096]
      case .searched: [3 * 4096, MemoryOptions.contiguous.bits]
      case .aligned: [3 * 4096, MemoryOptions.contiguous.bits, 0, 16 * 4096]
      case .limited: [5 * 4096, 0, end - 20 * 4096]
      case .writeCombining: [3 * 4096, 2 << 4]
      case .device: [3 * 4096, MemoryOptions.device.bits, device, 0xf000_0000]
      }
    var result = stage.exhaustible([stage.purse]) { machine in
      machine.call(
        caller, .create, UInt64(stage.ownPurse.rawValue), UInt64(ObjectType.memory.rawValue),
        0xffff, words)
    }
    if scattered.contains(shape) { result.held = scatter(machine, keepsRun: shape == .searched) }
    // Where frames are scarce it looks for others, which need tables.
    result.isCounted = false
    result.stride = isLarge ? 97 : 1
    return result
  }

  /// Leaves every other frame free; and four together that are no block.
  private static func scatter(_ machine: TestMachine, keepsRun: Bool) -> [FrameNumber] {
    var held: Set<FrameNumber> = []
    while let frame = machine.kernel.frames.allocate() { held.insert(frame) }
    for frame in held where frame % 2 == 0 {
      held.remove(frame)
      machine.kernel.frames.free(frame, count: 1)
    }
    let place = held.sorted().first { $0 % 4 == 3 && held.contains($0 + 2) }
    if keepsRun, let place {
      for frame in [place, place + 2] {
        held.remove(frame)
        machine.kernel.frames.free(frame, count: 1)
      }
    }
    return held.sorted()
  }

  @Test(arguments: Shape.allCases)
  func `RES_001 D1 memoryThatFailsChangesNothing`(shape: Shape) {
    var sweep = ExhaustionSweep("memory \(shape)", Self.prepare(shape))
    sweep.run()
    let tables =
      switch shape {
      case .looseOfTwoLevels: 3
      case .loose, .limited: 1
      default: 0
      }
    #expect(sweep.takes[.mapTable, default: 0] == tables)
  }

  /// Frames go between two batches and come back: either nobody notices, or all is taken back.
  @Test(arguments: [Shape.loose, .looseOfTwoLevels, .limited, .searched])
  func `RES_001 D1 memoryThatFailsInOneBatch`(shape: Shape) {
    let base = Self.prepare(shape)
    let failures = (0..<(shape == .looseOfTwoLevels ? 30 : 2)).filter {
      BatchShortage(base: base).run(missingIn: $0)
    }
    #expect(!failures.isEmpty)
  }
}
