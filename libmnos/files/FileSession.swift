/// A send end that a service gave out a copy of, and takes back with the end of the object.
final class OwnedSender {
  let endpoint: SendEndpoint
  let badge: UInt64

  init(from served: borrowing ReceiveEndpoint, badge: UInt64) throws(SyscallStatus) {
    endpoint = try served.makeSender(badge: badge)
    self.badge = badge
  }

  deinit { try? endpoint.revoke() }
}

/// What a connected client costs its server: memory that both have mapped, and a send end.
final class FileSession {
  /// Taken out while a request is answered: a view of it cannot be had inside an object.
  private var buffer: MappedMemory?
  private let sender: OwnedSender

  init(_ buffer: consuming MappedMemory, _ sender: OwnedSender) {
    self.buffer = consume buffer
    self.sender = sender
  }

  func answer<Backend: FileSystem & ~Copyable>(
    _ request: FileSystemProtocol.Request, _ badge: UInt64,
    by server: inout FileServer<Backend>
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    try withMemory { (memory) throws(FileSystemError) in
      var bytes = memory.mutableBytes
      return try server.answer(request, from: badge, in: &bytes, now: Clock.now())
    }
  }

  func open<Backend: FileSystem & ~Copyable>(
    _ pathByteCount: UInt64, _ options: FileOptions, _ badge: UInt64,
    by server: inout FileServer<Backend>
  ) throws(FileSystemError) -> (badge: UInt64, status: FileStatus) {
    try withMemory { (memory) throws(FileSystemError) in
      try server.open(
        pathByteCount, options, from: badge, in: memory.bytes, now: Clock.now())
    }
  }

  private func withMemory<R>(
    _ body: (inout MappedMemory) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    guard var memory = buffer.take() else { throw .badFile }
    do throws(FileSystemError) {
      let result = try body(&memory)
      buffer = consume memory
      return result
    } catch {
      buffer = consume memory
      throw error
    }
  }
}
