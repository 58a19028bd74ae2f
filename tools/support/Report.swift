import Foundation

/// What the tool tells its user; all of it goes to standard error, so that standard output
/// carries only answers.
public enum Report {
  /// One line of progress.
  public static func progress(_ line: String) { write(line + "\n") }

  /// One line that something is not as expected, though work goes on.
  public static func notice(_ line: String) { write("mnos: \(line)\n") }

  /// The last words of a command that failed.
  public static func failure(_ message: String) { write("mnos: error: \(message)\n") }

  /// Text as it is, without a line end of its own.
  public static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
