/// The time of a simulated machine, which looks at it without changing anything else.
final class SimulatedClock {
  var time: UInt64
  /// Nanoseconds that pass with each look.
  var readCost: UInt64

  init(time: UInt64, readCost: UInt64 = 0) {
    self.time = time
    self.readCost = readCost
  }

  /// The time, which then goes on by what the look takes.
  func read() -> UInt64 {
    defer { time += readCost }
    return time
  }
}
