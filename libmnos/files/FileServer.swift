/// Sessions and open files over a file system: all of a file service that needs no machine.
///
/// Badges say who asks: bits 0-15 the session's place + 1, 16-31 its generation, and for
/// an open file 32-47 its place + 1, 48-63 its generation.
public struct FileServer<Backend: FileSystem & ~Copyable>: ~Copyable {
  /// Clients that can be connected, files that can be open, and files of one client.
  public static var sessionCapacity: Int { 32 }
  public static var fileCapacity: Int { 256 }
  public static var filesPerSession: Int { 64 }
  /// A client that asked for nothing for so long may lose its session to a new one.
  public static var idleNanoseconds: UInt64 { 30_000_000_000 }

  struct Session {
    let badge: UInt64
    var lastUse: UInt64
    var fileCount = 0
  }

  struct OpenFile {
    let badge: UInt64
    let node: FileNode
    let options: FileOptions
  }

  public var backend: Backend
  var sessions = [Session?](repeating: nil, count: sessionCapacity)
  var files = [OpenFile?](repeating: nil, count: fileCapacity)
  var generation: UInt64 = 0

  public init(_ backend: consuming Backend) { self.backend = backend }

  /// Opens a session.
  ///
  /// - Returns: Its badge, and the one of an idle session that had to make room.
  /// - Throws: `noFile` if every session is in use.
  public mutating func connect(
    now: UInt64
  ) throws(FileSystemError) -> (badge: UInt64, ended: UInt64?) {
    var place = sessions.firstIndex { $0 == nil }
    var ended: UInt64?
    if place == nil, let oldest = leastRecentlyUsed(), let session = sessions[oldest] {
      guard now >= session.lastUse, now - session.lastUse >= Self.idleNanoseconds else {
        throw .noFile
      }
      ended = session.badge
      endSession(session.badge)
      place = oldest
    }
    guard let place else { throw .noFile }
    let badge = UInt64(place + 1) | nextGeneration() << 16
    sessions[place] = Session(badge: badge, lastUse: now)
    return (badge, ended)
  }

  /// Ends a session and closes its files.
  public mutating func endSession(_ badge: UInt64) {
    guard let place = sessionPlace(badge), sessions[place]?.badge == badge else { return }
    sessions[place] = nil
    for index in files.indices {
      guard let file = files[index], file.badge & 0xffff_ffff == badge else { continue }
      files[index] = nil
      backend.close(file.node)
    }
  }

  /// The session that a badge belongs to; nil if it ended, or is none.
  public func session(of badge: UInt64) -> UInt64? {
    guard let place = sessionPlace(badge), let session = sessions[place],
      session.badge == badge & 0xffff_ffff
    else { return nil }
    return session.badge
  }

  /// The place of a badge's session or file in the tables, to keep things by.
  public static func sessionPlace(_ badge: UInt64) -> Int { Int(badge & 0xffff) - 1 }
  public static func filePlace(_ badge: UInt64) -> Int { Int(badge >> 32 & 0xffff) - 1 }

  /// Opens a file for a session.
  ///
  /// - Returns: Its badge and status.
  public mutating func open(
    _ pathByteCount: UInt64, _ options: FileOptions, from badge: UInt64,
    in buffer: Span<UInt8>, now: UInt64
  ) throws(FileSystemError) -> (badge: UInt64, status: FileStatus) {
    let session = try use(badge, now)
    guard let place = files.firstIndex(where: { $0 == nil }),
      sessions[session]!.fileCount < Self.filesPerSession
    else { throw .noFile }
    let path = try Self.path(pathByteCount, in: buffer)
    let node =
      options.includes(.create)
      ? try backend.create(path, .file, isExclusive: options.includes(.exclusive))
      : try backend.open(path)
    let status: FileStatus
    do throws(FileSystemError) {
      status = try prepare(node, options)
    } catch {
      backend.close(node)
      throw error
    }
    let file = badge | UInt64(place + 1) << 32 | nextGeneration() << 48
    files[place] = OpenFile(badge: file, node: node, options: options)
    sessions[session]!.fileCount += 1
    return (file, status)
  }

  /// Closes an open file.
  public mutating func close(_ badge: UInt64, now: UInt64) throws(FileSystemError) {
    let file = try file(badge, now)
    let place = Self.filePlace(badge)
    files[place] = nil
    sessions[Self.sessionPlace(badge)]!.fileCount -= 1
    backend.close(file.node)
  }

  /// Checks what a file is opened for, and cuts it if asked to.
  private mutating func prepare(
    _ node: FileNode, _ options: FileOptions
  ) throws(FileSystemError) -> FileStatus {
    let status = try backend.status(of: node)
    guard options.includes(.write) else { return status }
    guard status.kind == .file else { throw .isDirectory }
    guard status.isWritable else { throw .readOnly }
    guard options.includes(.truncate) else { return status }
    try backend.setByteCount(of: node, to: 0)
    return try backend.status(of: node)
  }

  private func leastRecentlyUsed() -> Int? {
    var found: Int?
    for index in sessions.indices {
      guard let session = sessions[index] else { continue }
      if let best = found, sessions[best]!.lastUse <= session.lastUse { continue }
      found = index
    }
    return found
  }

  private func sessionPlace(_ badge: UInt64) -> Int? {
    let place = Self.sessionPlace(badge)
    return sessions.indices.contains(place) ? place : nil
  }

  private mutating func nextGeneration() -> UInt64 {
    generation = generation % 0xffff + 1
    return generation
  }

  /// The session that a badge is of, marked as used now.
  mutating func use(_ badge: UInt64, _ now: UInt64) throws(FileSystemError) -> Int {
    guard let place = sessionPlace(badge), sessions[place]?.badge == badge & 0xffff_ffff else {
      throw .badFile
    }
    sessions[place]!.lastUse = now
    return place
  }

  /// The open file that a badge is of.
  mutating func file(_ badge: UInt64, _ now: UInt64) throws(FileSystemError) -> OpenFile {
    _ = try use(badge, now)
    let place = Self.filePlace(badge)
    guard files.indices.contains(place), let file = files[place], file.badge == badge else {
      throw .badFile
    }
    return file
  }

  static func path(
    _ byteCount: UInt64, in buffer: Span<UInt8>, at offset: UInt64 = 0
  ) throws(FileSystemError) -> FilePath {
    guard byteCount <= UInt64(FilePath.maximumByteCount) else { throw .nameTooLong }
    guard offset + byteCount <= UInt64(buffer.count) else { throw .badArgument }
    // The client may write to the buffer meanwhile: what is looked at is a copy.
    let copy = (0..<Int(byteCount)).map { buffer[Int(offset) + $0] }
    return try FilePath(resolving: copy.span)
  }
}
