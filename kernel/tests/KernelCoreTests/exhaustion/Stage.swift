import MnosABI

@testable import KernelCore

/// Who takes part: a caller, a peer, and budgets of their own for each, so that what one pays for
/// can be missing alone.
struct Stage {
  let machine: TestMachine
  /// Pays for the caller's process: its table and its page tables.
  let callersBudget: BudgetID
  let peersBudget: BudgetID
  /// Pays for what the caller makes.
  let purse: BudgetID
  let purseHandle: Handle
  let caller: Actor
  let peer: Actor
  /// The caller's handle of the purse.
  let ownPurse: Handle
  let victims: Victims

  static let victimPage: UInt64 = 0x41_0000

  /// - Parameter isOneProcess: Whether the peer is another thread of the caller's process.
  init(
    frames: Int = 320, levelCount: Int = 3, isOneProcess: Bool = false, purseFrames: UInt64 = 60,
    callersFrames: UInt64 = 60
  ) {
    var configuration = TestMachine.Configuration()
    configuration.frameCount = frames
    configuration.pageTableFormat = .init(levelCount: levelCount)
    let machine = TestMachine(configuration)
    self.machine = machine
    let callers = machine.make(.budget, [callersFrames * 4096, 200])
    let peers = machine.make(.budget, [60 * 4096, 200])
    purseHandle = machine.make(.budget, [purseFrames * 4096, 200])
    callersBudget = machine.budgetID(of: callers)
    purse = machine.budgetID(of: purseHandle)
    let caller = machine.spawn(budget: callers)
    self.caller = caller
    if isOneProcess {
      peer = machine.addThread(to: caller, budget: peers)
      peersBudget = callersBudget
    } else {
      peer = machine.spawn(budget: peers)
      peersBudget = machine.budgetID(of: peers)
    }
    ownPurse = machine.give(purseHandle, to: caller)
    let endpoint = machine.give(machine.makeEndpoint(), to: caller)
    let memory = machine.give(machine.makeMemory(pages: 1), to: caller)
    machine.map(caller, memory, at: Self.victimPage)
    let budget = machine.make(.budget, [8 * 4096, 8])
    _ = machine.make(.endpoint, budget: budget)
    victims = Victims(
      endpoint: endpoint, copy: machine.copy(caller, endpoint, rights: .all).handle,
      memory: memory, budget: machine.give(budget, to: caller))
  }

  /// - Parameters:
  ///   - budgets: Whose memory and whose objects the call takes.
  func exhaustible(
    _ budgets: [BudgetID], _ call: @escaping (TestMachine) -> Outcome
  ) -> Exhaustible {
    Exhaustible(
      machine: machine, caller: caller, call: call,
      pressures: budgets.flatMap { [.memory($0), .objects($0)] } + [.frames], victims: victims)
  }

  // MARK: Tables

  /// Uses every slot that an actor's table has without growing, but for so many.
  func fillTable(of actor: Actor, but count: UInt32 = 0) {
    let endpoint = machine.makeEndpoint()
    while machine.kernel.objects[actor.process].table.freeCount > count {
      machine.copy(machine.initial, endpoint, to: actor.processHandle, rights: .none)
    }
  }

  // MARK: Slabs

  enum SlabState: CaseIterable {
    /// The budget has no slab of the size.
    case none
    /// All that it has are full.
    case full
    /// One has room.
    case room
  }

  /// Brings the purse's slabs for objects of a type into a state.
  func setSlabs(for type: ObjectType, _ state: SlabState) {
    switch state {
    case .none: return
    case .room: makeOne(like: type)
    case .full:
      repeat { makeOne(like: type) } while hasRoom(for: type)
    }
  }

  private func makeOne(like type: ObjectType) {
    let words: [UInt64]
    switch type {
    case .memory, .budget: return _ = machine.make(.budget, [0, 0], budget: purseHandle)
    case .process: return _ = machine.make(.process, budget: purseHandle)
    case .thread: words = [UInt64(caller.processHandle.rawValue), 1]
    default: return _ = machine.make(.endpoint, budget: purseHandle)
    }
    _ = machine.make(type, words, budget: purseHandle)
  }

  private func hasRoom(for type: ObjectType) -> Bool {
    let size: SlabSize =
      switch type {
      case .memory, .budget: .medium
      case .process: .large
      case .thread: .thread
      default: .small
      }
    return !machine.kernel.objects[purse].slabs.open[Int(size.rawValue)].isEmpty
  }
}
