/// How one Swift module becomes an object file and a module file. An architecture that Swift
/// has no back end for brings a route of its own, through intermediate code.
public protocol CompileRoute: Sendable {
  /// The commands to run, in order.
  func commands(for compilation: SwiftCompilation) -> [ToolCommand]
}

/// One call of the Swift compiler, as far as it is the same on every route.
public struct SwiftCompilation: Sendable {
  public let moduleName: String
  /// Flags without inputs and outputs.
  public let flags: [String]
  public let sources: [String]
  public let objectPath: String
  public let modulePath: String
}

/// Swift's own back end makes the object file.
public struct DirectRoute: CompileRoute {
  public init() {}

  public func commands(for compilation: SwiftCompilation) -> [ToolCommand] {
    let outputs = [
      "-c", "-o", compilation.objectPath,
      "-emit-module", "-emit-module-path", compilation.modulePath,
    ]
    return [
      ToolCommand(
        "swiftc",
        ["-module-name", compilation.moduleName] + compilation.flags + outputs
          + compilation.sources)
    ]
  }
}
