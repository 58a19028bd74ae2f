import Libmnos

/// One call on a thread of its own.
final class Asking {
  private let work: () -> System.Answer
  private(set) var answer: System.Answer?
  /// When it came.
  private(set) var time: UInt64 = 0

  init(_ work: @escaping () -> System.Answer) { self.work = work }

  /// Asks the service for something.
  convenience init(_ command: Command, _ system: System) throws(SyscallStatus) {
    let client = Kept(try system.makeClient())
    self.init { System.ask(command, client.client) }
  }

  func run() -> UInt64 {
    let answer = work()
    time = Clock.now()
    self.answer = answer
    return 0
  }

  /// Below the services.
  static var priority: UInt8 { 90 }

  /// Starts it; the end of the result ends it.
  func start(_ context: borrowing StartContext) throws(SyscallStatus) -> RunningThread {
    try RunningThread.start(in: context, priority: Self.priority) { self.run() }
  }
}

/// A client that several can refer to.
final class Kept {
  let client: Client<FileSystemProtocol>
  init(_ client: consuming Client<FileSystemProtocol>) { self.client = client }
}
