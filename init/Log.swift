import Libmnos

/// Init's lines in the kernel's log, each written whole.
struct Log: ~Copyable, TextOutput {
  private let machine: Handle
  private var line = TextBuffer<200>()

  /// - Parameter machine: Stays valid for the log's life.
  init(to machine: borrowing Machine) { self.machine = machine.handle }

  mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      var byte = TextBuffer<1>()
      if bytes[index] == 0x0a { flush() } else { byte.write(bytes.extracting(index...index)) }
      line.write(byte.bytes)
    }
  }

  mutating func begin(_ subject: Name) {
    write("init: ")
    write(subject)
    write(": ")
  }

  private mutating func flush() {
    var text = TextBuffer<202>()
    text.write(line.bytes)
    text.writeLine()
    Machine.withBorrowed(machine) { try? $0.log(text.bytes) }
    line.removeAll()
  }
}
