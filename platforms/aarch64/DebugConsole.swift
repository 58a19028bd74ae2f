import PlatformCommon

/// The kernel's own words. What it says before the tables told where the serial port is waits
/// in memory.
struct DebugConsole<Registers: RegisterAccess> {
  /// Bytes that can wait.
  static var earlyByteCount: Int { 1024 }

  private var early: [1024 of UInt8] = .init(repeating: 0)
  private var earlyCount = 0
  private var port: PL011<Registers>? = nil

  var isOpen: Bool { port != nil }

  /// Bytes that do not fit any more are lost.
  mutating func write(_ byte: UInt8) {
    if port != nil {
      port?.write(byte)
    } else if earlyCount < Self.earlyByteCount {
      early[earlyCount] = byte
      earlyCount += 1
    }
  }

  /// Writes to `port` from now on, and what was written before too.
  mutating func open(_ port: PL011<Registers>) {
    self.port = port
    for index in 0..<earlyCount { self.port?.write(early[index]) }
    earlyCount = 0
  }
}
