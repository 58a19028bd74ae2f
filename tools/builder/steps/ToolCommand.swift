import ToolSupport

/// A program and its arguments, run in the package's root folder.
public struct ToolCommand: Sendable {
  public let program: String
  public let arguments: [String]
  public let environment: [String: String]

  public init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
  }

  /// The line a person would type.
  public var line: String { ([program] + arguments).joined(separator: " ") }

  /// Runs to the end.
  ///
  /// - Returns: What was printed, warnings for instance.
  /// - Throws: A failure with the command line and everything it printed.
  @discardableResult
  public func run(in root: String) throws(ToolFailure) -> String {
    let result = try Subprocess.capture(
      program, arguments, in: root, environment: environment)
    guard result.succeeded else {
      throw ToolFailure("\(result.output)the command was: \(line)")
    }
    return result.output
  }
}
