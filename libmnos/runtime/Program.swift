/// A program: mark one type with `@main`, and give it a `run`.
public protocol Program {
  /// The program itself.
  ///
  /// - Returns: The exit value; 0 is success.
  static func run(_ start: inout StartContext) -> UInt64
}

extension Program {
  public static func main() {
    let value = runToEnd()
    CurrentThread.exit(value)
  }

  /// What `run` leaves is given back on return.
  private static func runToEnd() -> UInt64 {
    guard var start = StartContext(StartPage.current) else {
      return UInt64(SyscallStatus.badArgument.rawValue)
    }
    return run(&start)
  }
}
