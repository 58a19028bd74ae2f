import ToolSupport

/// What the machine's side consists of: the modules in the order of their imports, and the
/// user programs that are found in their folders.
public struct ModuleTable: Sendable {
  private let root: String
  private let architecture: Architecture

  public init(root: String, architecture: Architecture) {
    self.root = root
    self.architecture = architecture
  }

  /// The folder of C shims that the whole kernel side may use.
  private var platformFolder: String { "platforms/\(architecture.name)" }

  /// The kernel's modules, lowest layer first.
  public var kernelModules: [ModuleSpec] {
    let shims = ["\(platformFolder)/include"]
    return [
      ModuleSpec("MnosABI", side: .kernel, folders: ["kernel/abi"]),
      ModuleSpec("ProgramFormat", side: .kernel, folders: ["kernel/elf"], imports: ["MnosABI"]),
      ModuleSpec(
        "KernelHAL", side: .kernel, folders: ["kernel/hal"],
        imports: ["MnosABI", "ProgramFormat"]),
      ModuleSpec(
        "KernelCore", side: .kernel, folders: ["kernel/core"],
        imports: ["MnosABI", "ProgramFormat", "KernelHAL"]),
      ModuleSpec(
        "PlatformCommon", side: .kernel, folders: ["platforms/common"],
        imports: ["MnosABI", "KernelHAL"]),
      ModuleSpec(
        architecture.platformModule, side: .kernel, folders: [platformFolder],
        imports: ["MnosABI", "ProgramFormat", "KernelHAL", "PlatformCommon"], shims: shims),
      ModuleSpec(
        "KernelImage", side: .kernel, folders: ["kernel/image"],
        imports: [
          "MnosABI", "ProgramFormat", "KernelHAL", "KernelCore", "PlatformCommon",
          architecture.platformModule,
        ],
        shims: shims + ["kernel/image/include"],
        aliases: [ModuleAlias("CurrentMachine", for: architecture.platformModule)]),
    ]
  }

  /// What user programs are built on.
  public var userModules: [ModuleSpec] {
    [
      ModuleSpec("MnosABI", side: .user, folders: ["kernel/abi"]),
      ModuleSpec("ProgramFormat", side: .user, folders: ["kernel/elf"], imports: ["MnosABI"]),
      ModuleSpec(
        "Libmnos", side: .user, folders: ["libmnos"], imports: ["MnosABI"],
        shims: ["libmnos/include"]),
      ModuleSpec(
        "TestHarness", side: .user, folders: ["userland-tests/harness"],
        imports: ["MnosABI", "Libmnos"], shims: ["libmnos/include"]),
    ]
  }

  /// Every user program: `init` and each folder of services and userland-tests that holds a
  /// `Main.swift`.
  public var programs: [ProgramSpec] {
    var found: [ProgramSpec] = []
    if hasEntryPoint("init") {
      found.append(program("init", in: "init", module: "InitService", place: .boot))
    }
    for name in folders(in: "services") {
      let module = Self.moduleName(for: name) + "Service"
      found.append(program(name, in: "services/\(name)", module: module, place: .bin))
    }
    for name in folders(in: "userland-tests") where name != "harness" {
      let place = Self.place(ofTest: name)
      let module = Self.moduleName(for: name) + (place.isTest ? "Tests" : "Subject")
      found.append(program(name, in: "userland-tests/\(name)", module: module, place: place))
    }
    return found
  }

  private static func place(ofTest name: String) -> ProgramSpec.Place {
    if subjects.contains(name) { return .subject }
    return testsInPlaceOfInit.contains(name) ? .bootTests : .tests
  }

  /// What tests run, or what stands in for a service: without the test harness.
  private static let subjects: Set = ["looping", "misbehaving", "restarts", "supervision"]

  /// Tests that need the authority over devices that the kernel gives to its first program.
  private static let testsInPlaceOfInit: Set = ["interrupts"]

  /// The UEFI loader: what can be tested on a host, then what needs the firmware.
  public var loaderModules: [ModuleSpec] {
    let folder = "boot/loader"
    return [
      ModuleSpec("LoaderCore", side: .loader, folders: ["\(folder)/core"]),
      ModuleSpec(
        "UEFILoader", side: .loader,
        folders: ["\(folder)/uefi", "\(folder)/\(architecture.name)"],
        imports: ["LoaderCore"],
        shims: ["\(folder)/include", "\(folder)/\(architecture.name)/include"]),
    ]
  }

  /// `virtual-disk` becomes `VirtualDisk`; names of three letters or fewer are initials.
  static func moduleName(for folder: String) -> String {
    folder.split { $0 == "-" || $0 == "_" }
      .map { $0.count <= 3 ? $0.uppercased() : $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined()
  }

  private func program(
    _ name: String, in folder: String, module: String, place: ProgramSpec.Place
  ) -> ProgramSpec {
    let libraries = ["MnosABI", "ProgramFormat", "Libmnos"] + (place.isTest ? ["TestHarness"] : [])
    return ProgramSpec(
      name: name, place: place,
      module: ModuleSpec(
        module, side: .user, folders: [folder], imports: libraries,
        shims: ["libmnos/include"]))
  }

  private func folders(in parent: String) -> [String] {
    Files.names(in: "\(root)/\(parent)").filter { hasEntryPoint("\(parent)/\($0)") }
  }

  private func hasEntryPoint(_ folder: String) -> Bool {
    Files.exists("\(root)/\(folder)/Main.swift")
  }
}
