import X86Shims

/// The frequencies of the time stamp counter and the local timer, in hertz.
struct Calibration {
  let timeStampFrequency: UInt64
  let localTimerFrequency: UInt64

  /// Fractions of a second that are measured: 1 ms.
  private static var measurementsPerSecond: UInt64 { 1_000 }
  /// Readings of a counter that stands still before it is given up.
  private static var readingLimit: Int { 1_000_000 }

  /// Measures against a reference what is not known.
  ///
  /// - Returns: nil if the reference does not count. Takes 1 ms.
  init?(
    by reference: ReferenceCounter, of localAPIC: LocalAPIC, knownTimeStampFrequency: UInt64
  ) {
    let span = reference.frequency / Self.measurementsPerSecond
    localAPIC.startMeasuring()
    let start = Sample(reference, localAPIC)
    var readings = 0
    while reference.counts(from: start.reference, to: reference.read()) < span {
      readings += 1
      if readings == Self.readingLimit { return nil }
    }
    let end = Sample(reference, localAPIC)
    let counts = reference.counts(from: start.reference, to: end.reference)
    guard counts > 0 else { return nil }
    let stamps = end.timeStamp &- start.timeStamp
    let timer = UInt64(end.localTimer &- start.localTimer)
    let measured = stamps &* reference.frequency / counts
    timeStampFrequency = knownTimeStampFrequency > 0 ? knownTimeStampFrequency : measured
    localTimerFrequency = timer &* reference.frequency / counts
    guard timeStampFrequency > 0, localTimerFrequency > 0 else { return nil }
  }

  /// The three counters at one moment: the try that took the shortest time counts.
  private struct Sample {
    private(set) var reference: UInt64 = 0
    private(set) var timeStamp: UInt64 = 0
    private(set) var localTimer: UInt32 = 0

    init(_ counter: ReferenceCounter, _ localAPIC: LocalAPIC) {
      var shortest = UInt64.max
      for _ in 0..<5 {
        let before = x86_read_time_stamp()
        let value = counter.read()
        let timer = localAPIC.measuredCounts
        let duration = x86_read_time_stamp() &- before
        if duration >= shortest { continue }
        shortest = duration
        reference = value
        timeStamp = before &+ duration / 2
        localTimer = timer
      }
    }
  }
}
