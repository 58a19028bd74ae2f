import ToolSupport

/// Turns module specifications into compile steps.
public struct ModulePlan: Sendable {
  let context: BuildContext

  public init(_ context: BuildContext) { self.context = context }

  /// The folder of the objects and module files of one side.
  func folder(_ side: ModuleSpec.Side) -> String { "\(context.folder)/\(side.rawValue)" }

  func objectPath(_ module: ModuleSpec) -> String { "\(folder(module.side))/\(module.name).o" }

  func title(_ module: ModuleSpec) -> String {
    "compile \(module.name) (\(module.side.rawValue), \(context.architecture.name))"
  }

  /// The step that compiles `module`.
  ///
  /// - Parameter available: The modules that are built at all; others cannot be waited for.
  func step(_ module: ModuleSpec, available: [ModuleSpec]) -> Step {
    let root = context.root
    let sources = module.folders.flatMap { SourceFiles.swift(in: $0, root: root) }
    let headers = module.shims.flatMap { SourceFiles.headers(in: $0, root: root) }
    let imported = available.filter {
      $0.side == module.side && module.imports.contains($0.name)
    }
    let modulePath = "\(folder(module.side))/\(module.name).swiftmodule"
    let compilation = SwiftCompilation(
      moduleName: module.name, flags: flags(module), clangFlags: clangFlags(module.side),
      sources: sources, objectPath: objectPath(module), modulePath: modulePath, root: root)
    var actions = context.architecture.route.actions(for: compilation)
    actions.append(symbolCheck(module))
    actions.append(.perform(label: context.toolchain.version) {})
    return Step(
      title(module), after: imported.map(title),
      inputs: sources + headers
        + imported.map { "\(folder($0.side))/\($0.name).swiftmodule" },
      outputs: [objectPath(module), modulePath], actions: actions)
  }

  /// The step that assembles `source` for `side`.
  func assemblyStep(_ source: String, side: ModuleSpec.Side) -> Step {
    let object = assemblyObject(source, side: side)
    let folders = [source.parentFolder, "\(source.parentFolder.parentFolder)/include"]
    let headers = folders.flatMap { SourceFiles.headers(in: $0, root: context.root) }
    let flags =
      ["--target=\(context.architecture.clangTarget)", "-c", "-ffreestanding"]
      + clangFlags(side) + folders.flatMap { ["-I", $0] } + ["-o", object, source]
    return Step(
      "assemble \(source) (\(side.rawValue))", inputs: [source] + headers, outputs: [object],
      actions: [.run(ToolCommand(context.assembler, flags))])
  }

  func assemblyObject(_ source: String, side: ModuleSpec.Side) -> String {
    let name = source.split(separator: "/").suffix(3).joined(separator: "-")
    return "\(folder(side))/\(name).o"
  }

  private func symbolCheck(_ module: ModuleSpec) -> Step.Action {
    let path = objectPath(module)
    let context = context
    return .perform(label: "symbol check 3") { () throws(ToolFailure) in
      guard module.side != .user else { return }
      try SymbolCheck.check(objectAt: path, module: module.name, context: context)
    }
  }

  /// Every flag of the Swift compiler that names no input and no output, and is not clang's.
  private func flags(_ module: ModuleSpec) -> [String] {
    let architecture = context.architecture
    var flags = [
      "-target", architecture.swiftTarget, "-enable-experimental-feature", "Embedded",
      "-swift-version", "6", "-enable-experimental-feature", "Lifetimes",
      "-enable-experimental-feature", "Volatile",
      "-wmo", "-parse-as-library", optimisation(module.side),
      "-strict-memory-safety", "-Werror", "StrictMemorySafety",
      "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector",
      "-file-prefix-map", "\(context.root)=.",
      "-module-cache-path", "\(context.folder)/module-cache",
      "-I", folder(module.side), "-Xcc", "-ffreestanding",
    ]
    if module.side != .user { flags += ["-Xfrontend", "-no-allocations"] }
    // TrapCheck looks up which line of the sources a trap comes from; images are stripped.
    if module.side == .kernel { flags.append("-g") }
    flags += module.aliases.flatMap { ["-module-alias", "\($0.name)=\($0.module)"] }
    for folder in module.shims where Files.exists("\(context.root)/\(folder)/module.modulemap") {
      flags += ["-I", folder]
    }
    return flags
  }

  private func optimisation(_ side: ModuleSpec.Side) -> String {
    switch (context.configuration, side) {
    case (.debug, .user): "-Onone"
    // Unspecialised generics do not exist without a heap, so debug keeps the optimiser.
    case (.debug, _): "-O"
    case (.release, .kernel): "-O"
    case (.release, _): "-Osize"
    }
  }

  private func clangFlags(_ side: ModuleSpec.Side) -> [String] {
    switch side {
    case .kernel: context.architecture.kernelFlags
    case .user: context.architecture.userFlags
    case .loader: context.architecture.loaderFlags
    }
  }
}
