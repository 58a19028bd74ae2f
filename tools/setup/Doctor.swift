import Foundation
import ToolSupport

/// Tells what this machine has and what it lacks.
public enum Doctor {
  /// Everything in the table, looked for.
  public static func inspections(
    of requirements: [Requirement] = Requirement.all
  ) -> [Inspection] {
    requirements.map(Inspection.init(of:))
  }

  /// A line per requirement, for a person.
  public static func lines(for inspections: [Inspection]) -> [String] {
    inspections.map { inspection in
      let requirement = inspection.requirement
      let mark: String
      switch inspection.finding {
      case .present: mark = "ok      "
      case .missing: mark = requirement.isInstalledBySetup ? "missing " : "absent  "
      case .tooOld: mark = "too old "
      }
      return "\(mark) \(inspection.complaint); needed for \(requirement.neededFor)"
    }
  }

  /// Makes sure that everything `architectures` need is there, installing it if allowed.
  ///
  /// - Parameter names: Requirements by name beyond those of the architectures.
  public static func ensure(
    architectures: [String], emulator: Bool, consent: Consent
  ) throws(ToolFailure) {
    let needed = Requirement.all.filter { requirement in
      requirement.architectures.isEmpty
        || (emulator || requirement.isNeededToBuild)
          && !Set(requirement.architectures).isDisjoint(with: architectures)
    }
    let missing = inspections(of: needed).filter { !$0.isSatisfied }
    try Installer.install(missing, consent: consent)
  }
}

extension Doctor {
  /// Makes sure of what each of `architectures` needs, one by one, so that what one lacks does not
  /// stop the others.
  ///
  /// - Returns: Why an architecture cannot do without what is missing, by its name.
  /// - Throws: If something is missing that all need.
  public static func ensureEach(
    _ architectures: [String], emulator: Bool, consent: Consent
  ) throws(ToolFailure) -> [String: ToolFailure] {
    try ensure(architectures: [], emulator: false, consent: consent)
    var lacking: [String: ToolFailure] = [:]
    for architecture in architectures {
      do throws(ToolFailure) {
        try ensure(architectures: [architecture], emulator: emulator, consent: consent)
      } catch {
        lacking[architecture] = error
      }
    }
    return lacking
  }

  /// Makes sure that code can be made for `architectures`, installing what is missing if allowed.
  public static func ensureBackEnds(
    for architectures: [String], consent: Consent
  ) throws(ToolFailure) {
    let needed = Requirement.all.filter {
      $0.isNeededToBuild && !Set($0.architectures).isDisjoint(with: architectures)
    }
    try Installer.install(inspections(of: needed).filter { !$0.isSatisfied }, consent: consent)
  }
}

/// Whether the user has agreed to installing packages.
public struct Consent: Sendable {
  /// True if the command line said `--yes`, or nobody is there to ask since `CI` is set.
  public let isGiven: Bool

  public init(saidYes: Bool) {
    let automatic = ProcessInfo.processInfo.environment["CI"].map { !$0.isEmpty } ?? false
    isGiven = saidYes || automatic
  }

  /// True if there is a person at a terminal to ask.
  var canBeAsked: Bool { isatty(STDIN_FILENO) == 1 }
}

extension Installer {
  /// Installs `missing` if there is consent, asks for it at a terminal, and else says what to do.
  static func install(_ missing: [Inspection], consent: Consent) throws(ToolFailure) {
    guard !missing.isEmpty else { return }
    let byHand = missing.filter { !$0.requirement.isInstalledBySetup }
    guard byHand.isEmpty else {
      throw ToolFailure(byHand.map(\.complaint).joined(separator: "\n"))
    }
    guard consent.isGiven || consent.canBeAsked else {
      throw ToolFailure(
        missing.map(\.complaint).joined(separator: "\n")
          + "\nrun 'tools/mnos setup --yes' to install what is missing")
    }
    try Installer().install(missing, mayAsk: !consent.isGiven)
  }

  /// Installs all that `setup` can, of every architecture.
  public static func installEverything(consent: Consent) throws(ToolFailure) {
    let missing = Doctor.inspections().filter {
      !$0.isSatisfied && $0.requirement.isInstalledBySetup
    }
    try install(missing, consent: consent)
  }
}
