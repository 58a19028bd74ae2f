import Foundation
import Testing

@testable import Builder

/// The graph of modules is kept twice: Package.swift has it for the host, `ModuleTable` for
/// the machine. A module that is in both has the same folder and the same imports in both.
@Suite struct ModuleGraphTests {
  private struct Entry: Equatable {
    let folder: String
    let imports: Set<String>
  }

  /// In the table alone: their sources need a machine.
  private static let needMachine: Set = ["KernelImage", "UEFILoader", "TestHarness"]
  /// In the package alone: they stand in for a machine.
  private static let standIns: Set = [
    "KernelModel", "PlatformSim", "PlatformTesting", "LibmnosHost", "ProgramTesting",
  ]

  /// Folders of the modules that a machine runs.
  private static let machineFolders = [
    "kernel/", "platforms/", "boot/", "libmnos", "services/", "init", "userland-tests/",
  ]

  @Test func packageAndModuleTableAgree() throws {
    let package = try Self.packageModules()
    let table = Self.tableModules()
    #expect(package.count > 15 && table.count > 15)

    for (name, entry) in table where !Self.needMachine.contains(name) {
      #expect(package[name] == entry, "\(name) in ModuleTable, against Package.swift")
    }
    for (name, entry) in package where !Self.standIns.contains(name) {
      guard Self.machineFolders.contains(where: entry.folder.hasPrefix) else { continue }
      #expect(table[name] == entry, "\(name) in Package.swift, against ModuleTable")
    }
  }

  @Test func readerOfPackageSeesImportsAndFolders() {
    let text = """
      func module(_ name: String) {}
      func program(_ name: String, _ path: String) -> Target {
        module(name, path, imports: ["MnosABI", "Libmnos"], exclude: ["tests"])
      }
      func port(_ name: String, _ folder: String) -> Target {
        module(
          name, "ports/\\(folder)", imports: ["H"],
          exclude: ["tests"])
      }
      let targets = [
        module("A", "a", imports: ["X", "Y"], exclude: ["Z"]),
        module(
          "B", "b/c",
          imports: ["A"]), module("C", "c", exclude: ["D"]),
        program("P", "p"), port("Q", "q"),
      ]
      """

    let modules = Self.modules(in: text)

    #expect(modules["A"] == Entry(folder: "a", imports: ["X", "Y"]))
    #expect(modules["B"] == Entry(folder: "b/c", imports: ["A"]))
    #expect(modules["C"] == Entry(folder: "c", imports: []))
    #expect(modules["P"] == Entry(folder: "p", imports: ["MnosABI", "Libmnos"]))
    #expect(modules["Q"] == Entry(folder: "ports/q", imports: ["H"]))
    #expect(modules.count == 5)
  }

  /// Every module of every architecture, with the first of its folders. Test programs are left
  /// out: none of them builds on the host.
  private static func tableModules() -> [String: Entry] {
    var found: [String: Entry] = [:]
    for architecture in Architecture.all {
      let table = ModuleTable(root: PortabilityTests.root, architecture: architecture)
      let programs = table.programs.map(\.module).filter {
        !$0.folders[0].hasPrefix("userland-tests/")
      }
      for module in table.kernelModules + table.userModules + table.loaderModules + programs {
        found[module.name] = Entry(folder: module.folders[0], imports: Set(module.imports))
      }
    }
    return found
  }

  private static func packageModules() throws -> [String: Entry] {
    modules(
      in: try String(
        contentsOfFile: "\(PortabilityTests.root)/Package.swift", encoding: .utf8))
  }

  /// What a function of Package.swift adds to its two arguments, name and folder.
  private struct Helper {
    var folderPrefix: Substring = ""
    var imports: Set<String> = []
  }

  /// The modules in the text of Package.swift: calls of `module`, and of the functions there
  /// that call it with some imports of their own.
  private static func modules(in text: String) -> [String: Entry] {
    var helpers = ["module": Helper()]
    let definition =
      #/func (\w+)\(_ name: String, _ \w+: String\) -> Target \{\s*module\(\s*name, (?:"([^"\\]*)\\\(\w+\)"|\w+),\s*imports: \[([^\]]*)\]/#
    for match in text.matches(of: definition) {
      helpers[String(match.1)] = Helper(
        folderPrefix: match.2 ?? "", imports: names(in: match.3))
    }
    var found: [String: Entry] = [:]
    let call = #/(\w+)\(\s*"([^"]+)",\s*"([^"]+)"(?:,\s*imports:\s*\[([^\]]*)\])?/#
    for match in text.matches(of: call) {
      guard let helper = helpers[String(match.1)] else { continue }
      found[String(match.2)] = Entry(
        folder: "\(helper.folderPrefix)\(match.3)",
        imports: helper.imports.union(names(in: match.4 ?? "")))
    }
    return found
  }

  /// The names in a list of string literals.
  private static func names(in list: Substring) -> Set<String> {
    Set(
      list.split(separator: ",").map {
        $0.trimmingCharacters(in: .whitespacesAndNewlines.union(["\""]))
      }.filter { !$0.isEmpty })
  }
}
