import Libmnos
import TestHarness

/// The file service as it is: nothing is asked twice, and every answer counts.
final class Files {
  let service: Client<FileSystemProtocol>

  init(_ service: consuming SendEndpoint) { self.service = Client(service) }

  func open(_ path: [UInt8], _ options: FileOptions = .read) throws(FileSystemError) -> File {
    do throws(CallFailure<FileSystemError>) {
      var answer = try service.call(.open(options), lending: path.span, accepting: 1)
      guard case .status(let status) = answer.reply else { throw .malformed }
      do throws(SyscallStatus) {
        return File(try answer.capabilities.take(0), status)
      } catch {
        throw .kernel(error)
      }
    } catch {
      throw FileSystemError(error)
    }
  }

  func status(_ path: [UInt8]) throws(FileSystemError) -> FileStatus {
    guard case .status(let status) = try ask(.status, path) else { throw .failed }
    return status
  }

  func makeDirectory(_ path: [UInt8]) throws(FileSystemError) {
    _ = try ask(.createDirectory, path)
  }

  func remove(_ path: [UInt8]) throws(FileSystemError) { _ = try ask(.remove, path) }

  func rename(_ path: [UInt8], to newPath: [UInt8]) throws(FileSystemError) {
    do throws(CallFailure<FileSystemError>) {
      _ = try service.call(.rename, lending: path.span, and: newPath.span)
    } catch {
      throw FileSystemError(error)
    }
  }

  /// Makes a file with these bytes, or gives them to one that is there.
  func save(_ path: [UInt8], _ bytes: [UInt8]) throws(FileSystemError) {
    let file = try open(path, FileOptions.write.union(.create).union(.truncate))
    try file.writeAll(bytes)
  }

  func load(_ path: [UInt8]) throws(FileSystemError) -> [UInt8] {
    try open(path).readAll(piece: FileSystemProtocol.mostBytes)
  }

  private func ask(
    _ request: FileSystemProtocol.Request, _ path: [UInt8]
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    do throws(CallFailure<FileSystemError>) {
      return try service.call(request, lending: path.span)
    } catch {
      throw FileSystemError(error)
    }
  }
}

/// An open file or directory, closed when nobody has it any more.
final class File {
  let client: Client<FileSystemProtocol>
  /// As it was when it was opened.
  let status: FileStatus

  init(_ endpoint: consuming SendEndpoint, _ status: FileStatus) {
    client = Client(endpoint)
    self.status = status
  }

  var handle: Handle { client.endpoint.handle }

  /// What one request brings.
  func read(at offset: UInt64, count: Int) throws(FileSystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    let reply: FileSystemProtocol.Reply
    do throws(CallFailure<FileSystemError>) {
      var place = bytes.mutableSpan
      reply = try client.call(.read(offset: offset), filling: &place)
    } catch {
      throw FileSystemError(error)
    }
    guard case .count(let done) = reply, done <= UInt64(count) else { throw .failed }
    bytes.removeLast(count - Int(done))
    return bytes
  }

  /// All of it, by requests for `piece` bytes.
  func readAll(piece: Int) throws(FileSystemError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(at: UInt64(all.count), count: piece)
      if part.isEmpty { return all }
      all += part
    }
  }

  /// - Returns: How many bytes one request took.
  func write(at offset: UInt64, _ bytes: [UInt8]) throws(FileSystemError) -> Int {
    let reply: FileSystemProtocol.Reply
    do throws(CallFailure<FileSystemError>) {
      reply = try client.call(.write(offset: offset), lending: bytes.span)
    } catch {
      throw FileSystemError(error)
    }
    guard case .count(let done) = reply, done <= UInt64(bytes.count) else { throw .failed }
    return Int(done)
  }

  func writeAll(_ bytes: [UInt8]) throws(FileSystemError) {
    var done = 0
    while done < bytes.count {
      let piece = Array(bytes[done..<min(bytes.count, done + FileSystemProtocol.mostBytes)])
      let count = try write(at: UInt64(done), piece)
      guard count > 0 else { throw .failed }
      done += count
    }
  }

  func setByteCount(_ byteCount: UInt64) throws(FileSystemError) {
    _ = try ask(.setByteCount(byteCount))
  }

  func currentStatus() throws(FileSystemError) -> FileStatus {
    guard case .status(let status) = try ask(.fileStatus) else { throw .failed }
    return status
  }

  /// Names from `cursor` on, as many as fit into `room` bytes.
  func list(
    from cursor: UInt64, room: Int
  ) throws(FileSystemError) -> (names: [[UInt8]], next: UInt64) {
    var bytes = [UInt8](repeating: 0, count: room)
    let reply: FileSystemProtocol.Reply
    do throws(CallFailure<FileSystemError>) {
      var place = bytes.mutableSpan
      reply = try client.call(.list(cursor: cursor), filling: &place)
    } catch {
      throw FileSystemError(error)
    }
    guard case .listed(let byteCount, let next) = reply, byteCount <= UInt64(room) else {
      throw .failed
    }
    var names: [[UInt8]] = []
    var offset = 0
    let listing = bytes.span.extracting(0..<Int(byteCount))
    while let entry = FileListing.next(in: listing, at: &offset) { names.append(entry.name) }
    return (names, next)
  }

  /// All names, by requests with `room` bytes.
  func listAll(room: Int) throws(FileSystemError) -> [[UInt8]] {
    var all: [[UInt8]] = []
    var cursor: UInt64 = 0
    while true {
      let part = try list(from: cursor, room: room)
      if part.names.isEmpty { return all }
      all += part.names
      cursor = part.next
    }
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
