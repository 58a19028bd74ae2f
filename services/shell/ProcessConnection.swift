import Libmnos

/// Init's process service.
final class ProcessConnection {
  private let client: Client<ProcessProtocol>

  init(_ client: consuming Client<ProcessProtocol>) { self.client = client }

  func ask(_ request: ProcessProtocol.Request) throws(SystemFailure) -> ProcessProtocol.Reply {
    do throws(CallFailure<ProcessProtocol.Failure>) {
      return try client.call(request)
    } catch {
      throw SystemFailure(text: Self.text(error))
    }
  }

  func spawn(
    _ request: SpawnRequest, _ attachments: borrowing Attachments
  ) -> Result<UInt32, SystemFailure> {
    do throws(CallFailure<ProcessProtocol.Failure>) {
      let answer = try client.call(.spawn(request), attaching: attachments)
      guard case .started(let process) = answer.reply else { throw .malformed }
      return .success(process)
    } catch {
      return .failure(SystemFailure(text: Self.text(error)))
    }
  }

  private static func text(_ failure: CallFailure<ProcessProtocol.Failure>) -> StaticString {
    switch failure {
    case .refused(.notFound): "no such process or program"
    case .refused(.notPermitted): "not permitted"
    case .refused(.badProgram): "not a program for this machine"
    case .refused(.badCapability): "init did not accept a capability"
    case .refused(.exhausted): "no memory or numbers left: end another process first"
    case .refused(.badArguments): "too many or too long arguments"
    case .refused(.failed): "the kernel refused a step of it"
    case .kernel(.peerGone): "init did not answer"
    case .kernel: "the call to init failed"
    case .malformed: "init's answer makes no sense"
    }
  }
}

/// Waits for a program's end on a thread of its own, so that Ctrl-C is heard meanwhile.
final class ProgramWaiter {
  private let service: ProcessConnection
  private let go: Notification
  private let starter: Notification
  private let end: Notification
  // Written by one thread while the other waits for a notification, which orders them.
  private var process: UInt32 = 0
  private(set) var exitValue: UInt64 = 0

  init(
    _ service: ProcessConnection, go: consuming Notification, end: consuming Notification
  ) throws(SyscallStatus) {
    self.service = service
    starter = try go.makeSignaller(bits: 1)
    self.go = go
    self.end = end
  }

  /// Begins to wait for `process`; its end is signalled.
  func begin(_ process: UInt32) {
    self.process = process
    try? starter.signal()
  }

  /// The thread: one program after another.
  func serve() -> UInt64 {
    while (try? go.wait()) != nil {
      if case .ended(let value)? = try? service.ask(.wait(process)) {
        exitValue = value
      } else {
        exitValue = ExitValue.killed
      }
      try? end.signal()
    }
    return 1
  }
}
