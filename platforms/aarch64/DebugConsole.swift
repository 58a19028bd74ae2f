import PlatformCommon

/// The kernel's own words. What it says before the tables told where the serial port is waits
/// in memory.
struct DebugConsole<Registers: RegisterAccess> {
  private var early = EarlyOutput()
  private var port: PL011<Registers>? = nil

  var isOpen: Bool { port != nil }

  /// Early bytes that do not fit any more are lost.
  mutating func write(_ byte: UInt8) {
    if port != nil { port?.write(byte) } else { early.append(byte) }
  }

  /// Writes to `port` from now on, and what was written before too.
  mutating func open(_ port: PL011<Registers>) {
    self.port = port
    for index in 0..<early.count { self.port?.write(early[index]) }
    early.removeAll()
  }
}
