import Libmnos

/// Lines for whoever runs the test, on the console, which is ended while they are written.
struct Report: ~Copyable, TextOutput {
  private let console: Client<ConsoleProtocol>
  private var line = TextBuffer<200>()
  private var failedCount = 0

  init(_ console: consuming Client<ConsoleProtocol>) { self.console = console }

  mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      line.write(bytes.extracting(index..<index + 1))
      if bytes[index] == 0x0a { send() }
    }
  }

  /// A console that ends in the middle may have shown some of it; its successor shows all of it.
  private mutating func send() {
    while true {
      do throws(CallFailure<ConsoleProtocol.Failure>) {
        _ = try console.call(.writeLent, lending: line.bytes)
        break
      } catch {
        guard error.isServerGone else { break }
      }
    }
    line.removeAll()
  }

  mutating func progress(_ killCount: UInt64) {
    write("restarts: ")
    write(decimal: killCount)
    write(" kills\n")
  }

  mutating func tell(_ what: StaticString, _ tally: Tally, _ killCount: UInt64) {
    write("restarts: ")
    write(what)
    write(": ")
    write(decimal: killCount)
    write(" kills, ")
    write(decimal: tally.workedCount)
    write(" attempts worked, ")
    write(decimal: tally.goneCount)
    write(" ended with their server, ")
    write(decimal: tally.otherCount)
    write(" failed otherwise, the longest took ")
    write(decimal: tally.longest / 1_000_000)
    write(" ms\n")
  }

  mutating func judge(_ name: StaticString, _ holds: Bool) {
    if !holds { failedCount += 1 }
    write(holds ? "ok restarts." : "not ok restarts.")
    write(name)
    write(holds ? "\n" : ": see the counts above\n")
  }

  mutating func finish() {
    // A line that was cut off before must not be taken for a part of the verdict.
    write(failedCount == 0 ? "\nPASS\n" : "\nFAIL\n")
    while case .failure(.kernel)? = flush() {}
  }

  private func flush() -> Result<Void, CallFailure<ConsoleProtocol.Failure>>? {
    do throws(CallFailure<ConsoleProtocol.Failure>) {
      _ = try console.call(.flush)
      return nil
    } catch {
      return .failure(error)
    }
  }
}
