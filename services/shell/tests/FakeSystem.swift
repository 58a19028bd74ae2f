@testable import Libmnos
@testable import ShellService

/// A system that a test fills and looks at.
final class FakeSystem: ShellSystem {
  var shown: [UInt8] = []
  var files: [String: [UInt8]] = ["/etc/motd": Array("welcome\n".utf8)]
  var directories: Set<String> = ["/", "/etc", "/tmp"]
  var killed: [UInt32] = []
  var ran: [(path: String, arguments: [String])] = []
  var end = ProgramEnd.succeeded
  var powered: [PowerOperation] = []
  var flushes = 0
  var commands = 0
  var isInterrupted = false
  /// Bytes that all files together may have.
  var room = Int.max
  var longestSave = 0
  var bytesRead = 0
  var nanoseconds: UInt64 = 3_723_004_000_000

  /// What was shown; returns are left out, as Swift takes one with a line feed as one
  /// character.
  var text: String { String(decoding: shown.filter { $0 != 0x0d }, as: UTF8.self) }

  func write(_ bytes: [UInt8]) { shown += bytes }
  func flush() { flushes += 1 }
  func beginCommand() { commands += 1 }
  func endCommand() { commands -= 1 }
  func now() -> UInt64 { nanoseconds }

  func status(_ path: [UInt8]) throws(FileSystemError) -> FileStatus {
    let name = Self.name(path)
    if directories.contains(name) {
      return FileStatus(kind: .directory, byteCount: 0, isWritable: name.hasPrefix("/tmp"))
    }
    guard let file = files[name] else { throw .notFound }
    guard path.last != UInt8(ascii: "/") else { throw .notDirectory }
    return FileStatus(
      kind: .file, byteCount: UInt64(file.count), isWritable: name.hasPrefix("/tmp"))
  }

  func list(
    _ path: [UInt8]
  ) throws(FileSystemError) -> [(name: [UInt8], status: FileStatus)] {
    let folder = Self.name(path)
    guard directories.contains(folder) else { throw .notFound }
    let prefix = folder == "/" ? "/" : folder + "/"
    var entries: [(name: [UInt8], status: FileStatus)] = []
    for name in directories.union(files.keys) where name.hasPrefix(prefix) && name != "/" {
      let rest = name.dropFirst(prefix.count)
      guard !rest.isEmpty, !rest.contains("/") else { continue }
      entries.append((Array(rest.utf8), try status(Array(name.utf8))))
    }
    return entries
  }

  func read(_ path: [UInt8], _ body: ([UInt8]) -> Bool) throws(FileSystemError) {
    if directories.contains(Self.name(path)) { throw .isDirectory }
    guard let file = files[Self.name(path)] else { throw .notFound }
    let pieceByteCount = file.count > 1000 ? 4096 : 4
    for start in stride(from: 0, to: file.count, by: pieceByteCount) {
      let piece = Array(file[start..<min(start + pieceByteCount, file.count)])
      bytesRead += piece.count
      guard body(piece) else { return }
    }
  }

  func save(_ bytes: [UInt8], to path: [UInt8], appends: Bool) throws(FileSystemError) {
    let name = Self.name(path)
    guard name.hasPrefix("/tmp/") else { throw .readOnly }
    longestSave = max(longestSave, bytes.count)
    let others = files.reduce(0) { $0 + ($1.key == name && !appends ? 0 : $1.value.count) }
    guard bytes.isEmpty || others - (files["/tmp/big"]?.count ?? 0) + bytes.count <= room else {
      throw .noSpace
    }
    files[name] = appends ? (files[name] ?? []) + bytes : bytes
  }

  func createDirectory(_ path: [UInt8]) throws(FileSystemError) {
    guard directories.insert(Self.name(path)).inserted else { throw .exists }
  }

  func remove(_ path: [UInt8]) throws(FileSystemError) {
    guard files.removeValue(forKey: Self.name(path)) != nil else { throw .notFound }
  }

  func rename(_ path: [UInt8], to newPath: [UInt8]) throws(FileSystemError) {
    guard let file = files.removeValue(forKey: Self.name(path)) else { throw .notFound }
    files[Self.name(newPath)] = file
  }

  func processes() throws(SystemFailure) -> [ProcessInfo] {
    [(2, ShortName("console")), (5, ShortName("shell"))].map { number, name in
      ProcessInfo(
        number: number, state: .running, priority: 100, threadCount: 1, memoryKibibytes: 64,
        processorMilliseconds: 1_042, name: name)
    }
  }

  /// How many strays were asked for.
  var strayCount = 0

  func strays(_ body: (StrayInfo) -> Bool) throws(SystemFailure) {
    for maker: UInt32 in [5, 0] {
      strayCount += 1
      let stray = StrayInfo(
        number: 9, state: .running, threadCount: 2, capabilityCount: 3, memoryKibibytes: 24,
        processorMilliseconds: 7, maker: maker)
      guard body(stray) else { return }
    }
  }

  func threads(of process: UInt32, _ body: (ThreadListing) -> Bool) throws(SystemFailure) {
    guard process == 5 else { throw SystemFailure(text: "no such process or program") }
    let threads = [
      ThreadListing(
        number: 1, state: .awaitingReply, priority: 100, processorNanoseconds: 1_042_000_000),
      ThreadListing(
        number: 12, state: .ready, priority: 199, processorNanoseconds: 5_000_000,
        isSuspended: true, isThrottled: true),
    ]
    for thread in threads { guard body(thread) else { return } }
  }

  func capabilities(
    of process: UInt32, _ body: (CapabilityListing) -> Bool
  ) throws(SystemFailure) {
    guard process == 5 else { throw SystemFailure(text: "no such process or program") }
    let listings = [
      CapabilityListing(
        slot: 1, generation: 1, type: .endpoint, rights: Rights(bits: 0x4c), badge: 5),
      CapabilityListing(
        slot: 65_534, generation: 300, type: .notification, rights: Rights(bits: 2), badge: 1 << 40,
        state: .bound, role: .threadEnd),
    ]
    for listing in listings { guard body(listing) else { return } }
  }

  func services() throws(SystemFailure) -> [ServiceInfo] {
    [
      ServiceInfo(
        state: .running, process: 2, restartCount: 3,
        share: CPUShare(microseconds: 15_500, period: 100_000), keepsQueue: true,
        name: ShortName("console")),
      ServiceInfo(state: .ended, process: 0, restartCount: 0, name: ShortName("once")),
    ]
  }

  func kill(_ process: UInt32) throws(SystemFailure) {
    guard process > 1 else { throw SystemFailure(text: "not permitted") }
    killed.append(process)
  }

  func run(_ path: [UInt8], _ arguments: [[UInt8]]) throws(SystemFailure) -> ProgramEnd {
    let words = arguments.map { String(decoding: $0, as: UTF8.self) }
    ran.append((String(decoding: path, as: UTF8.self), words))
    return end
  }

  func power(_ operation: PowerOperation) throws(SystemFailure) { powered.append(operation) }

  func capabilities() -> [HeldCapability] { [] }

  func memory() throws(SystemFailure) -> MemoryReport {
    MemoryReport(
      machine: nil,
      budget: BudgetUsage(memoryLimit: 8192, memoryUsed: 4096, objectLimit: 9, objectsUsed: 1,
        processCount: 1))
  }

  private static func name(_ path: [UInt8]) -> String {
    var name = String(decoding: path, as: UTF8.self)
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    return name
  }
}
