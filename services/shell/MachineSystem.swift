import Libmnos

/// The system that the shell runs on.
final class MachineSystem: ShellSystem {
  /// Bits of the notification: a program ended; Ctrl-C was typed.
  static var endBit: UInt64 { 1 }
  static var interruptBit: UInt64 { 2 }

  let directory: Client<NameProtocol>
  let processService: ProcessConnection
  let machine: Machine?
  let budget: Budget
  let notification: Notification
  let waiter: ProgramWaiter
  /// What the shell was given at the start, for `caps`.
  private(set) var given: [(name: [UInt8], handle: Handle)] = []
  var console: Client<ConsoleProtocol>?
  var files: FileClient?
  private(set) var wasInterrupted = false
  /// When the console is told again whom Ctrl-C is for: one that was started anew does not know. Nil
  /// while no command runs.
  private var nextRequest: UInt64?
  /// Nanoseconds until a console that was started anew knows.
  private static var requestInterval: UInt64 { 1_000_000_000 }

  init(_ start: inout StartContext) throws(SyscallStatus) {
    for index in 0..<start.capabilityCount {
      let capability = start.capability(at: index)
      given.append((Text.bytes(capability.name), capability.handle))
    }
    given.append((Text.bytes("own process"), start.process.handle))
    given.append((Text.bytes("own thread"), start.thread.handle))
    given.append((Text.bytes("own budget"), start.budget.handle))
    directory = Client(try start.take(ShortName("directory")))
    processService = ProcessConnection(Client(try start.take(ShortName("processes"))))
    machine = try? start.take(ShortName("machine"))
    budget = try start.budget.copy(rights: .all)
    notification = try start.budget.makeNotification()
    waiter = try ProgramWaiter(
      processService, go: try start.budget.makeNotification(),
      end: try notification.makeSignaller(bits: Self.endBit))
    given.append((Text.bytes("signals"), notification.handle))
  }

  func now() -> UInt64 { Clock.now() }
}

// The terminal.
extension MachineSystem {
  /// What was typed; nil if the console ended meanwhile, and another one is there now.
  func read() -> [UInt8]? {
    connectConsole()
    do throws(CallFailure<ConsoleProtocol.Failure>) {
      guard console != nil else { throw .kernel(.peerGone) }
      var typed = [UInt8](repeating: 0, count: Self.readCapacity)
      var room = typed.mutableSpan
      let count = try console!.call(.read, filling: &room).lentByteCount
      return Array(typed.prefix(Int(count)))
    } catch {
      if error.isServerGone { console = nil } else { CurrentThread.yield() }
      connectConsole()
      return error.isServerGone ? nil : []
    }
  }

  func write(_ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let left = bytes.count - offset
      if left <= InlineBytes.capacity {
        return tellConsole(.write(InlineBytes(bytes.span, from: offset)))
      }
      let count = min(left, Self.writeCapacity)
      insist { (console) throws(CallFailure<ConsoleProtocol.Failure>) in
        _ = try console.call(
          .writeLent, lending: bytes.span.extracting(offset..<offset + count))
      }
      offset += count
    }
  }

  /// Bytes that are taken at a time: more than anybody types, and of a paste much.
  private static var readCapacity: Int { 512 }

  /// Bytes that are sent at a time. A console that ends in the middle has shown some of them, and its
  /// successor shows all of them again.
  private static var writeCapacity: Int { 480 }

  func flush() { tellConsole(.flush) }

  func beginCommand() {
    _ = isInterrupted
    wasInterrupted = false
    requestInterrupts()
  }

  func endCommand() {
    nextRequest = nil
    tellConsole(.clearInterrupt)
  }

  var isInterrupted: Bool {
    if let nextRequest, now() >= nextRequest { requestInterrupts() }
    if let bits = try? notification.wait(deadline: Deadline.poll) { note(bits) }
    return wasInterrupted
  }

  /// Waits for an end or for Ctrl-C, while a command runs.
  ///
  /// - Returns: The bits that say which.
  func waitForSignals() -> UInt64 {
    while true {
      if let bits = try? notification.wait(deadline: nextRequest ?? Deadline.never) {
        note(bits)
        return bits
      }
      requestInterrupts()
    }
  }

  /// Has the console signal each Ctrl-C from now on that no reader takes.
  private func requestInterrupts() {
    insist { (console) throws(CallFailure<ConsoleProtocol.Failure>) in
      guard let signaller = try? notification.makeSignaller(bits: Self.interruptBit) else { return }
      var attachments = Attachments()
      attachments.attach(signaller)
      _ = try console.call(.setInterrupt, attaching: attachments)
    }
    nextRequest = now() + Self.requestInterval
  }

  func note(_ bits: UInt64) {
    if bits & Self.interruptBit != 0 { wasInterrupted = true }
  }

  /// Makes a request that may be made again if the console ended in the middle of it.
  private func tellConsole(_ request: ConsoleProtocol.Request) {
    insist { (console) throws(CallFailure<ConsoleProtocol.Failure>) in
      _ = try console.call(request)
    }
  }

  /// Asks something of the console until it was answered, whichever console answers.
  private func insist(
    _ ask: (borrowing Client<ConsoleProtocol>) throws(CallFailure<ConsoleProtocol.Failure>) -> Void
  ) {
    while true {
      connectConsole()
      do throws(CallFailure<ConsoleProtocol.Failure>) {
        try ask(console!)
        return
      } catch {
        switch error {
        case .refused(.busy): CurrentThread.yield()
        default:
          guard error.isServerGone else { return }
          console = nil
        }
      }
    }
  }

  /// Waits until there is a console.
  func connectConsole() {
    while console == nil {
      if let endpoint = try? directory.lookUp(Name("console")) {
        console = Client(endpoint)
      } else {
        CurrentThread.yield()
      }
    }
  }
}
