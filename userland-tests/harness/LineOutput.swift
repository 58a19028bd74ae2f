import Libmnos

/// Text to the console that a program was started with, a line at a time.
struct LineOutput: TextOutput {
  private let console: Handle
  private var line = TextBuffer<200>()

  /// - Parameter console: A send end to a console, or none, which drops the text.
  init(to console: Handle) { self.console = console }

  mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      line.write(bytes.extracting(index..<index + 1))
      if bytes[index] == 0x0a { sendLine() }
    }
  }

  private mutating func sendLine() {
    var start = 0
    while start < line.count {
      let bytes = InlineBytes(line.bytes, from: start)
      let request = ConsoleRequest.write(bytes)
      var registers = CallRegisters(
        CallWord(.call, wordCount: request.wordCount), console.argument, Deadline.never,
        words: request.words)
      _ = SystemCall.perform(&registers)
      start += bytes.count
    }
    line.removeAll()
  }
}
