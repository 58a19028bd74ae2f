import Libmnos

/// Text to the console that a program was started with, a line at a time.
struct LineOutput: TextOutput, ~Copyable {
  private let console: Client<ConsoleProtocol>
  private var line = TextBuffer<200>()

  init(to console: consuming SendEndpoint) { self.console = Client(console) }

  mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      line.write(bytes.extracting(index..<index + 1))
      if bytes[index] == 0x0a { sendLine() }
    }
  }

  /// A console that is gone takes the text with it: the runner then sees no verdict.
  private mutating func sendLine() {
    var start = 0
    while start < line.count {
      let bytes = InlineBytes(line.bytes, from: start)
      _ = try? console.call(.write(bytes))
      start += bytes.count
    }
    line.removeAll()
  }
}
