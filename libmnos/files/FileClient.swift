/// A client of a file service.
///
/// It costs the service nothing: there is no session, and an open file is a capability of this
/// program's.
///
/// While the service is being started anew, calls wait. One that it had begun to answer when it
/// ended fails with `gone`: nobody knows how far it came. What changes nothing is asked once more
/// then, of the next instance; the rest is for the caller to decide. A file that is open is `gone`
/// with the server that has it.
public struct FileClient: ~Copyable {
  public let service: Client<FileSystemProtocol>

  /// - Parameter service: As the directory has it under the service's name.
  public init(_ service: consuming SendEndpoint) { self.service = Client(service) }

  /// Opens a file or directory.
  public func open(
    _ path: Span<UInt8>, _ options: FileOptions = .read
  ) throws(FileSystemError) -> OpenFile {
    do throws(FileSystemError) {
      return try openOnce(path, options)
    } catch {
      guard error == .gone, options == .read else { throw error }
      return try openOnce(path, options)
    }
  }

  public func status(_ path: Span<UInt8>) throws(FileSystemError) -> FileStatus {
    do throws(FileSystemError) {
      return try statusOnce(path)
    } catch {
      guard error == .gone else { throw error }
      return try statusOnce(path)
    }
  }

  public func createDirectory(_ path: Span<UInt8>) throws(FileSystemError) {
    _ = try ask(.createDirectory, path)
  }

  public func remove(_ path: Span<UInt8>) throws(FileSystemError) { _ = try ask(.remove, path) }

  public func rename(
    _ path: Span<UInt8>, to newPath: Span<UInt8>
  ) throws(FileSystemError) {
    do throws(CallFailure<FileSystemError>) {
      _ = try service.call(.rename, lending: path, and: newPath)
    } catch {
      throw FileSystemError(error)
    }
  }

  private func openOnce(
    _ path: Span<UInt8>, _ options: FileOptions
  ) throws(FileSystemError) -> OpenFile {
    do throws(CallFailure<FileSystemError>) {
      var answer = try service.call(.open(options), lending: path, accepting: 1)
      guard case .status(let status) = answer.reply, answer.capabilities.count == 1 else {
        throw .malformed
      }
      return OpenFile(Client(try Self.takeFile(from: &answer.capabilities)), status)
    } catch {
      throw FileSystemError(error)
    }
  }

  /// A server that ends takes the files along that it has opened, also one that has just come here.
  private static func takeFile(
    from capabilities: inout ReceivedCapabilities
  ) throws(CallFailure<FileSystemError>) -> SendEndpoint {
    do throws(SyscallStatus) {
      return try capabilities.take(0)
    } catch {
      throw error == .wrongType ? .malformed : .kernel(error)
    }
  }

  private func statusOnce(_ path: Span<UInt8>) throws(FileSystemError) -> FileStatus {
    guard case .status(let status) = try ask(.status, path) else { throw .failed }
    return status
  }

  private func ask(
    _ request: FileSystemProtocol.Request, _ path: Span<UInt8>
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    do throws(CallFailure<FileSystemError>) {
      return try service.call(request, lending: path)
    } catch {
      throw FileSystemError(error)
    }
  }
}

/// An open file or directory; closed at its end.
public struct OpenFile: ~Copyable {
  private let client: Client<FileSystemProtocol>
  /// As it was when the file was opened.
  public let status: FileStatus

  init(_ client: consuming Client<FileSystemProtocol>, _ status: FileStatus) {
    self.client = client
    self.status = status
  }

  /// Reads into `bytes`, as many as one request brings.
  ///
  /// - Returns: How many; 0 at the end.
  public func read(
    at offset: UInt64, into bytes: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let wanted = UInt64(bytes.count)
    let reply: FileSystemProtocol.Reply
    do throws(CallFailure<FileSystemError>) {
      reply = try client.call(.read(offset: offset), filling: &bytes)
    } catch {
      throw FileSystemError(error)
    }
    guard case .count(let count) = reply, count <= wanted else { throw .failed }
    return Int(count)
  }

  /// Writes all of `bytes`, in as many requests as it takes.
  public func write(at offset: UInt64, from bytes: Span<UInt8>) throws(FileSystemError) {
    var done = 0
    while done < bytes.count {
      let rest = bytes.extracting(done..<bytes.count)
      let reply: FileSystemProtocol.Reply
      do throws(CallFailure<FileSystemError>) {
        reply = try client.call(.write(offset: offset + UInt64(done)), lending: rest)
      } catch {
        throw FileSystemError(error)
      }
      guard case .count(let count) = reply, count > 0, count <= UInt64(rest.count) else {
        throw .failed
      }
      done += Int(count)
    }
  }

  /// Lists a directory from `cursor` on, as much as one request brings.
  ///
  /// - Returns: Where to go on; nil if there was nothing more.
  public func list(
    from cursor: UInt64, _ body: (_ name: [UInt8], _ status: FileStatus) -> Void
  ) throws(FileSystemError) -> UInt64? {
    var buffer = [UInt8](repeating: 0, count: Self.listingByteCount)
    let reply: FileSystemProtocol.Reply
    do throws(CallFailure<FileSystemError>) {
      var place = buffer.mutableSpan
      reply = try client.call(.list(cursor: cursor), filling: &place)
    } catch {
      throw FileSystemError(error)
    }
    guard case .listed(let byteCount, let next) = reply, byteCount <= UInt64(buffer.count)
    else { throw .failed }
    guard byteCount > 0 else { return nil }
    let listing = buffer.span.extracting(0..<Int(byteCount))
    var offset = 0
    while let entry = FileListing.next(in: listing, at: &offset) {
      body(entry.name, entry.status)
    }
    return next
  }

  /// Room for several entries, and for the longest.
  private static var listingByteCount: Int { 4096 }

  public func setByteCount(_ byteCount: UInt64) throws(FileSystemError) {
    _ = try ask(.setByteCount(byteCount))
  }

  /// As it is now.
  public func currentStatus() throws(FileSystemError) -> FileStatus {
    guard case .status(let status) = try ask(.fileStatus) else { throw .failed }
    return status
  }

  /// What another server passes on, once it has opened the file for somebody else.
  public consuming func passedOn() -> FileElsewhere {
    let status = status
    return FileElsewhere(client.takeEndpoint(), status)
  }

  private func ask(
    _ request: FileSystemProtocol.Request
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    do throws(CallFailure<FileSystemError>) {
      return try client.call(request)
    } catch {
      throw FileSystemError(error)
    }
  }
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
    case .badPointer: self = .badPointer
    case .noMemory: self = .noSpace
    case .noSlot: self = .noFile
    default: self = .failed
    }
  }
}
