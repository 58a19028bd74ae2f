import Foundation
import ToolSupport

/// A copy of the kernel and the platforms with all faults in it, and the program of its tests.
public struct MutatedTree {
  private let root: String
  private let folder: String
  /// The sources, and the pages that tests compare them with.
  private static let copied = ["kernel", "platforms", "docs"]
  private static let switchFolder = "tools/mutation/switch"
  /// Modules that faults may be in, those first that others import.
  private static let modules: [(folder: String, name: String)] = [
    (folder: "kernel/abi", name: "MnosABI"), ("kernel/elf", "ProgramFormat"),
    ("kernel/hal", "KernelHAL"), ("kernel/core", "KernelCore"),
    ("platforms/common", "PlatformCommon"), ("platforms/x86_64", "PlatformX86_64"),
    ("platforms/aarch64", "PlatformAArch64"), ("platforms/riscv64", "PlatformRISCV64"),
    ("platforms/loongarch64", "PlatformLoongArch64"),
  ]
  /// Rounds of leaving out what does not compile.
  private static let roundLimit = 20

  public private(set) var faults: [Int: Fault] = [:]
  private let planned: [Int: Fault]
  /// Faults that were left out, with what the compiler said.
  public private(set) var leftOut: [(number: Int, reason: String)] = []
  private var schemas: [String: Schema] = [:]

  /// - Parameters:
  ///   - root: The project's folder.
  ///   - folder: The work folder.
  public init(root: String, folder: String, faults: [Int: Fault]) {
    self.root = root
    self.folder = folder
    self.faults = faults
    planned = faults
  }

  /// Files that faults may be in, relative to `root`: what the host builds, less tests and
  /// what stands for the machine.
  public static func sources(root: String) -> [String] {
    let kernel = ["kernel/core", "kernel/abi", "kernel/hal", "kernel/elf"].flatMap {
      Files.paths(under: $0, endingIn: [".swift"], root: root, excluded: ["tests"])
    }
    let excluded = ["tests", "machine", "asm", "include", "sim", "testing"]
    return kernel
      + Files.paths(under: "platforms", endingIn: [".swift"], root: root, excluded: excluded)
  }

  // MARK: Building

  /// Writes the copy and builds it, leaving out faults until it compiles.
  ///
  /// - Returns: The path of the test program.
  public mutating func build(_ progress: (String) -> Void) throws(ToolFailure) -> String {
    try leaveOutAsBefore()
    for round in 1...Self.roundLimit {
      let isNew = try write()
      if !isNew, Files.exists(builtMark), let program = try? program() { return program }
      try? FileManager.default.removeItem(atPath: builtMark)
      progress("building \(faults.count) faults into one test program, round \(round) ...")
      var output: [String] = []
      // Module by module first: what depends on one that fails need not be begun.
      let modules = Self.modules.filter { module in
        faults.values.contains { $0.file.hasPrefix(module.folder + "/") }
      }
      for module in modules { try build(["--target", module.name], &output) }
      if !output.contains(where: { $0.contains("error:") }),
        try build(["--build-tests"], &output) == 0
      {
        try Files.write("", to: builtMark)
        return try program()
      }
      let errors = CompilerErrors(root: folder)
      let dropped = try drop(errors.found(in: output))
      guard dropped > 0 else {
        throw ToolFailure(
          "the copy in \(folder) does not build, and no fault is to blame:\n"
            + output.filter { $0.contains("error:") }.prefix(10).joined(separator: "\n"))
      }
      for (number, reason) in leftOut.suffix(dropped) {
        progress("  \(number) does not compile and is left out: \(reason)")
      }
    }
    throw ToolFailure("the copy in \(folder) does not build after \(Self.roundLimit) rounds")
  }

  @discardableResult
  private func build(
    _ what: [String], _ output: inout [String]
  ) throws(ToolFailure) -> Int32 {
    var lines: [String] = []
    let status = try Subprocess.lines(
      "swift",
      ["build", "--package-path", folder, "-c", "release", "-Xswiftc", "-enable-testing"] + what
    ) { lines.append($0) }
    output += lines
    return status
  }

  private mutating func drop(_ errors: [CompilerErrors.Message]) throws(ToolFailure) -> Int {
    let before = faults.count
    for error in errors {
      guard let schema = schemas[error.file] else { continue }
      for number in schema.faults(atLine: error.line, column: error.column)
      where faults.removeValue(forKey: number) != nil {
        leftOut.append((number, error.text))
      }
    }
    try noteLeftOut()
    return before - faults.count
  }

  // MARK: What was found before

  /// There when the copy as it is was built.
  private var builtMark: String { "\(folder)/built" }
  private var leftOutList: String { "\(folder)/left-out.txt" }

  /// Leaves out what did not compile the last time, as long as its change is the same.
  private mutating func leaveOutAsBefore() throws(ToolFailure) {
    guard Files.exists(leftOutList) else { return }
    let keys = Set(try Files.text(of: leftOutList).split(separator: "\n").map(String.init))
    for (number, fault) in faults where keys.contains(fault.summary) {
      faults[number] = nil
      leftOut.append((number, "did not compile before"))
    }
  }

  private func noteLeftOut() throws(ToolFailure) {
    let lines = leftOut.compactMap { planned[$0.number]?.summary }.sorted()
    try Files.write(lines.joined(separator: "\n") + "\n", to: leftOutList)
  }

  private func program() throws(ToolFailure) -> String {
    let path = "\(folder)/.build/release"
    guard let name = Files.names(in: path).first(where: { $0.hasSuffix(".xctest") }) else {
      throw ToolFailure("no test program in \(path)")
    }
    return "\(path)/\(name)"
  }

  // MARK: Writing

  /// - Returns: Whether anything differs from what was there.
  private mutating func write() throws(ToolFailure) -> Bool {
    schemas = [:]
    var isNew = false
    let byFile = Dictionary(grouping: faults, by: \.value.file)
    var expected: Set<String> = ["Package.swift"]
    for path in Self.copied.flatMap({ paths(under: $0) }) + paths(under: Self.switchFolder) {
      let target =
        path.hasPrefix(Self.switchFolder)
        ? "switch" + path.dropFirst(Self.switchFolder.count) : path
      expected.insert(String(target))
      guard let planted = byFile[path] else {
        isNew = try put(try Files.bytes(of: "\(root)/\(path)"), at: String(target)) || isNew
        continue
      }
      let schema = Schema(
        try Files.text(of: "\(root)/\(path)"), planted.map { (number: $0.key, fault: $0.value) })
      schemas[path] = schema
      isNew = try put(Array(schema.text.utf8), at: path) || isNew
    }
    let package = try Files.text(of: "\(root)/Package.swift") + Self.packageEnd
    isNew = try put(Array(package.utf8), at: "Package.swift") || isNew
    removeOthers(than: expected)
    return isNew
  }

  private func paths(under folder: String) -> [String] {
    Files.paths(under: folder, endingIn: [""], root: root)
  }

  /// Writes only what differs, so that the next build compiles only that.
  ///
  /// - Returns: Whether it did.
  private func put(_ bytes: [UInt8], at path: String) throws(ToolFailure) -> Bool {
    let target = "\(folder)/\(path)"
    if Files.exists(target), let there = try? Files.bytes(of: target), there == bytes {
      return false
    }
    try Files.makeFolder(String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)]))
    try Files.write(bytes, to: target)
    return true
  }

  private func removeOthers(than expected: Set<String>) {
    for folder in Self.copied + ["switch"] {
      let there = Files.paths(under: folder, endingIn: [""], root: self.folder)
      for path in there where !expected.contains(path) {
        try? FileManager.default.removeItem(atPath: "\(self.folder)/\(path)")
      }
    }
  }

  /// Takes the other targets out of the package, and gives the rest the switch.
  static let packageEnd = """


    package.products = []
    package.targets.removeAll { target in
      !["kernel/", "platforms/"].contains { (target.path ?? "").hasPrefix($0) }
    }
    for target in package.targets where target.type == .regular {
      target.dependencies.append("FaultSwitch")
    }
    package.targets.append(.target(name: "FaultSwitch", path: "switch"))

    """
}

/// Errors in what a build printed.
struct CompilerErrors {
  struct Message: Equatable {
    let file: String
    let line: Int
    let column: Int
    let text: String
  }

  /// The folder that paths are relative to.
  let root: String

  /// Reads lines such as `/x/kernel/core/A.swift:12:8: error: no such thing`.
  func found(in lines: [String]) -> [Message] {
    lines.compactMap { line in
      let parts = line.components(separatedBy: ": error: ")
      guard parts.count >= 2 else { return nil }
      let place = parts[0].split(separator: ":")
      guard place.count == 3, let row = Int(place[1]), let column = Int(place[2]) else {
        return nil
      }
      let path = place[0].hasPrefix(root + "/") ? place[0].dropFirst(root.count + 1) : place[0]
      return Message(
        file: String(path), line: row, column: column,
        text: parts.dropFirst().joined(separator: ": error: "))
    }
  }
}
