import ToolSupport

/// Boots every machine of a board, and judges whether the system answers alike on all of them.
public struct MachineChecks: Sendable {
  /// What is typed on each.
  public static let commands = ["ls /", "services", "caps"]

  /// The part of a test's name before the fact: which loader started the machines.
  public enum Loader: String, Sendable {
    case builtIn = "machines"
    case limine

    /// The full name of the test for `fact`.
    public func name(of fact: MachineFact) -> String { "\(rawValue).\(fact.rawValue)" }
  }

  private let board: Board
  private let loader: Loader
  private let filter: String?

  /// - Parameter filter: Part of the name of a machine or of a test; nil for all.
  public init(_ board: Board, loader: Loader, filter: String? = nil) {
    self.board = board
    self.loader = loader
    self.filter = filter
  }

  /// The machines to boot; the first one is what the others are compared with.
  public var machines: [MachineSpec] {
    let able = board.machines.filter { loader == .limine || $0.firmware == .uefi }
      .map(withMemoryForLoader)
    let wanted = able.filter { isWanted($0) || !$0.facts.filter(isWanted).isEmpty }
    guard let first = able.first, !wanted.isEmpty else { return [] }
    return [first] + wanted.filter { $0.name != first.name }
  }

  private func withMemoryForLoader(_ machine: MachineSpec) -> MachineSpec {
    var machine = machine
    if loader == .limine { machine.memory = machine.memoryForLimine ?? machine.memory }
    return machine
  }

  /// The outcome, fact by fact.
  ///
  /// - Parameters:
  ///   - conversations: By the machine's name, of all that `machines` lists.
  ///   - lack: Why nothing could be booted at all; nil if it was.
  public func judge(_ conversations: [String: Conversation], lack: String? = nil) -> TestReport {
    var report = TestReport()
    let machines = machines
    for fact in MachineFact.allCases {
      let showing = machines.filter { $0.facts.contains(fact) }
      guard isWanted(fact) || showing.contains(where: isWanted) else { continue }
      let name = loader.name(of: fact)
      if let reason = inapplicable(fact) {
        report.doesNotApply(name, reason)
      } else if let lack {
        report.skip(name, lack)
      } else if showing.isEmpty {
        report.fail(name, "no machine of \(board.architecture) shows it")
      } else if let reason = Self.fault(of: showing, reference: machines[0], conversations) {
        report.fail(name, reason)
      } else {
        report.pass(name)
      }
    }
    return report
  }

  private func isWanted(_ fact: MachineFact) -> Bool {
    filter.map { loader.name(of: fact).contains($0) } ?? true
  }

  private func isWanted(_ machine: MachineSpec) -> Bool {
    filter.map { "\(loader.rawValue).\(machine.name)".contains($0) } ?? true
  }

  private func inapplicable(_ fact: MachineFact) -> String? {
    if let reason = board.inapplicable[fact] { return reason }
    guard loader == .builtIn, fact == .startsByBIOS else { return nil }
    return "the built-in loader is for UEFI; \(Loader.limine.name(of: fact)) is about BIOS"
  }

  /// What is wrong with the first of `machines` that is not as it should be.
  private static func fault(
    of machines: [MachineSpec], reference: MachineSpec, _ conversations: [String: Conversation]
  ) -> String? {
    for machine in machines {
      guard let conversation = conversations[machine.name] else {
        return "\(machine.name): was not booted"
      }
      if let fault = fault(of: conversation, against: conversations[reference.name]) {
        return "\(machine.name): \(fault)"
      }
    }
    return nil
  }

  /// What is wrong with `conversation`; nil if nothing is.
  static func fault(of conversation: Conversation, against reference: Conversation?) -> String? {
    for (index, command) in commands.enumerated() {
      guard index < conversation.answers.count else {
        return "stopped before '\(command)' was answered; last words: \(conversation.lastWords)"
      }
      let answer = conversation.answers[index]
      if answer.status != 0 || answer.bytes.isEmpty {
        return "'\(command)' ended with status \(answer.status): \(answer.text)"
      }
      guard let reference, index < reference.answers.count else { continue }
      if answer != reference.answers[index] {
        return "'\(command)' is answered otherwise than on the first machine:\n\(answer.text)"
      }
    }
    return conversation.wasSwitchedOff
      ? nil : "did not switch itself off; last words: \(conversation.lastWords)"
  }
}
