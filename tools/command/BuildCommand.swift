import Builder
import ToolSetup
import ToolSupport

/// `mnos build`.
enum BuildCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--yes"], values: ["--arch", "--configuration", "--only"])
    let options = try Options(arguments, grammar: grammar)
    let architectures = try Workspace.architectures(options.value("--arch"))
    let configuration = try configuration(options)
    let consent = Consent(saidYes: options.has("--yes"))
    let only = options.value("--only")?.split(separator: ",").map(String.init)
    try Workspace.each(architectures, lacking: [:]) { (architecture) throws(ToolFailure) in
      try Doctor.ensureBackEnds(for: [architecture.name], consent: consent)
      try build(architecture, configuration, only: only)
    }.get()
  }

  private static func build(
    _ architecture: Architecture, _ configuration: Configuration, only: [String]?
  ) throws(ToolFailure) {
    let start = ContinuousClock.now
    let builder = Builder(try Workspace.context(architecture, configuration: configuration))
    try FolderLock.holding("\(builder.context.root)/\(builder.context.folder)") {
      () throws(ToolFailure) in
      try builder.build(only.map { .only($0) } ?? .everything)
    }
    if only?.contains("kernel") ?? true {
      print("\(architecture.name): \(try TrapReport.summary(of: builder.context))")
    }
    if only == nil {
      let lines = try SizeReport(builder.context).lines(programs: builder.programs)
      for line in lines { print(line) }
    }
    print("\(architecture.name): built in \(Workspace.seconds(since: start))")
  }

  static func configuration(_ options: Options) throws(ToolFailure) -> Configuration {
    let choice = try options.choice("--configuration", of: ["debug", "release"])
    return choice == "debug" ? .debug : .release
  }
}
