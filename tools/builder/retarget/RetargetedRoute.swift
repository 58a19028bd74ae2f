import ToolSupport

/// Swift compiles for riscv64, and a later LLVM makes the machine's code out of the intermediate
/// code: for a machine that Swift has no back end for, and whose data layout is that of riscv64.
///
/// Module files are those of riscv64, so every module of a build must go this way.
public struct RetargetedRoute: CompileRoute {
  private let target: RetargetedCode.Target

  public init(_ target: RetargetedCode.Target) { self.target = target }

  public var assembler: String? { "clang-22" }
  public var linker: String? { "ld.lld-22" }

  public func actions(for compilation: SwiftCompilation) -> [Step.Action] {
    let usesFloatRegisters = compilation.clangFlags.contains("-mabi=\(target.hardFloatABI)")
    let code = compilation.objectPath + ".ll"
    return [
      .run(frontEnd(compilation, usesFloatRegisters, output: code)),
      retarget(code, in: compilation.root, usesFloatRegisters),
      .run(backEnd(compilation, usesFloatRegisters, input: code)),
    ]
  }

  /// Source to intermediate code, optimised. `-f` flags are about the language and the same for
  /// every machine, `-m` flags are not.
  private func frontEnd(
    _ compilation: SwiftCompilation, _ usesFloatRegisters: Bool, output: String
  ) -> ToolCommand {
    let machine = usesFloatRegisters ? ["rv64gc", "lp64d"] : ["rv64imac", "lp64"]
    let clangFlags =
      ["-march=\(machine[0])", "-mabi=\(machine[1])"]
      + compilation.clangFlags.filter { $0.hasPrefix("-f") }
    return ToolCommand(
      "swiftc",
      ["-module-name", compilation.moduleName] + compilation.flags
        + clangFlags.flatMap { ["-Xcc", $0] }
        + [
          "-emit-ir", "-o", output,
          "-emit-module", "-emit-module-path", compilation.modulePath,
        ] + compilation.sources)
  }

  private func retarget(
    _ path: String, in root: String, _ usesFloatRegisters: Bool
  ) -> Step.Action {
    let pass = RetargetedCode(target, usesFloatRegisters: usesFloatRegisters)
    return .perform(label: "retarget 1 \(pass)") { () throws(ToolFailure) in
      let code = try Files.bytes(of: "\(root)/\(path)")
      try Files.write(try pass.rewritten(code, name: path), to: "\(root)/\(path)")
    }
  }

  /// Intermediate code to an object; the front end's optimiser has run already.
  private func backEnd(
    _ compilation: SwiftCompilation, _ usesFloatRegisters: Bool, input: String
  ) -> ToolCommand {
    let isOptimised = !compilation.flags.contains("-Onone")
    return ToolCommand(
      "clang-22",
      ["--target=\(target.triple)", isOptimised ? "-O2" : "-O0", "-fPIC", "-ffunction-sections"]
        + compilation.clangFlags + (usesFloatRegisters ? [] : ["-mfpu=none"])
        + ["-Xclang", "-disable-llvm-passes", "-c", "-o", compilation.objectPath, input])
  }
}
