/// Takes the kernel's own words, byte by byte.
public protocol ByteWriter {
  mutating func write(_ byte: UInt8)
}

/// The kernel's own words. What it says before the tables told where the serial port is waits
/// in memory.
public struct DebugConsole<Port: ByteWriter> {
  private var early = EarlyOutput()
  private var port: Port? = nil

  public init() {}

  public var isOpen: Bool { port != nil }

  /// Early bytes that do not fit any more are lost.
  public mutating func write(_ byte: UInt8) {
    if port != nil { port?.write(byte) } else { early.append(byte) }
  }

  /// Writes to `port` from now on, and what was written before too.
  public mutating func open(_ port: Port) {
    self.port = port
    for index in 0..<early.count { self.port?.write(early[index]) }
    early.removeAll()
  }
}
