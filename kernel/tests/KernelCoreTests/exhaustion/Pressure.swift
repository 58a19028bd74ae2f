import MnosABI

@testable import KernelCore

/// A resource that is nearly used up.
enum Pressure: Equatable, CustomStringConvertible {
  /// A budget's memory, in frames.
  case memory(BudgetID)
  /// A budget's objects.
  case objects(BudgetID)
  /// The frames of the machine.
  case frames

  var description: String {
    switch self {
    case .memory(let budget): "memory of budget \(budget.granule)"
    case .objects(let budget): "objects of budget \(budget.granule)"
    case .frames: "frames of the machine"
    }
  }

  /// What a call that needs more completes with.
  var status: SyscallStatus {
    switch self {
    case .objects: .noSlot
    case .memory, .frames: .noMemory
    }
  }

  /// How much there is.
  func left(_ machine: TestMachine) -> UInt64 {
    switch self {
    case .memory(let id):
      let budget = machine.kernel.objects[id]
      return (budget.memoryLimit - budget.memoryUsed) / Limits.pageByteCount
    case .objects(let id):
      let budget = machine.kernel.objects[id]
      return budget.objectLimit - budget.objectsUsed
    case .frames: return machine.kernel.frames.freeCount
    }
  }

  /// Uses up all but so much; nil if there is less.
  func apply(to machine: TestMachine, leaving count: UInt64) -> Reserve? {
    guard left(machine) >= count else { return nil }
    let amount = left(machine) - count
    var reserve = Reserve(pressure: self, amount: amount)
    switch self {
    case .memory(let budget):
      machine.kernel.objects[budget].memoryUsed += amount * Limits.pageByteCount
    case .objects(let budget): machine.kernel.objects[budget].objectsUsed += amount
    case .frames:
      while machine.kernel.frames.freeCount > count, let frame = machine.kernel.frames.allocate() {
        reserve.frames.append(frame)
      }
    }
    return reserve
  }

  /// What was used up, to be given back.
  struct Reserve {
    let pressure: Pressure
    let amount: UInt64
    fileprivate(set) var frames: [FrameNumber] = []

    func lift(from machine: TestMachine) {
      switch pressure {
      case .memory(let budget):
        machine.kernel.objects[budget].memoryUsed -= amount * Limits.pageByteCount
      case .objects(let budget): machine.kernel.objects[budget].objectsUsed -= amount
      case .frames: for frame in frames { machine.kernel.frames.free(frame, count: 1) }
      }
    }
  }
}
