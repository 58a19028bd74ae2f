import MnosABI
import Testing

@testable import KernelCore

/// `create` of every type and `derive`, while budgets and frames run out.
@Suite struct CreateExhaustionTests {
  /// Where the capability is to go.
  enum Table: CaseIterable {
    case room
    /// Any slot, and none is free.
    case full
    /// One that no chunk holds yet.
    case named
  }

  struct Shape: CustomStringConvertible, Sendable {
    let type: ObjectType
    let slabs: Stage.SlabState
    let table: Table
    var description: String { "\(type), slabs \(slabs), table \(table)" }
  }

  /// Each state of the slabs with a table that has room, and each state of the table with two of
  /// the slabs.
  static var shapes: [Shape] {
    let types: [ObjectType] = [
      .endpoint, .notification, .memory, .process, .thread, .interrupt, .dmaSpace, .budget,
    ]
    return types.flatMap { type in
      [
        Shape(type: type, slabs: .none, table: .room),
        Shape(type: type, slabs: .full, table: .full),
        Shape(type: type, slabs: .none, table: .named),
        Shape(type: type, slabs: .room, table: .room),
      ]
    } + [.full, .named].map { Shape(type: .portRange, slabs: .none, table: $0) }
  }

  static func prepare(_ shape: Shape) -> Exhaustible {
    let stage = Stage(frames: shape.type == .process ? 480 : 320, purseFrames: 120)
    let machine = stage.machine
    let device = UInt64(machine.give(TestMachine.machineHandle, to: stage.caller).rawValue)
    let process = machine.give(stage.caller.processHandle, to: stage.caller)
    let words: [UInt64] =
      switch shape.type {
      case .memory: [4096]
      case .thread: [UInt64(process.rawValue), 5]
      case .interrupt: [device, 3]
      case .dmaSpace: [device, 0]
      case .portRange: [device, 0x3f8, 8]
      case .budget: [3 * 4096, 4]
      default: []
      }
    stage.setSlabs(for: shape.type, shape.slabs)
    if shape.table == .full { stage.fillTable(of: stage.caller) }
    let slot: UInt64 = shape.table == .named ? 900 : 0xffff
    return stage.exhaustible([stage.callersBudget, stage.purse]) { machine in
      machine.call(
        stage.caller, .create, UInt64(stage.ownPurse.rawValue), UInt64(shape.type.rawValue), slot,
        words)
    }
  }

  @Test(arguments: shapes)
  func `RES_001 D1 createThatFailsChangesNothing`(shape: Shape) {
    var sweep = ExhaustionSweep("create \(shape)", Self.prepare(shape))
    sweep.run()
  }
}
