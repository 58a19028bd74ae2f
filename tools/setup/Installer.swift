import Foundation
import ToolSupport

/// Installs missing packages with apt.
public struct Installer {
  private let distribution: Distribution
  private static let sourcesFile = "/etc/apt/sources.list.d/mnos.sources"
  private static let preferencesFile = "/etc/apt/preferences.d/mnos"

  public init(distribution: Distribution = .current) { self.distribution = distribution }

  /// Installs what `missing` lists, after telling and, at a terminal, asking.
  ///
  /// - Parameter mayAsk: False to go ahead without a question.
  public func install(_ missing: [Inspection], mayAsk: Bool) throws(ToolFailure) {
    let wanted = missing.filter { $0.requirement.isInstalledBySetup }
    guard !wanted.isEmpty else { return }
    guard distribution.hasSupportedPackages, ProgramPath.find("apt-get") != nil else {
      throw ToolFailure(
        "this system has no packages that 'setup' knows. Install by hand:\n"
          + Self.list(wanted.map(\.complaint)))
    }
    Report.progress("to install:\n" + Self.list(wanted.map(\.complaint)))
    if mayAsk { try ask() }
    let administrator = try Administrator()
    try addSuites(for: wanted, by: administrator)
    try administrator.run("apt-get", ["update", "-q"], step: "reading the package lists")
    try administrator.run(
      "apt-get", ["install", "-y", "-q", "--no-install-recommends"] + arguments(for: wanted),
      step: "installing \(wanted.count) packages")
    try confirm(wanted)
  }

  private static func list(_ lines: [String]) -> String {
    lines.map { "  \($0)" }.joined(separator: "\n")
  }

  private func ask() throws(ToolFailure) {
    Report.write("install these now? [Y/n] ")
    let answer = readLine()?.lowercased() ?? "n"
    guard answer.isEmpty || answer.hasPrefix("y") else {
      throw ToolFailure("nothing was installed")
    }
  }

  /// apt-get's arguments for `wanted`, with the later suites that they come from.
  ///
  /// The emulator's whole family of packages must be of one version, so its suite is the target
  /// release; firmware stands alone, so it is named with its suite.
  func arguments(for wanted: [Inspection]) -> [String] {
    let target = Requirement.emulatorSuite
    let needsTarget = wanted.contains { $0.requirement.suiteOnDebian12 == target }
    let names = wanted.map { inspection in
      let requirement = inspection.requirement
      guard distribution.isDebian12, let suite = requirement.suiteOnDebian12, suite != target
      else { return requirement.package }
      return "\(requirement.package)/\(suite)"
    }
    let release = distribution.isDebian12 && needsTarget ? ["-t", target] : []
    return release + Set(names).sorted()
  }

  /// Makes the later Debian suites known to apt, at a priority below that of what is installed,
  /// so that nothing else is ever upgraded from them.
  private func addSuites(
    for wanted: [Inspection], by administrator: Administrator
  ) throws(ToolFailure) {
    guard distribution.isDebian12 else { return }
    let suites = Set(wanted.compactMap(\.requirement.suiteOnDebian12)).sorted()
    guard !suites.isEmpty else { return }
    let known = AptSourceReader.machine()
    let allSuites = [Requirement.emulatorSuite, Requirement.firmwareSuite]
    let unknown = allSuites.filter { suite in
      !known.contains { $0.suites.contains(suite) && $0.components.contains("main") }
    }
    guard !unknown.isEmpty else { return }
    guard
      let main = known.first(where: {
        $0.suites.contains(distribution.codename) && $0.components.contains("main")
      })
    else {
      throw ToolFailure(
        "no apt source for Debian \(distribution.codename) main found; add the suites "
          + unknown.joined(separator: " and ") + " by hand, then run 'tools/mnos setup' again")
    }
    let files = Self.suiteFiles(unknown, like: main)
    try administrator.write(files.preferences, to: Self.preferencesFile)
    try administrator.write(files.sources, to: Self.sourcesFile)
  }

  /// The apt source and preference texts for `suites`, taken from the same mirror as `main`.
  static func suiteFiles(
    _ suites: [String], like main: AptSource
  ) -> (sources: String, preferences: String) {
    var sources = """
      # Written by 'tools/mnos setup' of mnos: QEMU and UEFI firmware newer than Debian 12's.
      Types: deb
      URIs: \(main.uri)
      Suites: \(suites.joined(separator: " "))
      Components: main

      """
    if let keyring = main.keyring { sources += "Signed-By: \(keyring)\n" }
    let preferences = suites.map {
      "Package: *\nPin: release n=\($0)\nPin-Priority: 50\n"
    }
    return (sources, preferences.joined(separator: "\n"))
  }

  private func confirm(_ wanted: [Inspection]) throws(ToolFailure) {
    let still = wanted.map { Inspection(of: $0.requirement) }.filter { !$0.isSatisfied }
    guard still.isEmpty else {
      throw ToolFailure(
        "apt finished, but these are still not right:\n" + Self.list(still.map(\.complaint)))
    }
    Report.progress("installed.")
  }
}
