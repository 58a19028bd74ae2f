/// A file service on a machine: `FileServer` with the capabilities and memory of its
/// sessions. Made once, then driven by `ReceiveEndpoint.serve`.
public struct FileService<Backend: FileSystem & ~Copyable>: ~Copyable, Server {
  public typealias API = FileSystemProtocol
  private var server: FileServer<Backend>
  private let endpoint: ReceiveEndpoint
  private let budget: Budget
  /// By place in the server's tables.
  private var sessions = [FileSession?](
    repeating: nil, count: FileServer<Backend>.sessionCapacity)
  private var senders = [OwnedSender?](
    repeating: nil, count: FileServer<Backend>.fileCapacity)

  /// - Parameters:
  ///   - endpoint: A second capability to the endpoint served, to make send ends from.
  ///   - budget: Pays for the sessions' memory.
  public init(
    _ backend: consuming Backend, endpoint: consuming ReceiveEndpoint, budget: consuming Budget
  ) {
    server = FileServer(backend)
    self.endpoint = endpoint
    self.budget = budget
  }

  public mutating func handle(
    _ request: FileSystemProtocol.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<API>
  ) -> Answered {
    if case .connect = request { return connect(badge, reply) }
    guard let session = server.session(of: badge),
      let resources = sessions[FileServer<Backend>.sessionPlace(session)]
    else { return reply.fail(.badFile) }
    let isSession = badge == session
    switch request {
    case .disconnect where isSession:
      server.endSession(session)
      dropSession(session)
      return reply.succeed(.done)
    case .open(let count, let options) where isSession:
      return open(count, options, from: session, resources, reply)
    case .map: return map(badge, reply)
    case .close: return close(badge, reply)
    default:
      do throws(FileSystemError) {
        return reply.succeed(try resources.answer(request, badge, by: &server))
      } catch {
        return reply.fail(error)
      }
    }
  }

  private mutating func connect(
    _ badge: UInt64, _ reply: consuming PendingReply<API>
  ) -> Answered {
    guard badge == NameProtocol.senderBadge else { return reply.fail(.badFile) }
    let session: UInt64
    do throws(FileSystemError) {
      let connected = try server.connect(now: Clock.now())
      if let ended = connected.ended { dropSession(ended) }
      session = connected.badge
    } catch {
      return reply.fail(error)
    }
    do throws(SyscallStatus) {
      let memory = try budget.makeMemory(byteCount: FileSystemProtocol.bufferByteCount)
      var attachments = Attachments()
      let rights = Rights.read.union(.write)
      let shared = try memory.copy(rights: rights.union(.transfer).union(.copy))
      let sender = try OwnedSender(from: endpoint, badge: session)
      attachments.attachCopy(of: sender.endpoint, rights: ReceiveEndpoint.senderRights)
      attachments.attach(shared)
      let place = FileServer<Backend>.sessionPlace(session)
      sessions[place] = FileSession(try MappedMemory(memory, rights: rights), sender)
      return reply.succeed(.done, attaching: attachments)
    } catch {
      server.endSession(session)
      return reply.fail(.noSpace)
    }
  }

  private mutating func open(
    _ count: UInt64, _ options: FileOptions, from session: UInt64, _ resources: FileSession,
    _ reply: consuming PendingReply<API>
  ) -> Answered {
    let file: (badge: UInt64, status: FileStatus)
    do throws(FileSystemError) {
      file = try resources.open(count, options, session, by: &server)
    } catch {
      return reply.fail(error)
    }
    do throws(SyscallStatus) {
      let sender = try OwnedSender(from: endpoint, badge: file.badge)
      var attachments = Attachments()
      attachments.attachCopy(of: sender.endpoint, rights: ReceiveEndpoint.senderRights)
      senders[FileServer<Backend>.filePlace(file.badge)] = sender
      return reply.succeed(.status(file.status), attaching: attachments)
    } catch {
      try? server.close(file.badge, now: Clock.now())
      return reply.fail(.noFile)
    }
  }

  private mutating func close(
    _ badge: UInt64, _ reply: consuming PendingReply<API>
  ) -> Answered {
    do throws(FileSystemError) {
      try server.close(badge, now: Clock.now())
      senders[FileServer<Backend>.filePlace(badge)] = nil
      return reply.succeed(.done)
    } catch {
      return reply.fail(error)
    }
  }

  private mutating func map(
    _ badge: UInt64, _ reply: consuming PendingReply<API>
  ) -> Answered {
    do throws(FileSystemError) {
      let file = try server.memory(of: badge, now: Clock.now())
      let mapped = FileSystemProtocol.Reply.mapped(
        offset: file.offset, byteCount: file.byteCount)
      var attachments = Attachments()
      attachments.attach(
        file.takeMemory(), rights: Rights.read.union(.copy).union(.transfer))
      return reply.succeed(mapped, attaching: attachments)
    } catch {
      return reply.fail(error)
    }
  }

  /// Takes back what clients hold of a session that ended.
  private mutating func dropSession(_ session: UInt64) {
    sessions[FileServer<Backend>.sessionPlace(session)] = nil
    for index in senders.indices where (senders[index]?.badge ?? 0) & 0xffff_ffff == session {
      senders[index] = nil
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
      backend, endpoint: try endpoint.copy(rights: try endpoint.inspect().rights),
      budget: try start.budget.copy(rights: .all))
    try endpoint.serve(&service)
  }
}
