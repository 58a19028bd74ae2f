import MnosABI

/// What there is in an explored world, and what can happen in it.
struct ExploredConfiguration: CustomStringConvertible {
  var threadCount = 2
  /// Slots of each process that calls name.
  var slotCount: UInt16 = 2
  /// What each process holds in its slots at first: indices of these objects, 0 for nothing.
  var objects: [ObjectType] = [.endpoint]
  var holdings: [[Int]] = [[1, 0], [1, 0]]
  /// Whether the threads are one process's. The first holding is theirs then.
  var isOneProcess = false
  var kinds: [ExploredStep.Kind] = Self.messages
  /// Whether batches of work are steps of their own; else a call's work is done with it.
  var splitsWork = false
  /// Capabilities derived from each object's, in a table of nobody's: what makes the work on
  /// them longer than a batch.
  var fillerCount = 0
  /// A line that interrupts, bound to the first object, a notification.
  var hasInterrupt = false
  /// What each thread does, one after the other, in place of anything at any time.
  var programs: [[ExploredStep]] = []
  /// Whether states that differ by which thread and which slot is which are one.
  var isReduced = true
  /// Whether each step is held against what its thread has the authority for.
  var checksAuthority = false

  static let messages = ExploredStep.Kind.allCases.filter {
    ![
      .signal, .wait, .pollingWait, .acknowledge, .interrupt, .earlyTimer, .slice, .work, .end,
    ].contains($0)
  }
  /// The kinds by which explorations were sized.
  static let eightKinds: [ExploredStep.Kind] = [
    .send, .call, .receive, .reply, .copy, .badge, .delete, .revoke, .kill,
  ]

  var description: String {
    "\(threadCount) threads \(isOneProcess ? "of one process" : "of their own processes"), "
      + "\(objects.count) objects, \(slotCount) slots, \(steps.count) steps of "
      + "\(kinds.count) kinds\(splitsWork ? ", batches apart" : "")"
      + (isReduced ? "" : ", without symmetry")
  }

  /// All that can be tried in a state.
  var steps: [ExploredStep] {
    guard programs.isEmpty else {
      var steps: [ExploredStep] = []
      for step in programs.joined() where !steps.contains(step) { steps.append(step) }
      return steps + (0..<threadCount).flatMap { role in kinds.flatMap { variants(of: $0, role) } }
    }
    return (0..<threadCount).flatMap { role in kinds.flatMap { variants(of: $0, role) } }
  }

  private func variants(of kind: ExploredStep.Kind, _ role: Int) -> [ExploredStep] {
    let slots = 1...slotCount
    switch kind {
    case .reply, .dropReply, .exit, .suspend, .resume, .kill, .work:
      return [ExploredStep(kind: kind, role: role)]
    case .timeOut, .earlyTimer, .slice, .interrupt, .end:
      return role == 0 ? [ExploredStep(kind: kind)] : []
    case .acknowledge: return role == 0 ? [ExploredStep(kind: kind)] : []
    case .sendMove, .sendCopy, .callMove, .receiveInto:
      return slots.flatMap { first in
        slots.map { ExploredStep(kind: kind, role: role, first: first, second: $0) }
      }
    case .copy, .copyToRead, .copyToWrite, .badge, .move:
      return slots.flatMap { first in
        slots.filter { $0 != first }.map {
          ExploredStep(kind: kind, role: role, first: first, second: $0)
        }
      }
    default: return slots.map { ExploredStep(kind: kind, role: role, first: $0) }
    }
  }

  /// The same world where roles and slots have other places; see `ExploredStep.renamed`.
  func renamed(roles: [Int], slots: [[UInt16]]) -> ExploredConfiguration {
    var other = self
    for role in holdings.indices {
      let target = isOneProcess ? role : roles[role]
      for slot in 1...Int(slotCount) {
        other.holdings[target][Int(slots[role][slot]) - 1] = holdings[role][slot - 1]
      }
    }
    other.programs = []
    other.isReduced = false
    return other
  }
}
