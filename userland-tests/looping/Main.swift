import Libmnos

/// A service in an endless loop, and who wants an answer all the same.
///
/// On an image of its own it stands in for vfs, which is more urgent than the shell: there it
/// registers, receives nothing and loops. In the shell's place it asks the console, and looks how
/// long that takes. It reports facts as the test programs do, and turns the machine off.
@main struct Looping: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let directory = Client<NameProtocol>(try start.take(ShortName("directory")))
      guard let end: SendEndpoint = try? start.take(ShortName("processes")) else {
        return try loop(as: Name("vfs"), directory, &start)
      }
      try judge(start, directory, Client(end))
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  private static func loop(
    as name: Name, _ directory: borrowing Client<NameProtocol>, _ start: inout StartContext
  ) throws(SyscallStatus) -> UInt64 {
    _ = try start.serve(as: name, by: directory)
    // Without a system call: nothing but the timer takes the CPU away.
    while true {}
  }

  // MARK: In the shell's place

  /// Nanoseconds within which a person is to see what was typed.
  private static var mostDelay: UInt64 { 100_000_000 }
  /// How often the console is asked. Nine of ten answers have to be in time.
  private static var askCount: UInt64 { 160 }

  private static func judge(
    _ start: borrowing StartContext, _ directory: borrowing Client<NameProtocol>,
    _ processes: borrowing Client<ProcessProtocol>
  ) throws(SyscallStatus) {
    guard let endpoint = try? directory.lookUp(Name("console")) else { throw .unavailable }
    let console = Client<ConsoleProtocol>(endpoint)
    let pause = try start.budget.makeNotification()
    let before = looped(processes)
    let start = Clock.now()
    var promptCount: UInt64 = 0
    var worst: UInt64 = 0
    for _ in 0..<askCount {
      let due = Clock.now() + 7_000_000
      _ = try? pause.wait(deadline: due)
      // A refusal comes at once, too.
      guard (try? console.call(.write(InlineBytes([0x2e].span)))) != nil else { continue }
      let delay = Clock.now() - due
      if delay <= mostDelay { promptCount += 1 }
      worst = max(worst, delay)
    }
    let used = looped(processes)
    let time = (Clock.now() - start) / 1_000_000
    // A machine that is emulated stands still at times.
    let isQuick = promptCount >= askCount * 9 / 10
    // Its share is 15 %; and it had not ended in between.
    let isBusy = used >= before + time / 10
    var line = TextBuffer<400>()
    line.write("\nlooping: ")
    line.write(decimal: promptCount)
    line.write(" of ")
    line.write(decimal: askCount)
    line.write(" answers came within 100 ms, the slowest took ")
    line.write(decimal: worst / 1_000_000)
    line.write(" ms; of ")
    line.write(decimal: time)
    line.write(" ms the service had the CPU for ")
    line.write(decimal: used - min(before, used))
    line.write(" ms\n")
    verdict("theConsoleAnswersWithin100Milliseconds", isQuick, &line)
    verdict("theServiceHadTheCPU", isBusy, &line)
    line.write(isQuick && isBusy ? "PASS\n" : "FAIL\n")
    _ = try? console.call(.writeLent, lending: line.bytes)
    _ = try? console.call(.flush)
    _ = try? processes.call(.power(.off))
  }

  private static func verdict(
    _ name: StaticString, _ holds: Bool, _ line: inout TextBuffer<400>
  ) {
    line.write(holds ? "ok looping." : "not ok looping.")
    line.write(name)
    line.write(holds ? "\n" : ": see the times above\n")
  }

  /// Milliseconds that the service in the loop has had the CPU.
  private static func looped(_ processes: borrowing Client<ProcessProtocol>) -> UInt64 {
    var number: UInt32 = 0
    while case .process(let info)? = try? processes.call(.list(from: number)) {
      if info.name.asName == Name("vfs") { return UInt64(info.processorMilliseconds) }
      number = info.number + 1
    }
    return 0
  }
}
