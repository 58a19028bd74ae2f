import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Every small message that carries what it is itself made with.
///
/// Each case is a machine of its own, audited after each call and after everybody's end.
@Suite struct TransferSweepTests {
  typealias Transfers = TestMachine.Transfers

  /// What a message can carry.
  enum Cargo: CaseIterable {
    /// What the receiver waits through, or what the replier will receive through.
    case receiving
    /// What the message is sent through, or the reply right that it spends.
    case sending
    /// What a third thread waits through.
    case waiting
    /// A right to answer somebody else.
    case replyRight
    case ownThread, ownProcess
    /// Of no importance to the message.
    case other
  }

  enum Operation: CaseIterable { case send, call, reply, replyAndReceive }
  enum Acceptance: CaseIterable { case any, named, none }

  struct Item: Equatable {
    let cargo: Cargo
    let isMove: Bool
  }

  struct Case: CustomStringConvertible {
    let operation: Operation
    let items: [Item]
    let isOneProcess: Bool
    let isReceiverFirst: Bool
    let hasOtherReader: Bool
    let acceptance: Acceptance
    var mask = Rights.all
    /// Words only, and whether a deadline keeps them off the fast path.
    var hasDeadline = false

    var description: String {
      let cargo = items.map { "\($0.isMove ? "move" : "copy") \($0.cargo)" }
      return "\(operation) \(cargo) \(isOneProcess ? "in one process" : "between two")"
        + (isReceiverFirst ? ", receiver first" : ", sender first")
        + (hasOtherReader ? "" : ", only reader") + ", accepts \(acceptance)"
        + (mask == .all ? "" : ", mask \(mask.bits)") + (hasDeadline ? ", deadline" : "")
    }
  }

  /// All lists of at most two different things.
  static var lists: [[Item]] {
    let items = Cargo.allCases.flatMap { [Item(cargo: $0, isMove: true), Item(cargo: $0, isMove: false)] }
    var lists: [[Item]] = [[]] + items.map { [$0] }
    for first in items {
      for second in items where second.cargo != first.cargo { lists.append([first, second]) }
    }
    return lists
  }

  static func cases(_ operation: Operation, isOneProcess: Bool) -> [Case] {
    var cases: [Case] = []
    for items in lists {
      for isReceiverFirst in [true, false] {
        // Who replies has received, and its caller waits.
        let isReply = operation == .reply || operation == .replyAndReceive
        if isReply, !isReceiverFirst { continue }
        for hasOtherReader in [true, false] {
          for acceptance in Acceptance.allCases {
            if items.count == 2, acceptance == .named { continue }
            var one = Case(
              operation: operation, items: items, isOneProcess: isOneProcess,
              isReceiverFirst: isReceiverFirst, hasOtherReader: hasOtherReader,
              acceptance: acceptance)
            cases.append(one)
            if items.isEmpty {
              one.hasDeadline = true
              cases.append(one)
            }
            if items.count == 1, items[0].isMove {
              one.mask = Rights.all.subtracting(.read)
              cases.append(one)
            }
          }
        }
      }
    }
    return cases
  }

  /// One machine, set up for a case.
  struct Stage {
    let machine: TestMachine
    let sender: Actor
    let receiver: Actor
    let waiter: Actor
    /// Somebody whose call the sender's process has received.
    let client: Actor
    let endpoint: Handle
    var handles: [Cargo: Handle] = [:]
    /// What the receiver uses.
    let theirs: Handle
    var right = Handle.none

    init(_ sweep: Case) {
      machine = TestMachine(frames: 96)
      sender = machine.spawn()
      receiver = sweep.isOneProcess ? machine.addThread(to: sender) : machine.spawn()
      waiter = machine.addThread(to: sender)
      client = machine.addThread(to: sender)
      endpoint = machine.makeEndpoint()
      let isReply = sweep.operation == .reply || sweep.operation == .replyAndReceive
      let ours = machine.give(
        endpoint, to: sender, rights: isReply ? .all : Rights.all.subtracting(.read))
      theirs = machine.give(
        endpoint, to: receiver, rights: isReply ? Rights.all.subtracting(.read) : .all)
      // A right to answer the client, got through another endpoint.
      let side = machine.makeEndpoint()
      let sideHandle = machine.give(side, to: sender)
      machine.request(client, sideHandle)
      handles[.replyRight] = machine.receive(waiter, sideHandle).result.reply
      let gate = machine.give(machine.makeNotification(), to: sender)
      handles[.waiting] = gate
      machine.wait(waiter, gate)
      handles[.ownThread] = machine.give(sender.threadHandle, to: sender)
      handles[.ownProcess] = machine.give(sender.processHandle, to: sender)
      handles[.other] = machine.give(machine.makeNotification(), to: sender)
      handles[.sending] = ours
      // In another process, what the receiver waits through is out of reach: its twin here.
      handles[.receiving] =
        sweep.isOneProcess && !isReply ? theirs : isReply ? ours : machine.give(endpoint, to: sender)
      if !sweep.hasOtherReader { machine.delete(machine.initial, endpoint) }
      if isReply {
        machine.request(receiver, theirs, [1], Stage.accepts(sweep.acceptance))
        right = machine.receive(sender, ours).result.reply
        handles[.sending] = right
      }
    }

    static func accepts(_ acceptance: Acceptance) -> Transfers? {
      switch acceptance {
      case .any: .acceptAny
      case .named: Transfers(accepts: [40, 41, 42, 43])
      case .none: nil
      }
    }

    func transfers(_ sweep: Case) -> Transfers? {
      guard !sweep.items.isEmpty else { return nil }
      return Transfers(
        attached: sweep.items.map { (handles[$0.cargo] ?? .none, sweep.mask, $0.isMove) })
    }

    /// The thread of the sender's process that can look at its table.
    var witness: Actor? { [sender, receiver, waiter, client].first {
      $0.process == sender.process && machine.canAct($0)
    } }
  }

  /// Statuses that a call may end with.
  static let documented: [SyscallStatus?] = [
    nil, .ok, .badArgument, .badCapability, .noRight, .badState, .noSlot, .cancelled, .peerGone,
    .wouldBlock, .timedOut,
  ]

  /// Plays a case; says what is wrong with it.
  static func play(_ sweep: Case) -> [String] {
    let stage = Stage(sweep)
    let machine = stage.machine
    var faults: [String] = []
    func check(_ when: String) {
      for finding in machine.findings { faults.append("\(when): \(finding)") }
    }
    check("set up")
    let isReply = sweep.operation == .reply || sweep.operation == .replyAndReceive
    let deadline = sweep.hasDeadline ? machine.now + 1_000_000 : Deadline.never
    func receive() {
      guard machine.canAct(stage.receiver) else { return }
      machine.receive(stage.receiver, stage.theirs, accepts(sweep))
      check("received")
    }
    if !isReply, sweep.isReceiverFirst { receive() }
    let transfers = stage.transfers(sweep)
    switch sweep.operation {
    case .send:
      machine.send(stage.sender, stage.handles[.sending]!, [7], deadline: deadline, transfers)
    case .call:
      machine.request(stage.sender, stage.handles[.sending]!, [7], deadline: deadline, transfers)
    case .reply: machine.reply(stage.sender, stage.right, [7], transfers)
    case .replyAndReceive:
      machine.replyAndReceive(
        stage.sender, stage.right, stage.handles[.receiving]!, [7], deadline: deadline, transfers)
    }
    check("sent")
    if !isReply, !sweep.isReceiverFirst { receive() }
    faults += judge(sweep, stage)
    faults += end(sweep, stage)
    return faults
  }

  private static func accepts(_ sweep: Case) -> Transfers? { Stage.accepts(sweep.acceptance) }

  /// Whether each capability is where it should be, exactly once.
  private static func judge(_ sweep: Case, _ stage: Stage) -> [String] {
    var faults: [String] = []
    let machine = stage.machine
    let sent = machine.outcome(stage.sender)
    let received = machine.outcome(stage.receiver)
    for outcome in [sent, received] where !documented.contains(outcome.status) {
      faults.append("an undocumented outcome: \(outcome)")
    }
    let isDelivered = received.status == .ok && received.message == [7]
    guard isDelivered else {
      // Refused, or it waits; then nothing is lost, and what is refused is still there.
      if let status = sent.status, status.isCallerError, let witness = stage.witness {
        for item in sweep.items
        where !machine.names(witness, stage.handles[item.cargo] ?? .none) {
          faults.append("refused with \(status), yet \(item.cargo) is gone")
        }
      }
      return faults
    }
    let count = received.capabilities.count
    if count != 0 && count != sweep.items.count {
      faults.append("\(count) capabilities of \(sweep.items.count)")
    }
    for handle in received.capabilities where !machine.names(stage.receiver, handle) {
      faults.append("a delivered capability that names nothing")
    }
    let spent = sweep.operation == .reply || sweep.operation == .replyAndReceive
    for item in sweep.items {
      guard let witness = stage.witness else { continue }
      if spent, item.cargo == .sending { continue }
      let handle = stage.handles[item.cargo] ?? .none
      let isHere = machine.names(witness, handle)
      if isHere == (item.isMove && count > 0) {
        faults.append("\(item.cargo) is \(isHere ? "still" : "not") where it was")
      }
    }
    return faults
  }

  /// The message's parties end in turn, and nothing of them is left.
  private static func end(_ sweep: Case, _ stage: Stage) -> [String] {
    let machine = stage.machine
    var faults: [String] = []
    machine.destroy(machine.initial, stage.receiver.processHandle)
    machine.finishEnding()
    faults += machine.findings.map { "receiver ended: \($0)" }
    machine.destroy(machine.initial, stage.sender.processHandle)
    machine.finishEnding()
    faults += machine.findings.map { "sender ended: \($0)" }
    return faults
  }

  /// All cases in a release build; in a debug build, where each takes milliseconds, a
  /// selection that meets each pair of choices.
  static func isChosen(_ index: Int) -> Bool {
    var isDebug = false
    assert({ isDebug = true; return true }())
    return !isDebug || index % 7 == 0
  }

  @Test(arguments: Operation.allCases, [true, false])
  func `XFR_503 everySmallSetOfCapabilities`(operation: Operation, isOneProcess: Bool) {
    var failures = 0
    for (index, sweep) in Self.cases(operation, isOneProcess: isOneProcess).enumerated()
    where Self.isChosen(index) {
      let faults = Self.play(sweep)
      guard !faults.isEmpty else { continue }
      failures += 1
      if failures <= 5 { Issue.record("\(sweep): \(faults.prefix(3).joined(separator: "; "))") }
    }
    #expect(failures == 0)
  }
}
