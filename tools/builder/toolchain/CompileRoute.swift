/// How one Swift module becomes an object file and a module file. An architecture that Swift
/// has no back end for brings a route of its own, through intermediate code.
public protocol CompileRoute: Sendable {
  /// What to do, in order.
  func actions(for compilation: SwiftCompilation) -> [Step.Action]

  /// clang for this machine, if it is not the one that comes with Swift.
  var assembler: String? { get }
  /// ld.lld for this machine, if it is not the one that comes with Swift.
  var linker: String? { get }
}

extension CompileRoute {
  public var assembler: String? { nil }
  public var linker: String? { nil }
}

/// One call of the Swift compiler, as far as it is the same on every route.
public struct SwiftCompilation: Sendable {
  public let moduleName: String
  /// Flags without inputs and outputs, and without those of clang.
  public let flags: [String]
  /// What clang is told about the machine: its ABI, its code model, which registers to use.
  public let clangFlags: [String]
  public let sources: [String]
  public let objectPath: String
  public let modulePath: String
  /// What all paths are relative to.
  public let root: String
}

/// Swift's own back end makes the object file.
public struct DirectRoute: CompileRoute {
  public init() {}

  public func actions(for compilation: SwiftCompilation) -> [Step.Action] {
    let outputs = [
      "-c", "-o", compilation.objectPath,
      "-emit-module", "-emit-module-path", compilation.modulePath,
    ]
    return [
      .run(
        ToolCommand(
          "swiftc",
          ["-module-name", compilation.moduleName] + compilation.flags
            + compilation.clangFlags.flatMap { ["-Xcc", $0] } + outputs + compilation.sources))
    ]
  }
}
