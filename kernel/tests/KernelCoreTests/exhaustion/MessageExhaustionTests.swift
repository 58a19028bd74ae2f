import MnosABI
import Testing

@testable import KernelCore

/// Messages with four capabilities, while the tables of those who take part cannot grow.
@Suite struct MessageExhaustionTests {
  typealias Transfers = TestMachine.Transfers

  enum Exchange: CaseIterable {
    /// The receiver waits, the caller sends or calls.
    case send, call
    /// A sender waits, the caller receives.
    case receiveSent, receiveCall
    /// A client waits for its answer.
    case reply
  }

  enum Acceptance: CaseIterable {
    /// Any slots, and the table has none left.
    case any
    /// Four, each in a chunk that is not there.
    case named
    /// Two of these, and two of any.
    case mixed

    var slots: [UInt16] {
      switch self {
      case .any: [0xffff, 0xffff, 0xffff, 0xffff]
      case .named: [6_400, 12_800, 19_200, 25_600]
      case .mixed: [6_400, 0xffff, 12_800, 0xffff]
      }
    }
    var bits: UInt64 {
      slots.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 16) }
    }
  }

  struct Shape: CustomStringConvertible, Sendable {
    let exchange: Exchange
    let acceptance: Acceptance
    var isMove = false
    var isOneProcess = false
    var description: String {
      "\(exchange), accepts \(acceptance), \(isMove ? "moved" : "copied"), "
        + (isOneProcess ? "one process" : "two processes")
    }
  }

  static var shapes: [Shape] {
    Exchange.allCases.flatMap { exchange in
      Acceptance.allCases.flatMap { acceptance in
        [
          Shape(exchange: exchange, acceptance: acceptance),
          Shape(
            exchange: exchange, acceptance: acceptance, isMove: true, isOneProcess: true),
        ]
      }
    }
  }

  /// Four capabilities for an actor to pass on.
  static func gifts(for actor: Actor, _ machine: TestMachine, isMove: Bool = false) -> Transfers {
    Transfers(
      attached: (0..<4).map { _ in
        (machine.give(machine.makeNotification(), to: actor), .all, isMove)
      })
  }

  /// Has a thread accept nothing of what it waits for.
  static func modesty(of thread: ThreadID, accepts bits: UInt64) -> Exhaustible.Modesty {
    Exhaustible.Modesty(
      begin: { $0.kernel.objects[thread].message.accepts = 0 },
      end: { $0.kernel.objects[thread].message.accepts = bits })
  }

  /// Has an actor's record accept nothing.
  static func modesty(inRecordOf actor: Actor, accepts bits: UInt64) -> Exhaustible.Modesty {
    func set(_ machine: TestMachine, _ bits: UInt64) {
      // By the tables, as the actor may be unable to act.
      let root = machine.kernel.objects[actor.process].space.root.rawValue
      guard case .leaf(let frame, _) = machine.kernel.platform.walk(Actor.scratch, root: root)
      else { preconditionFailure("no record") }
      machine.kernel.platform.setPhysicalWord(bits, at: frame + 8)
    }
    return Exhaustible.Modesty(
      begin: { set($0, 0) },
      end: { machine in
        set(machine, bits)
        machine.kernel.objects[actor.thread].message.accepts = bits
      })
  }

  private static func invoke(
    _ machine: TestMachine, _ actor: Actor, _ number: SyscallNumber, _ handle: Handle,
    reply: Handle = .none, wordCount: UInt64 = 2
  ) -> Outcome {
    machine.invoke(
      actor,
      word: CallWord(number, wordCount: wordCount, hasTransfers: true, reply: reply),
      UInt64(handle.rawValue), number == .reply ? 0 : Deadline.never, Actor.scratch,
      words: [1, 2])
  }

  static func prepare(_ shape: Shape) -> Exhaustible {
    let stage = Stage(isOneProcess: shape.isOneProcess)
    let (machine, caller, peer) = (stage.machine, stage.caller, stage.peer)
    let endpoint = machine.makeEndpoint()
    let ours = machine.give(endpoint, to: caller)
    let theirs = machine.give(endpoint, to: peer)
    let accepts = Transfers(accepts: shape.acceptance.slots)
    let bits = shape.acceptance.bits
    let isReceiver = shape.exchange == .receiveSent || shape.exchange == .receiveCall
    let gifts = gifts(for: isReceiver ? peer : caller, machine, isMove: shape.isMove)
    var right = Handle.none
    switch shape.exchange {
    case .send, .call: machine.receive(peer, theirs, accepts)
    case .receiveSent: machine.send(peer, theirs, [1, 2], gifts)
    case .receiveCall: machine.request(peer, theirs, [1, 2], gifts)
    case .reply:
      machine.request(peer, theirs, [], accepts)
      right = machine.receive(caller, ours).result.reply
    }
    stage.fillTable(of: isReceiver ? caller : peer)
    _ = machine.write(isReceiver ? accepts : gifts, for: caller)
    let number: SyscallNumber =
      switch shape.exchange {
      case .send: .send
      case .call: .call
      case .receiveSent, .receiveCall: .receive
      case .reply: .reply
      }
    let budgets = Set([stage.callersBudget, stage.peersBudget].map(\.granule)).sorted()
    var result = stage.exhaustible(budgets.map { BudgetID(granule: $0) }) { machine in
      Self.invoke(
        machine, caller, number, number == .reply ? .none : ours, reply: right,
        wordCount: isReceiver ? 0 : 2)
    }
    // The chunk that a spare needs to be there at all is given back if it lies in a later one.
    result.isCounted = shape.exchange != .receiveCall || shape.acceptance != .named
    let receiver = isReceiver ? caller : peer
    func hasReceived(_ machine: TestMachine, _ count: Int) -> Bool {
      let outcome = machine.outcome(receiver)
      return outcome.status == .ok && outcome.capabilities.count == count
        && outcome.message.prefix(2) == [1, 2]
    }
    result.isDone = { machine, _ in hasReceived(machine, 4) }
    result.modesty = { machine, _ in
      guard hasReceived(machine, 0) else { return nil }
      return isReceiver
        ? modesty(inRecordOf: receiver, accepts: bits)
        : modesty(of: receiver.thread, accepts: bits)
    }
    return result
  }

  @Test(arguments: shapes)
  func `RES_001 D1 whatFindsNoRoomStaysWithTheSender`(shape: Shape) {
    var sweep = ExhaustionSweep("\(shape)", Self.prepare(shape))
    sweep.run()
  }
}
