import ToolSupport

/// The steps from user sources to finished ELF files.
struct ProgramPlan {
  let context: BuildContext
  let libraries: [ModuleSpec]
  let programs: [ProgramSpec]

  /// The steps of the modules that all programs share, and of all assembly.
  func librarySteps() -> [Step] {
    let plan = ModulePlan(context)
    return libraries.map { plan.step($0, available: libraries) } + (unicode?.steps() ?? [])
      + (sources(in: Self.startFolder) + sources(in: Self.testFolder)).map {
        plan.assemblyStep($0, side: .user)
      }
  }

  /// The steps of one program: compile, then link and strip.
  func steps(for program: ProgramSpec) -> [Step] {
    let plan = ModulePlan(context)
    return [plan.step(program.module, available: libraries), linkStep(program)]
  }

  private func linkStep(_ program: ProgramSpec) -> Step {
    let plan = ModulePlan(context)
    let used = libraries.filter { program.module.imports.contains($0.name) }
    let objects =
      [plan.objectPath(program.module)] + used.map(plan.objectPath)
      + assembly(of: program).map { plan.assemblyObject($0, side: .user) }
    let output = context.programPath(program.name)
    let unstripped = output + ".debug"
    let link = ToolCommand(
      context.linker,
      [
        "-pie", "--no-dynamic-linker", "-static", "--gc-sections", "-z", "text",
        "-z", "max-page-size=4096", "-z", "separate-code", "-z", "noexecstack",
        "-z", "norelro", "--build-id=none", "-T", linkScript, "-o", unstripped,
      ] + context.architecture.linkFlags + objects + unicodeLibrary)
    let strip = ToolCommand(
      context.toolchain.program("llvm-objcopy"), ["--strip-all", unstripped, output])
    let architecture = context.architecture
    let path = "\(context.root)/\(output)"
    let check = Step.Action.perform(label: "ELF check 1") { () throws(ToolFailure) in
      try ELFCheck.check(programAt: path, machine: architecture.elfMachine)
    }
    return Step(
      "link \(program.name) (\(architecture.name))",
      after: [plan.title(program.module)] + librarySteps().map(\.title),
      inputs: objects + (unicode?.objects ?? []) + [linkScript], outputs: [output, unstripped],
      actions: [.run(link), .run(strip), check])
  }

  /// How to make the tables for comparing strings, where the toolchain has none.
  private var unicode: UnicodePlan? {
    context.architecture.hasUnicodeTables ? nil : UnicodePlan(context: context)
  }

  private var unicodeLibrary: [String] {
    unicode?.objects ?? [context.toolchain.unicodeTables(for: context.architecture)]
  }

  /// Start-up code and the trap instruction; what remote threads of tests run.
  private static let startFolder = "libmnos/asm"
  private static let testFolder = "userland-tests/asm"

  private func assembly(of program: ProgramSpec) -> [String] {
    let start = sources(in: Self.startFolder)
    return program.place.isTest ? start + sources(in: Self.testFolder) : start
  }

  /// This architecture's assembly in a folder, if there is any.
  private func sources(in folder: String) -> [String] {
    ["\(folder)/\(context.architecture.name).S"].filter {
      Files.exists("\(context.root)/\($0)")
    }
  }

  /// An architecture's own script where it has one, else the common one.
  private var linkScript: String {
    let own = "libmnos/link/\(context.architecture.name).ld"
    return Files.exists("\(context.root)/\(own)") ? own : "libmnos/link/user.ld"
  }
}
