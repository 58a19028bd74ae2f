/// One thing that can happen in an explored world: a call of one of the threads, or something that
/// comes from outside.
struct ExploredStep: Hashable, CustomStringConvertible {
  enum Kind: String, CaseIterable {
    // Calls, with the slots that they name.
    case send, pollingSend, sendMove, sendCopy
    case receive, pollingReceive, receiveInto
    case call, callWithDeadline, callMove
    case reply, replyMove, replyAndReceive, replyThrough
    case keepReply, dropReply
    case copy, copyToRead, copyToWrite, badge, move, delete, revoke, destroy
    case signal, wait, pollingWait, acknowledge
    case exit
    // From outside.
    case timeOut, earlyTimer, slice, interrupt, suspend, resume, kill
    // A batch of what a thread's call began, or of what is about to end.
    case work, end
  }

  let kind: Kind
  /// Whose call it is, or whom it happens to.
  var role = 0
  /// The slots that it names.
  var first: UInt16 = 0
  var second: UInt16 = 0

  var description: String {
    let slots = [first, second].filter { $0 > 0 }.map { "\($0)" }.joined(separator: " ")
    return "\(role).\(kind)\(slots.isEmpty ? "" : "(\(slots))")"
  }

  /// Whether it is no thread's own doing.
  var isFromOutside: Bool {
    switch kind {
    case .timeOut, .earlyTimer, .slice, .interrupt, .suspend, .resume, .kill, .end: true
    default: false
    }
  }
}

extension ExploredStep {
  /// What `description` writes; nil if that says no step.
  init?(_ text: String) {
    let parts = text.split(whereSeparator: { ".() ,".contains($0) })
    guard parts.count >= 2, parts.count <= 4, let role = Int(parts[0]),
      let kind = Kind(rawValue: String(parts[1]))
    else { return nil }
    self.kind = kind
    self.role = role
    if parts.count > 2 {
      guard let slot = UInt16(parts[2]) else { return nil }
      first = slot
    }
    if parts.count > 3 {
      guard let slot = UInt16(parts[3]) else { return nil }
      second = slot
    }
  }

  /// A list of steps, as a finding prints it: separated by semicolons.
  static func list(_ text: String) -> [ExploredStep]? {
    let texts = text.split(separator: ";")
    let steps = texts.compactMap { ExploredStep(String($0)) }
    return steps.count == texts.count ? steps : nil
  }

  static func text(of steps: [ExploredStep]) -> String {
    steps.map(\.description).joined(separator: "; ")
  }

  /// The same step where roles and slots have other places.
  ///
  /// - Parameters:
  ///   - roles: Which role takes a role's place.
  ///   - slots: For each role the slot that takes a slot's place; 0 stays.
  func renamed(roles: [Int], slots: [[UInt16]]) -> ExploredStep {
    ExploredStep(
      kind: kind, role: roles[role], first: slots[role][Int(first)],
      second: slots[role][Int(second)])
  }
}
