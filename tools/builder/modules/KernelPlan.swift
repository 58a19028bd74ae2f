import ToolSupport

/// The steps from the kernel's sources to `kernel.elf`.
struct KernelPlan {
  let context: BuildContext
  let modules: [ModuleSpec]

  private var platformFolder: String { "platforms/\(context.architecture.name)" }
  private var linkScript: String { "\(platformFolder)/link.ld" }
  /// What link scripts include.
  private var commonScript: String { "platforms/common/kernel.ld" }

  /// Compile and assembly steps, for as much of the kernel as is there.
  func compileSteps() -> [Step] {
    let plan = ModulePlan(context)
    return modules.map { plan.step($0, available: modules) }
      + assembly.map { plan.assemblyStep($0, side: .kernel) }
  }

  /// The step that links, and adds the names of functions for back-traces.
  func linkStep() -> Step {
    let plan = ModulePlan(context)
    let objects =
      modules.map(plan.objectPath)
      + assembly.map { plan.assemblyObject($0, side: .kernel) }
    let linker = KernelLinker(context: context, objects: objects, linkScript: linkScript)
    return Step(
      "link kernel.elf (\(context.architecture.name))",
      after: compileSteps().map(\.title), inputs: objects + [linkScript, commonScript],
      outputs: [context.kernelPath, context.bootKernelPath],
      actions: [
        .perform(label: linker.label) { () throws(ToolFailure) in
          try linker.link()
          // Loaders map segments with whatever rights they ask for.
          try ELFCheck.check(
            programAt: "\(linker.context.root)/\(linker.context.kernelPath)",
            machine: linker.context.architecture.elfMachine)
          try SymbolCheck.check(
            objectAt: linker.context.kernelPath, module: "kernel.elf", isLinked: true,
            context: linker.context)
          try PortContract.checkSymbols(
            of: PortContract.kernel, in: linker.context.kernelPath, context: linker.context)
        },
        .run(
          ToolCommand(
            context.toolchain.program("llvm-objcopy"),
            ["--strip-all", context.kernelPath, context.bootKernelPath])),
      ])
  }

  /// The step that counts the trap instructions of the linked kernel.
  func trapStep() -> Step {
    let check = TrapCheck(context: context)
    return Step(
      "count traps (\(context.architecture.name))", after: [linkStep().title],
      inputs: [context.kernelPath] + TrapList.files(root: context.root),
      outputs: [context.trapReportPath],
      actions: [
        .perform(label: "trap check 1 \(context.toolchain.version)") { () throws(ToolFailure) in
          try check.run()
        }
      ])
  }

  private var assembly: [String] {
    ["platforms/common", platformFolder].flatMap {
      SourceFiles.assembly(in: "\($0)/asm", root: context.root)
    }
  }
}

/// Links the kernel until the table of function names inside it is that of its own functions.
struct KernelLinker {
  let context: BuildContext
  let objects: [String]
  let linkScript: String

  private var tableSource: String { "\(context.folder)/kernel/symbols.S" }
  private var tableObject: String { "\(context.folder)/kernel/symbols.o" }

  /// Changes whenever linking works differently.
  var label: String {
    (["kernel link 5"] + arguments(output: context.kernelPath)).joined(separator: " ")
  }

  /// Links with an empty table, then with a full one; since the table lies behind the code, the
  /// second time is normally the last.
  func link() throws(ToolFailure) {
    var table = SymbolTable(functions: [])
    for _ in 0..<4 {
      try assemble(table)
      try ToolCommand(
        context.linker, arguments(output: context.kernelPath)
      ).run(in: context.root)
      let found = try SymbolTable(kernelAt: context.kernelPath, context: context)
      if found == table { return }
      table = found
    }
    throw ToolFailure(
      "\(context.kernelPath): addresses of functions move each time the table of their names "
        + "grows; \(linkScript) must place .mnos_symbols behind all code")
  }

  private func assemble(_ table: SymbolTable) throws(ToolFailure) {
    try Files.write(table.assembly, to: "\(context.root)/\(tableSource)")
    try ToolCommand(
      context.assembler,
      [
        "--target=\(context.architecture.clangTarget)", "-c", "-o", tableObject, tableSource,
      ] + context.architecture.kernelFlags
    ).run(in: context.root)
  }

  private func arguments(output: String) -> [String] {
    [
      "-pie", "--no-dynamic-linker", "-static", "--gc-sections", "-z", "text",
      "-z", "max-page-size=4096", "-z", "noexecstack", "--build-id=none", "--icf=all",
      "-T", linkScript, "-o", output,
    ] + context.architecture.linkFlags + objects + [tableObject]
  }
}
