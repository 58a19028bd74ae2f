import Foundation
import ToolSupport

/// Builds everything of one architecture.
public struct Builder: Sendable {
  public let context: BuildContext
  private let table: ModuleTable
  private let workerCount: Int

  /// What a build is allowed to leave out.
  public enum Scope: Sendable, Equatable {
    /// All of it; a part that is missing is an error.
    case everything
    /// These modules and programs and what they import, as far as their sources exist.
    case only([String])
  }

  /// - Parameter workerCount: How many compilers run at a time.
  public init(_ context: BuildContext, workerCount: Int = StepRunner.defaultWorkerCount) {
    self.context = context
    self.workerCount = workerCount
    table = ModuleTable(root: context.root, architecture: context.architecture)
  }

  /// Bytes that a build may need on the disk.
  private static let neededByteCount = 200 << 20

  /// Brings the outputs of `scope` up to date.
  ///
  /// - Parameters:
  ///   - additions: Folders laid over boot/initramfs.
  ///   - standIns: Programs to put in the places of others, by name.
  /// - Throws: The first failure, with the failing command's own words.
  public func build(
    _ scope: Scope, additions: [String] = [], standIns: [String: String] = [:]
  ) throws(ToolFailure) {
    try checkSpace()
    try Files.makeFolder("\(context.root)/\(context.folder)")
    switch scope {
    case .everything: try buildEverything(additions, standIns)
    case .only(let names): try buildOnly(names)
    }
  }

  /// The programs that the image holds.
  public var programs: [ProgramSpec] { table.programs }

  private func buildEverything(
    _ additions: [String], _ standIns: [String: String]
  ) throws(ToolFailure) {
    let modules = table.kernelModules + table.userModules + table.loaderModules
    for module in modules where sources(of: module).isEmpty && module.name != "TestHarness" {
      throw ToolFailure(
        "\(module.folders[0]) holds no Swift source: this tree is not complete (to build what "
          + "there is: --only NAME)")
    }
    guard table.programs.contains(where: { $0.place == .boot }) else {
      throw ToolFailure("init/Main.swift is missing: an image needs the program the kernel starts")
    }
    try PortContract.checkFiles(of: context.architecture, root: context.root)
    try LayerCheck.check(modules + table.programs.map(\.module), root: context.root)
    try StepRunner(root: context.root, workerCount: workerCount).run(
      KernelSteps(context, table).all + userSteps(table.programs) + loaderSteps)
    try checkContract()
    try makeInitramfs(additions, standIns)
  }

  /// Looks for what each port must supply in assembly; the kernel's link has looked already.
  private func checkContract() throws(ToolFailure) {
    let plan = ModulePlan(context)
    let name = context.architecture.name
    let parts = [
      (PortContract.start, plan.assemblyObject("libmnos/asm/\(name).S", side: .user)),
      (PortContract.tests, plan.assemblyObject("userland-tests/asm/\(name).S", side: .user)),
      (PortContract.loader, "\(context.folder)/loader/loader.elf"),
    ]
    for (part, object) in parts {
      try PortContract.checkSymbols(of: part, in: object, context: context)
    }
  }

  private func buildOnly(_ names: [String]) throws(ToolFailure) {
    let steps = KernelSteps(context, table)
    let programs = table.programs.filter {
      names.contains($0.name) || names.contains($0.module.name) || names.contains("programs")
    }
    let kernel = table.kernelModules.filter { names.contains($0.name) }
    let user = table.userModules.filter { names.contains($0.name) }
    var all: [Step] = []
    if names.contains("kernel") { all += steps.all }
    if names.contains("loader") { all += loaderSteps }
    if !programs.isEmpty { all += userSteps(programs) }
    if !kernel.isEmpty { all += steps.upTo(kernel) }
    if !user.isEmpty && programs.isEmpty { all += userSteps([]) }
    guard !all.isEmpty else {
      throw ToolFailure.usage(
        "--only \(names.joined(separator: ",")): nothing of that name; there are kernel, loader, "
          + "programs, "
          + (table.kernelModules.map(\.name) + table.programs.map(\.name)).joined(separator: ", "))
    }
    let modules = table.kernelModules + table.userModules + table.programs.map(\.module)
    let checked = modules.filter { !sources(of: $0).isEmpty }
    try LayerCheck.check(checked, root: context.root)
    try StepRunner(root: context.root, workerCount: workerCount).run(Self.unique(all))
  }

  private func userSteps(_ programs: [ProgramSpec]) -> [Step] {
    let libraries = table.userModules.filter { !sources(of: $0).isEmpty }
    let plan = ProgramPlan(context: context, libraries: libraries, programs: programs)
    return plan.librarySteps() + programs.flatMap(plan.steps)
  }

  private var loaderSteps: [Step] {
    LoaderPlan(context: context, modules: table.loaderModules).steps()
  }

  /// Packs the initramfs if anything in it changed.
  private func makeInitramfs(
    _ additions: [String], _ standIns: [String: String]
  ) throws(ToolFailure) {
    let maker = InitramfsMaker(
      context: context, programs: table.programs, additions: additions, standIns: standIns)
    try maker.make()
  }

  private func sources(of module: ModuleSpec) -> [String] {
    module.folders.flatMap { SourceFiles.swift(in: $0, root: context.root) }
  }

  private func checkSpace() throws(ToolFailure) {
    if let free = Files.freeByteCount(at: context.root), free < Self.neededByteCount {
      throw ToolFailure(
        "only \(free >> 20) MiB are free where \(context.root) is, and a build may need "
          + "\(Self.neededByteCount >> 20): make room, for instance by removing old folders "
          + "under build/")
    }
  }

  private static func unique(_ steps: [Step]) -> [Step] {
    var seen: Set<String> = []
    return steps.filter { seen.insert($0.title).inserted }
  }
}

/// The kernel's steps, all of them or those that some modules need.
struct KernelSteps {
  private let context: BuildContext
  private let available: [ModuleSpec]

  init(_ context: BuildContext, _ table: ModuleTable) {
    self.context = context
    available = table.kernelModules.filter { module in
      module.folders.contains { !SourceFiles.swift(in: $0, root: context.root).isEmpty }
    }
  }

  var all: [Step] {
    let plan = KernelPlan(context: context, modules: available)
    return plan.compileSteps() + [plan.linkStep(), plan.trapStep()]
  }

  /// Compile steps of `wanted` and of what they import.
  func upTo(_ wanted: [ModuleSpec]) -> [Step] {
    var names = Set(wanted.map(\.name))
    for module in available.reversed() where names.contains(module.name) {
      names.formUnion(module.imports)
    }
    let plan = ModulePlan(context)
    let kept = available.filter { names.contains($0.name) }
    return kept.map { plan.step($0, available: kept) }
  }
}
