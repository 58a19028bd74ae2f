/// A step that could not be done: what failed, and what the user can do about it.
public struct ToolFailure: Error, Sendable {
  /// One or more lines for standard error, naming the thing that failed.
  public let message: String
  /// What the process exits with.
  public let exitStatus: Int32

  public init(_ message: String, exitStatus: Int32 = 1) {
    self.message = message
    self.exitStatus = exitStatus
  }

  /// A command line that makes no sense (`EX_USAGE` of sysexits).
  public static func usage(_ message: String) -> ToolFailure {
    ToolFailure(message + "\nrun 'tools/mnos help' for the commands", exitStatus: 64)
  }
}
