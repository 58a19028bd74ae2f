import Libmnos

/// Requests that were lost with an instance, and what a driver gets again.
extension System {
  func checkRetries(_ start: borrowing StartContext) {
    var problem: StaticString?
    do throws(SyscallStatus) {
      problem = try retry(start, changes: false)
    } catch {
      problem = "a thread could not be started"
    }
    report.judge("SUP_008_whatChangesNothingIsAskedOnceMore", problem)
    do throws(SyscallStatus) {
      problem = try retry(start, changes: true)
    } catch {
      problem = "a thread could not be started"
    }
    report.judge("SUP_008_whatMayHaveBeenDoneIsNotAskedAgain", problem)
  }

  /// Has an instance hold a request of a `FileClient` and ends it, and the next one too if that is
  /// asked again.
  private func retry(
    _ start: borrowing StartContext, changes: Bool
  ) throws(SyscallStatus) -> StaticString? {
    // A fresh instance, which holds nothing.
    guard kill(Self.subject), ask(.held) == .number(0) else { return "it does not run" }
    let files = KeptFiles(FileClient(try service.endpoint.copy(rights: Self.ends)))
    let asking = Asking { files.attempt(changes: changes) }
    let thread = try asking.start(start)
    for _ in 0..<(changes ? 1 : 2) {
      guard wait(until: { ask(.held) == .number(1) }) else { return "the request is not there" }
      guard asking.answer == nil else { return "the caller was told too early" }
      guard kill(Self.subject) else { return "it cannot be ended" }
    }
    guard wait(until: { asking.answer != nil }) else { return "the caller hangs" }
    guard asking.answer == .gone else { return "the caller was told else" }
    guard ask(.held) == .number(0) else { return "it was asked once more than it should be" }
    _ = consume thread
    guard !changes else { return nil }
    return try retrySucceeds(start)
  }

  private static var ends: Rights { ReceiveEndpoint.senderRights }

  /// The next instance answers what the last one held.
  private func retrySucceeds(
    _ start: borrowing StartContext
  ) throws(SyscallStatus) -> StaticString? {
    let files = KeptFiles(FileClient(try service.endpoint.copy(rights: Self.ends)))
    let asking = Asking { files.attempt(changes: false) }
    let thread = try asking.start(start)
    guard wait(until: { ask(.held) == .number(1) }), kill(Self.subject),
      wait(until: { ask(.held) == .number(1) })
    else { return "the request is not there again" }
    guard ask(.release) == .done, wait(until: { asking.answer != nil }) else {
      return "the caller is not answered"
    }
    _ = consume thread
    return asking.answer == .number(4711) ? nil : "the caller did not get the answer"
  }

  // MARK: The driver

  /// The console while its client waits for what is typed: its interrupt line and its registers
  /// are in use.
  func checkDriver() {
    let before = devices(of: Name("console"))
    var problem: StaticString?
    if before.isEmpty { problem = "it has no device" }
    for _ in 0..<5 where problem == nil {
      guard kill(Name("console")) else {
        problem = "it cannot be ended"
        break
      }
      guard (try? console.call(.flush)) != nil else {
        problem = "the next instance does not answer"
        break
      }
      if devices(of: Name("console")) != before { problem = "it has others than before" }
    }
    report.judge("SUP_008_aDriverHasItsInterruptAndRegistersAgain", problem)
  }

  /// The capabilities of a service to devices: types, rights and badges, in the table's order.
  private func devices(of name: Name) -> [UInt64] {
    guard let info = running(name) else { return [] }
    var found: [UInt64] = []
    var next: UInt64 = 0
    var hasInterrupt = false
    while true {
      switch try? processes.call(.capability(of: info.process, from: next)) {
      case .capability(let listing)?:
        next = UInt64(listing.slot) + 1
        guard [.interrupt, .portRange].contains(listing.type) else { continue }
        if listing.type == .interrupt { hasInterrupt = true }
        found.append(
          UInt64(listing.type.rawValue) << 32 | UInt64(listing.rights.bits) | listing.badge << 40)
      case .goOn(let slot)?: next = slot
      default: return hasInterrupt ? found : []
      }
    }
  }
}

/// A file client on another thread.
final class KeptFiles {
  private let files: FileClient

  init(_ files: consuming FileClient) { self.files = files }

  func attempt(changes: Bool) -> System.Answer {
    var path: [UInt8] = []
    path.write("/held")
    do throws(FileSystemError) {
      if changes {
        try files.createDirectory(path.span)
        return .done
      }
      return .number(try files.status(path.span).byteCount)
    } catch {
      return error == .gone ? .gone : .other
    }
  }
}
