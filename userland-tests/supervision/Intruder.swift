import Libmnos

/// A service that tries what is not its own to do. All that it has of init is the directory.
enum Intruder {
  /// - Returns: A bit for each attempt that was not refused as it has to be, in their order.
  static func attempts(
    _ directory: borrowing Client<NameProtocol>, _ own: borrowing SendEndpoint
  ) -> UInt64 {
    var bits = asSupervisor(directory)
    bits |= underOtherNames(directory, own) << 32
    return bits
  }

  /// Asks as one who looks after processes would, by the capability that it has of init.
  private static func asSupervisor(_ directory: borrowing Client<NameProtocol>) -> UInt64 {
    let requests: [ProcessProtocol.Request] = [
      .kill(0), .kill(1), .kill(2), .kill(3), .kill(4), .kill(.max), .list(from: 0), .wait(1),
      .service(at: 0), .service(at: .max), .power(.off), .power(.reboot),
      .capability(of: 1, from: 0), .thread(of: 1, from: 0), .stray(from: 0),
      .spawn(SpawnRequest(argumentByteCount: 1)),
    ]
    var bits: UInt64 = 0
    for index in requests.indices where !isRefused(requests[index], directory.endpoint) {
      bits |= 1 << UInt64(index)
    }
    return bits
  }

  private static func isRefused(
    _ request: ProcessProtocol.Request, _ end: borrowing SendEndpoint
  ) -> Bool {
    var message = Message()
    request.encode(into: &message)
    guard let answer = try? end.call(message).message else { return false }
    do throws(CallFailure<ProcessProtocol.Failure>) {
      _ = try decodeReply(answer, of: ProcessProtocol.self)
      return false
    } catch {
      if case .refused(.notPermitted) = error { return true }
      return false
    }
  }

  /// Registers itself as others.
  private static func underOtherNames(
    _ directory: borrowing Client<NameProtocol>, _ own: borrowing SendEndpoint
  ) -> UInt64 {
    let names = [
      Name("console"), Name("initramfs"), Name("shell"), Name("init"), Name("nobody"),
      Name("vf"), Name("vfs2"),
    ]
    var bits: UInt64 = 0
    for index in names.indices {
      for isAttached in [false, true]
      where register(names[index], directory, own, isAttached) != .notPermitted {
        bits |= 1 << UInt64(index)
      }
    }
    // Its own name leads to the queue that init keeps, and to nothing else.
    if register(System.subject, directory, own, true) != .badCapability { bits |= 1 << 30 }
    return bits
  }

  private static func register(
    _ name: Name, _ directory: borrowing Client<NameProtocol>, _ own: borrowing SendEndpoint,
    _ isAttached: Bool
  ) -> NameProtocol.Failure? {
    var attachments = Attachments()
    if isAttached { attachments.attachCopy(of: own, rights: ReceiveEndpoint.senderRights) }
    do throws(CallFailure<NameProtocol.Failure>) {
      _ = try directory.call(.register(name), attaching: attachments)
      return nil
    } catch {
      if case .refused(let failure) = error { return failure }
      return nil
    }
  }
}
