import Libmnos

/// Ends services at random times.
struct Killer: ~Copyable {
  private static let names: [Name] = [Name("vfs"), Name("initramfs"), Name("console")]

  private var random: RandomState
  private let pause: Notification
  private(set) var killCount: UInt64 = 0
  private(set) var consoleKillCount: UInt64 = 0

  init(seed: UInt64, pause: consuming Notification) {
    random = RandomState(seed: seed)
    self.pause = pause
  }

  mutating func chance(of count: UInt64) -> Bool { random.next() % count == 0 }

  /// Ends one of the services once it runs.
  ///
  /// - Returns: false if it does not come back.
  mutating func killOne(_ processes: borrowing Client<ProcessProtocol>) -> Bool {
    let name = Self.names[Int(random.next() % UInt64(Self.names.count))]
    sleep(random.next() % 10_000_000)
    for _ in 0..<60_000 {
      if let number = process(of: name, processes), (try? processes.call(.kill(number))) != nil {
        killCount += 1
        if name == Name("console") { consoleKillCount += 1 }
        return true
      }
      sleep(1_000_000)
    }
    return false
  }

  /// Waits until something that is repeated has worked again, for a minute.
  func wait(for repeated: Repeated) {
    let before = repeated.tally.workedCount
    for _ in 0..<60_000 where repeated.tally.workedCount == before { sleep(1_000_000) }
  }

  /// How often the services were started anew, together.
  func restartCount(_ processes: borrowing Client<ProcessProtocol>) -> UInt64 {
    var sum: UInt64 = 0
    for index in 0..<16 as Range<UInt32> {
      guard case .service(let info)? = try? processes.call(.service(at: index)) else { break }
      sum += UInt64(info.restartCount)
    }
    return sum
  }

  private func process(
    of name: Name, _ processes: borrowing Client<ProcessProtocol>
  ) -> UInt32? {
    for index in 0..<16 as Range<UInt32> {
      guard case .service(let info)? = try? processes.call(.service(at: index)) else { return nil }
      if info.name.asName == name { return info.process == 0 ? nil : info.process }
    }
    return nil
  }

  private func sleep(_ nanoseconds: UInt64) {
    _ = try? pause.wait(deadline: Clock.now() + nanoseconds)
  }
}
