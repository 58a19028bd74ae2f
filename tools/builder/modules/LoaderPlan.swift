import ToolSupport

/// The steps from boot/loader to the file that UEFI firmware starts.
struct LoaderPlan {
  let context: BuildContext
  let modules: [ModuleSpec]

  private var folder: String { "boot/loader" }
  private var linkScript: String { "\(folder)/loader.ld" }

  func steps() -> [Step] {
    let plan = ModulePlan(context)
    let compiles =
      modules.map { plan.step($0, available: modules) }
      + assembly.map { plan.assemblyStep($0, side: .loader) }
    return compiles + [linkStep(after: compiles)]
  }

  private func linkStep(after compiles: [Step]) -> Step {
    let plan = ModulePlan(context)
    let objects =
      modules.map(plan.objectPath)
      + assembly.map { plan.assemblyObject($0, side: .loader) }
    let image = "\(context.folder)/loader/loader.elf"
    let link = ToolCommand(
      context.linker,
      [
        "-pie", "--no-dynamic-linker", "-static", "--gc-sections", "-z", "max-page-size=4096",
        "-z", "norelro", "--build-id=none", "-T", linkScript, "-o", image,
      ] + context.architecture.linkFlags + objects)
    let convert = ToolCommand(
      context.toolchain.program("llvm-objcopy"),
      ["-O", "binary", image, context.loaderPath])
    return Step(
      "link \(context.architecture.efiFileName)", after: compiles.map(\.title),
      inputs: objects + [linkScript], outputs: [context.loaderPath],
      actions: [.run(link), .run(convert)])
  }

  private var assembly: [String] {
    SourceFiles.assembly(in: "\(folder)/\(context.architecture.name)", root: context.root)
  }
}
