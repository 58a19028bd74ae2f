import Libmnos

/// Where the faults of a remote thread go: this program is its handler.
public struct FaultWatch {
  private let endpoint: Handle
  private let remote: RemoteThread
  private let badge: UInt64

  /// Becomes the handler of a thread.
  public init(_ scope: inout Scope, on remote: RemoteThread) throws(Unexpected) {
    endpoint = try scope.endpoint()
    badge = 0xfa17
    self.remote = remote
    let badged = try scope.copy(endpoint, rights: .write, badge: badge)
    try TestHarness.expect(KernelCalls.bind(remote.thread, to: badged))
  }

  /// Takes the report of a fault.
  public func take(line: UInt = #line) throws(Unexpected) -> Outcome {
    let report = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    try TestHarness.expect(report, line: line)
    try TestHarness.expect(
      UInt64(report.result.kind.rawValue), equals: UInt64(DeliveryKind.fault.rawValue),
      "kind of delivery", line: line)
    try TestHarness.expect(report.value, equals: badge, "badge of the fault", line: line)
    return report
  }

  /// Waits until the thread has done what it was told, or faulted.
  ///
  /// - Returns: The report of its fault; nil if it is finished.
  public func outcome(line: UInt = #line) throws(Unexpected) -> Outcome? {
    let patience = KernelCalls.patience()
    while KernelCalls.clock() < patience {
      if remote.isFinished { return nil }
      let report = KernelCalls.receive(endpoint)
      if report.isStatus(.ok) { return report }
      KernelCalls.yield()
    }
    try TestHarness.expect(false, "neither finished nor faulted", line: line)
    return nil
  }

  /// Takes the report of a fault of this kind at this address, and ends the thread.
  public func expect(
    _ kind: FaultKind, at address: UInt64, line: UInt = #line
  ) throws(Unexpected) {
    let report = try take(line: line)
    _ = answer(report, .kill)
    try TestHarness.expect(
      report.word(0), equals: UInt64(kind.rawValue), "kind of fault", line: line)
    try TestHarness.expect(report.word(1), equals: address, "fault address", line: line)
  }

  /// Answers a report.
  public func answer(_ report: Outcome, _ answer: FaultAnswer) -> Outcome {
    KernelCalls.reply(report.result.reply, [answer.rawValue, 0, 0, 0, 0, 0, 0, 0], count: 1)
  }

  /// Answers a report and has the thread go on behind the operation that faulted.
  public func skip(_ report: Outcome, _ scope: inout Scope) throws(Unexpected) {
    try skip(report, with: try scope.page().words)
  }

  /// The same, or to go on elsewhere in its code, with a page for its registers, which can be used again.
  public func skip(
    _ report: Outcome, to offset: UInt64 = RemoteCode.finish, with record: ControlPage
  ) throws(Unexpected) {
    record[0] = remote.codeBase + offset
    try TestHarness.expect(
      KernelCalls.raw(.writeRegisters, remote.thread.argument, record.address, 8))
    try TestHarness.expect(answer(report, .resume))
  }
}
