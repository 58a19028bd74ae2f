import ToolSetup
import ToolSupport

/// The commands of `tools/mnos`.
enum Command {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    switch arguments.first {
    case "doctor":
      let inspections = Doctor.inspections()
      for line in Doctor.lines(for: inspections) { print(line) }
    case "setup":
      let rest = arguments.dropFirst()
      try Installer.installEverything(consent: Consent(saidYes: rest.contains("--yes")))
    default:
      throw .usage("unknown command '\(arguments.first ?? "")'")
    }
  }
}
