/// The monotonic clock: nanoseconds since boot.
public enum Clock {
  public static func now() -> UInt64 { (try? SystemCall.invoke(.clock)) ?? 0 }

  /// The deadline that lies `nanoseconds` ahead.
  public static func deadline(inNanoseconds nanoseconds: UInt64) -> UInt64 {
    let (sum, overflow) = now().addingReportingOverflow(nanoseconds)
    return overflow ? Deadline.never : sum
  }

  public static func deadline(inMilliseconds milliseconds: UInt64) -> UInt64 {
    let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? Deadline.never : deadline(inNanoseconds: product)
  }
}

/// What a thread does about itself.
public enum CurrentThread {
  /// Lets other threads of the same priority run.
  public static func yield() { _ = try? SystemCall.invoke(.yield) }

  /// Ends the calling thread; the last thread's value is its process's.
  public static func exit(_ value: UInt64) -> Never {
    _ = try? SystemCall.invoke(.exit, value)
    fatalError("exit returned")
  }
}
