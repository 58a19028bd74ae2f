import FuzzHarness

/// All parsers that are fuzzed.
public enum FuzzTargets {
  public static let all: [FuzzTarget] = [
    ProgramTarget.target, ArchiveTarget.target, ArchiveTarget.sealed, DeviceTreeTarget.target,
    ACPITarget.target, ACPITarget.sealed, BootResponseTarget.target, CommandLineTarget.target,
    TerminalTargets.editor, TerminalTargets.shellLine, ConsoleTarget.target, MessageTarget.target,
  ]

  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  /// The target that takes a file which somebody else made, and the input that it becomes.
  public static func recognising(_ file: [UInt8]) -> (target: FuzzTarget, input: [UInt8])? {
    for target in all {
      if let input = target.recognise(file) { return (target, input) }
    }
    return nil
  }
}
