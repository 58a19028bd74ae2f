// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Every module that builds on the host, with its tests, so that editors, `swift build` and
// `swift test` work as in any package. The machine's own build is in tools/builder.

/// Strict memory safety everywhere: a missing `unsafe` is an error.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .enableExperimentalFeature("Volatile"),
]

/// A module whose sources are all that is in the folder at `path`, less `exclude`.
func module(
  _ name: String, _ path: String, imports: [String] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: path,
    exclude: exclude.filter { has("\(path)/\($0)") }, swiftSettings: strict)
}

/// The part of an architecture's platform that needs no machine: all but its `machine` folder.
func platform(_ name: String, _ architecture: String) -> Target {
  module(
    name, "platforms/\(architecture)", imports: ["MnosABI", "ProgramFormat", "KernelHAL", "PlatformCommon"],
    exclude: ["asm", "include", "link.ld", "machine", "tests"])
}

/// The logic of a program in the folder at `path`; its `Main.swift` needs a machine.
func program(_ name: String, _ path: String) -> Target {
  module(
    name, path, imports: ["MnosABI", "ProgramFormat", "Libmnos"],
    exclude: ["Main.swift", "tests"])
}

/// Tests in the folder at `path`.
func tests(_ name: String, _ path: String, of modules: [String]) -> Target {
  .testTarget(
    name: name, dependencies: modules.map { .init(stringLiteral: $0) }, path: path,
    exclude: has("\(path)/host") ? ["host"] : [], swiftSettings: strict)
}

/// Whether `path` is a file or a folder of this package.
func has(_ path: String) -> Bool {
  FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(path)")
}

let kernelTargets: [Target] = [
  module("MnosABI", "kernel/abi"),
  module("ProgramFormat", "kernel/elf", imports: ["MnosABI"]),
  module("KernelHAL", "kernel/hal", imports: ["MnosABI", "ProgramFormat"]),
  module("KernelCore", "kernel/core", imports: ["MnosABI", "ProgramFormat", "KernelHAL"]),
  module(
    "PlatformCommon", "platforms/common", imports: ["MnosABI", "KernelHAL"],
    exclude: ["asm", "kernel.ld", "tests"]),
  module("PlatformSim", "platforms/sim", imports: ["MnosABI", "KernelHAL"], exclude: ["tests"]),
  tests("MnosABITests", "kernel/tests/MnosABITests", of: ["MnosABI"]),
  module("ProgramTesting", "kernel/tests/ProgramTesting", imports: ["ProgramFormat"]),
  tests(
    "ProgramFormatTests", "kernel/tests/ProgramFormatTests",
    of: ["MnosABI", "ProgramFormat", "ProgramTesting"]),
  tests(
    "KernelCoreTests", "kernel/tests/KernelCoreTests",
    of: ["MnosABI", "KernelHAL", "KernelCore", "KernelModel", "PlatformSim", "ProgramFormat"]),
  module("KernelModel", "kernel/model", imports: ["MnosABI"], exclude: ["tests"]),
  tests("KernelModelTests", "kernel/model/tests", of: ["MnosABI", "KernelModel"]),
  tests(
    "PlatformSimTests", "platforms/sim/tests", of: ["MnosABI", "KernelHAL", "PlatformSim"]),
  module("PlatformTesting", "platforms/testing", imports: ["PlatformCommon"]),
  platform("PlatformRISCV64", "riscv64"),
  platform("PlatformAArch64", "aarch64"),
  .systemLibrary(name: "X86Layout", path: "platforms/x86_64/include"),
  platform("PlatformX86_64", "x86_64"),
  platform("PlatformLoongArch64", "loongarch64"),
  tests(
    "PlatformCommonTests", "platforms/common/tests",
    of: ["MnosABI", "KernelHAL", "PlatformCommon", "PlatformTesting"]),
  tests(
    "PlatformRISCV64Tests", "platforms/riscv64/tests",
    of: ["MnosABI", "KernelHAL", "PlatformCommon", "PlatformTesting", "PlatformRISCV64"]),
  tests(
    "PlatformAArch64Tests", "platforms/aarch64/tests",
    of: ["MnosABI", "KernelHAL", "PlatformCommon", "PlatformTesting", "PlatformAArch64"]),
  tests(
    "PlatformLoongArch64Tests", "platforms/loongarch64/tests",
    of: ["MnosABI", "KernelHAL", "PlatformCommon", "PlatformTesting", "PlatformLoongArch64"]),
  tests(
    "PlatformX86_64Tests", "platforms/x86_64/tests",
    of: [
      "MnosABI", "KernelHAL", "PlatformCommon", "PlatformTesting", "PlatformX86_64", "X86Layout",
    ]),
]

let bootTargets: [Target] = [
  module("LoaderCore", "boot/loader/core"),
  tests(
    "LoaderCoreTests", "boot/loader/tests",
    of: ["MnosABI", "KernelHAL", "LoaderCore", "PlatformCommon"]),
]

let userTargets: [Target] = [
  module(
    "Libmnos", "libmnos", imports: ["MnosABI"], exclude: ["asm", "link", "runtime", "tests"]),
  // What stands for the kernel under host tests of user code.
  module("LibmnosHost", "libmnos/tests/host", imports: ["Libmnos"]),
  program("ConsoleService", "services/console"),
  program("InitramfsService", "services/initramfs"),
  program("VFSService", "services/vfs"),
  program("ShellService", "services/shell"),
  program("InitService", "init"),
  tests("LibmnosTests", "libmnos/tests", of: ["LibmnosHost", "MnosABI", "Libmnos"]),
  tests(
    "ConsoleTests", "services/console/tests", of: ["LibmnosHost", "Libmnos", "ConsoleService"]),
  tests(
    "InitramfsTests", "services/initramfs/tests",
    of: ["LibmnosHost", "Libmnos", "InitramfsService"]),
  tests("VFSTests", "services/vfs/tests", of: ["LibmnosHost", "Libmnos", "VFSService"]),
  tests("ShellTests", "services/shell/tests", of: ["LibmnosHost", "Libmnos", "ShellService"]),
  tests("InitTests", "init/tests", of: ["LibmnosHost", "ProgramFormat", "Libmnos", "InitService"]),
]

let toolTargets: [Target] = [
  module("ToolSupport", "tools/support"),
  module("ToolSetup", "tools/setup", imports: ["ToolSupport"]),
  module("UnicodeTables", "tools/unicode", exclude: ["Exports.swift", "include"]),
  module("Builder", "tools/builder", imports: ["ToolSupport", "UnicodeTables"]),
  module("Machine", "tools/machine", imports: ["ToolSupport", "ToolSetup"]),
  module(
    "Mutation", "tools/mutation", imports: ["ToolSupport"], exclude: ["faults", "switch"]),
  .executableTarget(
    name: "mnos",
    dependencies: ["ToolSupport", "ToolSetup", "Builder", "Machine", "Mutation"],
    path: "tools/command", swiftSettings: strict),
  tests(
    "ToolTests", "tools/tests",
    of: ["ToolSupport", "ToolSetup", "Builder", "Machine", "Mutation", "mnos", "UnicodeTables"]),
]

/// Parsers given bytes that nobody meant: docs/design/fuzzing.md.
let fuzzingTargets: [Target] = [
  module("FuzzHarness", "fuzzing/harness", imports: ["PlatformTesting"]),
  module(
    "FuzzTargets", "fuzzing/targets",
    imports: [
      "FuzzHarness", "MnosABI", "ProgramFormat", "ProgramTesting", "KernelHAL", "KernelCore",
      "PlatformCommon", "PlatformTesting", "PlatformX86_64", "PlatformAArch64", "PlatformRISCV64",
      "PlatformLoongArch64", "Libmnos", "LibmnosHost", "ConsoleService", "InitramfsService",
      "ShellService", "VFSService",
    ]),
  .executableTarget(
    name: "mnos-fuzz", dependencies: ["FuzzHarness", "FuzzTargets"], path: "fuzzing/runner",
    swiftSettings: strict),
  tests(
    "FuzzTests", "fuzzing/tests",
    of: ["FuzzHarness", "FuzzTargets", "PlatformTesting", "Libmnos", "LibmnosHost"]),
]

let package = Package(
  name: "mnos",
  products: [.executable(name: "mnos", targets: ["mnos"])],
  // A module joins the package with its first source file.
  targets: (kernelTargets + bootTargets + userTargets + toolTargets + fuzzingTargets).filter { has($0.path ?? "") }
)
