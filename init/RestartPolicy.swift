import Libmnos

/// When a service that ended is started again: the sooner it ends, the longer the pause.
///
/// The pause is 50 ms at first and doubles up to 30 s. A service that ran for 10 s counts as
/// healthy: its next pause is the first again. One that somebody has ended is not unhealthy: its
/// pause is the first, and the next one is not longer for that. Times are nanoseconds.
struct RestartPolicy: Equatable {
  static var firstPause: UInt64 { 50_000_000 }
  static var longestPause: UInt64 { 30_000_000_000 }
  static var healthyRun: UInt64 { 10_000_000_000 }

  /// Whether people notice a pause, so that it has to be announced.
  static func isNoticed(_ pause: UInt64) -> Bool { pause >= 400_000_000 }

  private(set) var restartCount: UInt32 = 0
  private var pause = firstPause

  /// Decides about a service that ended.
  ///
  /// - Parameters:
  ///   - exitValue: What it ended with; not 0 also if it was ended.
  ///   - wasAsked: Whether somebody who may do so had it ended.
  /// - Returns: When to start it, or nil for not at all.
  mutating func ended(
    startedAt start: UInt64, now: UInt64, exitValue: UInt64, rule: RestartRule,
    wasAsked: Bool = false
  ) -> UInt64? {
    switch rule {
    case .never: return nil
    case .onFailure where exitValue == 0: return nil
    default: break
    }
    if now >= start, now - start >= Self.healthyRun { pause = Self.firstPause }
    let (next, overflow) = now.addingReportingOverflow(wasAsked ? Self.firstPause : pause)
    if !wasAsked { pause = min(pause * 2, Self.longestPause) }
    restartCount &+= 1
    return overflow ? nil : next
  }
}
