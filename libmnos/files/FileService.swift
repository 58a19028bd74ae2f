/// A file service on a machine: `FileServer` with capabilities to what is opened. Made once, then
/// driven by `ReceiveEndpoint.serve`.
public struct FileService<Backend: FileSystem & ~Copyable>: ~Copyable, Server {
  public typealias API = FileSystemProtocol
  private var server: FileServer<Backend>
  private let endpoint: ReceiveEndpoint

  /// - Parameter endpoint: A second capability to the endpoint served, to make send ends from.
  public init(_ backend: consuming Backend, endpoint: consuming ReceiveEndpoint) {
    server = FileServer(backend)
    self.endpoint = endpoint
  }

  public mutating func handle(
    _ request: FileSystemProtocol.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<API>
  ) -> Answered {
    if case .open(let options) = request { return open(options, badge, reply) }
    let answer: FileSystemProtocol.Reply
    do throws(FileSystemError) {
      answer = try server.answer(request, from: badge, lending: reply)
    } catch {
      return reply.fail(error)
    }
    return reply.succeed(answer)
  }

  /// The capability goes to the client, whose slot it takes; nothing is kept here.
  private mutating func open(
    _ options: FileOptions, _ badge: UInt64, _ reply: consuming PendingReply<API>
  ) -> Answered {
    let status: FileStatus
    var attachments = Attachments()
    do throws(FileSystemError) {
      // Tried before anything is made or cut: who gets no capability must find all as it was.
      if options.mayChangeFiles { _ = try makeSender(badge: NameProtocol.senderBadge) }
      switch try server.open(options, from: badge, lending: reply) {
      case .here(let file, let found):
        status = found
        attachments.attach(
          try makeSender(badge: file.rawValue), rights: ReceiveEndpoint.senderRights)
      case .elsewhere(let file):
        status = file.status
        attachments.attach(file.takeEndpoint())
      }
    } catch {
      return reply.fail(error)
    }
    return reply.succeed(.status(status), attaching: attachments)
  }

  private func makeSender(badge: UInt64) throws(FileSystemError) -> SendEndpoint {
    do throws(SyscallStatus) {
      return try endpoint.makeSender(badge: badge)
    } catch {
      throw FileSystemError(error)
    }
  }
}

extension FileService where Backend: ~Copyable {
  /// Serves files under a name, for as long as the endpoint lives.
  ///
  /// - Throws: why there can be no endpoint, or no registration.
  public static func serve(
    _ backend: consuming Backend, as name: Name, by directory: borrowing Client<NameProtocol>,
    _ start: inout StartContext
  ) throws(SyscallStatus) {
    let endpoint = try start.serve(as: name, by: directory)
    var service = FileService(
      backend, endpoint: try endpoint.copy(rights: try endpoint.inspect().rights))
    try endpoint.serve(&service)
  }
}
