import ToolSupport

/// One thing to make: from which files, after which other steps, and how.
public struct Step: Sendable {
  /// A part of a step's work.
  public enum Action: Sendable {
    case run(ToolCommand)
    /// Work in this process; `label` changes whenever the work does.
    case perform(label: String, @Sendable () throws(ToolFailure) -> Void)
  }

  /// Unique in a build, and what progress lines say.
  public let title: String
  /// Titles of steps that must be done before.
  public let after: [String]
  /// Files that the outputs depend on, relative to the root.
  public let inputs: [String]
  /// Files that it makes; the first one's stamp tells whether it is up to date.
  public let outputs: [String]
  public let actions: [Action]

  public init(
    _ title: String, after: [String] = [], inputs: [String], outputs: [String],
    actions: [Action]
  ) {
    self.title = title
    self.after = after
    self.inputs = inputs
    self.outputs = outputs
    self.actions = actions
  }
}
