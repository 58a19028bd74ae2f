/// A client of a file service, with a session of its own.
public struct FileClient: ~Copyable {
  private let session: Client<FileSystemProtocol>
  private var buffer: MappedMemory

  /// Connects.
  ///
  /// - Throws: `noFile` if too many clients are connected; `gone`.
  public init(connectingTo service: borrowing SendEndpoint) throws(FileSystemError) {
    let connected = try Self.connect(to: service)
    session = connected.session
    buffer = connected.buffer
  }

  private struct Connected: ~Copyable {
    let session: Client<FileSystemProtocol>
    let buffer: MappedMemory
  }

  private static func connect(
    to service: borrowing SendEndpoint
  ) throws(FileSystemError) -> Connected {
    var message = Message()
    FileSystemProtocol.Request.connect.encode(into: &message)
    let delivered = try deliver(message, to: service)
    var capabilities = delivered.capabilities
    do throws(CallFailure<FileSystemError>) {
      _ = try decodeReply(delivered.message, of: FileSystemProtocol.self)
    } catch {
      throw FileSystemError(error)
    }
    do throws(SyscallStatus) {
      return Connected(
        session: Client(try capabilities.take(0)),
        buffer: try MappedMemory(try capabilities.take(1)))
    } catch {
      throw FileSystemError(error)
    }
  }

  private static func deliver(
    _ message: Message, to service: borrowing SendEndpoint
  ) throws(FileSystemError) -> Delivery {
    do throws(SyscallStatus) {
      return try service.call(message, accepting: 2)
    } catch {
      throw FileSystemError(error)
    }
  }

  /// Opens a file or directory.
  public mutating func open(
    _ path: Span<UInt8>, _ options: FileOptions = .read
  ) throws(FileSystemError) -> OpenFile {
    let count = try put(path, at: 0)
    do throws(CallFailure<FileSystemError>) {
      var answer = try session.call(
        .open(pathByteCount: count, options), attaching: Attachments(), accepting: 1)
      guard case .status(let status) = answer.reply,
        let endpoint: SendEndpoint = try? answer.capabilities.take(0)
      else { throw .malformed }
      return OpenFile(Client(endpoint), status)
    } catch {
      throw FileSystemError(error)
    }
  }

  public mutating func status(_ path: Span<UInt8>) throws(FileSystemError) -> FileStatus {
    let count = try put(path, at: 0)
    guard case .status(let status) = try ask(.status(pathByteCount: count)) else { throw .failed }
    return status
  }

  public mutating func createDirectory(_ path: Span<UInt8>) throws(FileSystemError) {
    _ = try ask(.createDirectory(pathByteCount: try put(path, at: 0)))
  }

  public mutating func remove(_ path: Span<UInt8>) throws(FileSystemError) {
    _ = try ask(.remove(pathByteCount: try put(path, at: 0)))
  }

  public mutating func rename(
    _ path: Span<UInt8>, to newPath: Span<UInt8>
  ) throws(FileSystemError) {
    let count = try put(path, at: 0)
    let newCount = try put(newPath, at: path.count)
    _ = try ask(.rename(pathByteCount: count, newPathByteCount: newCount))
  }

  /// Reads into `bytes`, as many as one request brings.
  ///
  /// - Returns: How many; 0 at the end.
  public mutating func read(
    _ file: borrowing OpenFile, at offset: UInt64, into bytes: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let wanted = min(UInt64(bytes.count), UInt64(buffer.byteCount))
    guard case .count(let count) = try file.ask(.read(offset: offset, byteCount: wanted)),
      count <= wanted
    else { throw .failed }
    let received = buffer.bytes
    for index in 0..<Int(count) { bytes[index] = received[index] }
    return Int(count)
  }

  /// Writes all of `bytes`, in as many requests as it takes.
  public mutating func write(
    _ file: borrowing OpenFile, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) {
    var done = 0
    while done < bytes.count {
      let piece = min(bytes.count - done, buffer.byteCount)
      _ = try put(bytes.extracting(done..<done + piece), at: 0)
      _ = try file.ask(.write(offset: offset + UInt64(done), byteCount: UInt64(piece)))
      done += piece
    }
  }

  /// Lists a directory from `cursor` on, as much as one request brings.
  ///
  /// - Returns: Where to go on; nil if there was nothing more.
  public mutating func list(
    _ directory: borrowing OpenFile, from cursor: UInt64,
    _ body: (_ name: [UInt8], _ status: FileStatus) -> Void
  ) throws(FileSystemError) -> UInt64? {
    let request = FileSystemProtocol.Request.list(
      cursor: cursor, byteCount: UInt64(buffer.byteCount))
    guard case .listed(let byteCount, let next) = try directory.ask(request),
      byteCount <= UInt64(buffer.byteCount)
    else { throw .failed }
    guard byteCount > 0 else { return nil }
    let listing = buffer.bytes.extracting(0..<Int(byteCount))
    var offset = 0
    while let entry = FileListing.next(in: listing, at: &offset) {
      body(entry.name, entry.status)
    }
    return next
  }

  /// Puts bytes into the buffer and returns how many.
  private mutating func put(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(FileSystemError) -> UInt64 {
    var buffer = buffer.mutableBytes
    guard bytes.count <= buffer.count - offset else { throw .nameTooLong }
    for index in 0..<bytes.count { buffer[offset + index] = bytes[index] }
    return UInt64(bytes.count)
  }

  private func ask(
    _ request: FileSystemProtocol.Request
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    do throws(CallFailure<FileSystemError>) {
      return try session.call(request)
    } catch {
      throw FileSystemError(error)
    }
  }

  deinit { _ = try? session.call(.disconnect) }
}

/// An open file of a `FileClient`; closed at its end.
public struct OpenFile: ~Copyable {
  private let client: Client<FileSystemProtocol>
  /// As it was when the file was opened.
  public let status: FileStatus

  init(_ client: consuming Client<FileSystemProtocol>, _ status: FileStatus) {
    self.client = client
    self.status = status
  }

  public func setByteCount(_ byteCount: UInt64) throws(FileSystemError) {
    _ = try ask(.setByteCount(byteCount))
  }

  /// Read-only memory that holds the file.
  public func map() throws(FileSystemError) -> FileMemory {
    do throws(CallFailure<FileSystemError>) {
      var answer = try client.call(.map, attaching: Attachments(), accepting: 1)
      guard case .mapped(let offset, let byteCount) = answer.reply,
        let memory: Memory = try? answer.capabilities.take(0)
      else { throw .malformed }
      return FileMemory(memory, offset: offset, byteCount: byteCount)
    } catch {
      throw FileSystemError(error)
    }
  }

  func ask(
    _ request: FileSystemProtocol.Request
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    do throws(CallFailure<FileSystemError>) {
      return try client.call(request)
    } catch {
      throw FileSystemError(error)
    }
  }

  deinit { _ = try? client.call(.close) }
}

extension FileSystemError {
  /// What a failed call to a file service means for its client.
  public init(_ failure: CallFailure<FileSystemError>) {
    switch failure {
    case .refused(let error): self = error
    case .kernel(let status): self = FileSystemError(status)
    case .malformed: self = .failed
    }
  }

  public init(_ status: SyscallStatus) {
    switch status {
    case .peerGone, .badCapability, .cancelled, .unavailable: self = .gone
    case .noMemory: self = .noSpace
    case .noSlot: self = .noFile
    default: self = .failed
    }
  }
}
