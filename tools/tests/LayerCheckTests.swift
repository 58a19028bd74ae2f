import Testing

@testable import Builder

@Suite struct LayerCheckTests {
  @Test(arguments: [
    ("import KernelCore", "KernelCore"), ("@testable import KernelCore", "KernelCore"),
    ("  private import struct KernelCore.Kernel", "KernelCore"),
    ("internal import MnosABI  // the contract", "MnosABI"),
  ])
  func importIsRecognised(line: String, module: String) {
    #expect(LayerCheck.importedModule(Substring(line)) == module)
  }

  @Test(arguments: ["// import KernelCore", "let important = 1", "importKernelCore()", ""])
  func otherLinesAreNoImports(line: String) {
    #expect(LayerCheck.importedModule(Substring(line)) == nil)
  }

  @Test func platformMayNotImportTheCore() {
    let offences = LayerCheck.offences(
      in: "import MnosABI\nimport KernelCore\n", of: "PlatformX86_64", allowed: ["MnosABI"])

    #expect(offences == ["2: PlatformX86_64 may not import KernelCore"])
  }

  @Test func architectureConditionsAreRefused() {
    let offences = LayerCheck.offences(
      in: "#if arch(x86_64)\n#endif\n", of: "KernelCore", allowed: [])

    #expect(offences.count == 1)
  }

  @Test func everyModuleImportsOnlyLowerOnes() {
    for architecture in Architecture.all {
      let table = ModuleTable(root: ".", architecture: architecture)
      for modules in [table.kernelModules, table.userModules, table.loaderModules] {
        for (index, module) in modules.enumerated() {
          let lower = modules[..<index].map(\.name)
          #expect(Set(module.imports).isSubset(of: lower))
        }
      }
    }
  }
}
