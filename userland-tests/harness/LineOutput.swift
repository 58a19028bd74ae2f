import Libmnos

/// Text a line at a time: to the console that a program was started with, or to the kernel's log.
struct LineOutput: TextOutput, ~Copyable {
  private let console: Client<ConsoleProtocol>?
  private let machine: Handle
  private var line = TextBuffer<200>()

  init(to console: consuming SendEndpoint) {
    self.console = Client(console)
    machine = .none
  }

  /// - Parameter machine: Valid as long as this value lives.
  init(toLogOf machine: Handle) {
    console = nil
    self.machine = machine
  }

  mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      line.write(bytes.extracting(index..<index + 1))
      if bytes[index] == 0x0a { sendLine() }
    }
  }

  /// A console that is gone takes the text with it: the runner then sees no verdict.
  private mutating func sendLine() {
    if machine != .none {
      Machine.withBorrowed(machine) { try? $0.log(line.bytes) }
    }
    var start = 0
    while start < line.count, let sent = sendPiece(from: start) { start += sent }
    line.removeAll()
  }

  /// - Returns: How many bytes the console was sent; nil without one.
  private func sendPiece(from start: Int) -> Int? {
    guard console != nil else { return nil }
    let bytes = InlineBytes(line.bytes, from: start)
    _ = try? console?.call(.write(bytes))
    return bytes.count
  }
}
