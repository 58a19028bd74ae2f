/// A program: mark one type with `@main`, and give it a `run`.
public protocol Program {
  /// The program itself.
  ///
  /// - Returns: The exit value; 0 is success.
  static func run(_ start: inout StartContext) -> UInt64
}

extension Program {
  /// The return from `run` ends the program, with all threads that it left behind.
  public static func main() {
    guard var start = StartContext(StartPage.current) else {
      CurrentProcess.exit(because: .badArgument)
    }
    // The end of the process gives back what `start` still holds.
    CurrentProcess.exit(run(&start))
  }
}
