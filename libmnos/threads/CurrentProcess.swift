/// What a program does about itself as a whole.
public enum CurrentProcess {
  /// Ends the program, whatever its other threads do.
  ///
  /// - Parameter value: What its supervisor is told; `ProgramEnd` says what values mean.
  public static func exit(_ value: UInt64) -> Never {
    OwnProcess.endOtherThreads()
    CurrentThread.exit(value)
  }

  /// Ends the program because of `status`: a supervisor says it in words.
  public static func exit(because status: SyscallStatus) -> Never {
    exit(UInt64(status.rawValue))
  }
}
