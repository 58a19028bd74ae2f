import FuzzHarness
import Libmnos

/// A message of each kind, and messages with one word too many, too few, or of all ones.
enum MessageSeeds {
  static var all: [FuzzSeed] {
    requests.flatMap { kind, name, message in variations(kind, name, message, isReply: false) }
      + replies.flatMap { kind, name, message in variations(kind, name, message, isReply: true) }
      + (0..<8).map { kind in
        FuzzSeed(
          "ones-\(kind)", [UInt8(kind), 8] + [UInt8](repeating: 0xff, count: 64),
          kind < 4 ? "refused: malformed request" : "refused: malformed reply")
      }
      + (0..<8).map { kind in
        FuzzSeed(
          "empty-\(kind)", [UInt8(kind), 0],
          kind < 4 ? "refused: malformed request" : "refused: malformed reply")
      }
  }

  private static func encoded(_ value: some MessageCodable, isReply: Bool = false) -> Message {
    var message = Message()
    if isReply { message.append(0) }
    value.encode(into: &message)
    return message
  }

  private static func bytes(_ kind: UInt8, _ message: Message, count: Int) -> [UInt8] {
    [kind, UInt8(count)]
      + (0..<8).flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: message.words[word] >> UInt64(8 * $0)) }
      }
  }

  private static func variations(
    _ kind: UInt8, _ name: String, _ message: Message, isReply: Bool
  ) -> [FuzzSeed] {
    let malformed = isReply ? "refused: malformed reply" : "refused: malformed request"
    var seeds = [
      FuzzSeed(
        name, bytes(kind, message, count: message.count),
        isReply ? "accepted: reply" : "accepted: request"),
    ]
    if message.count < 8 {
      seeds.append(
        FuzzSeed("\(name)-longer", bytes(kind, message, count: message.count + 1), malformed))
    }
    if message.count > 1 {
      seeds.append(
        FuzzSeed("\(name)-shorter", bytes(kind, message, count: message.count - 1), malformed))
    }
    return seeds
  }

  private static var requests: [(UInt8, String, Message)] {
    [
      (0, "register", encoded(NameProtocol.Request.register(Name("console")))),
      (0, "look-up", encoded(NameProtocol.Request.lookUp(Name("vfs"), waits: true))),
      (
        1, "spawn",
        encoded(
          ProcessProtocol.Request.spawn(
            SpawnRequest(argumentByteCount: 9, programByteCount: 1 << 20, hasConsole: true)))
      ),
      (1, "list", encoded(ProcessProtocol.Request.list(from: 3))),
      (1, "power", encoded(ProcessProtocol.Request.power(.reboot))),
      (1, "capability", encoded(ProcessProtocol.Request.capability(of: 2, from: 1 << 40))),
      (1, "stray", encoded(ProcessProtocol.Request.stray(from: .max))),
      (2, "write", encoded(ConsoleProtocol.Request.write(InlineBytes(Array("hello".utf8).span)))),
      (2, "read-line", encoded(ConsoleProtocol.Request.readLine)),
      (3, "open", encoded(FileSystemProtocol.Request.open(.write))),
      (3, "read", encoded(FileSystemProtocol.Request.read(offset: 1))),
      (3, "write-file", encoded(FileSystemProtocol.Request.write(offset: .max))),
      (3, "set-byte-count", encoded(FileSystemProtocol.Request.setByteCount(.max))),
      (3, "list-directory", encoded(FileSystemProtocol.Request.list(cursor: .max))),
      (3, "status", encoded(FileSystemProtocol.Request.status)),
    ]
  }

  private static var replies: [(UInt8, String, Message)] {
    var line = ConsoleProtocol.Reply()
    line.bytes = InlineBytes(Array("a line".utf8).span)
    line.isEndOfLine = true
    let process = ProcessInfo(
      number: 1, state: .stopped, priority: 7, threadCount: 2, memoryKibibytes: 64,
      processorMilliseconds: 9, name: ShortName("shell"))
    let service = ServiceInfo(
      state: .running, process: 3, restartCount: 1, keepsQueue: true, name: ShortName("vfs"))
    let stray = StrayInfo(
      number: 8, state: .stopped, threadCount: 1, capabilityCount: 2, memoryKibibytes: 4,
      processorMilliseconds: 5, maker: 1)
    let processes: [(String, ProcessProtocol.Reply)] = [
      ("done", .done), ("started", .started(process: 7)), ("process", .process(process)),
      ("ended", .ended(exitValue: .max)), ("service", .service(service)),
      ("end-of-list", .endOfList), ("stray-reply", .stray(stray)), ("go-on", .goOn(from: 9)),
    ]
    let files: [(String, FileSystemProtocol.Reply)] = [
      ("file-done", .done), ("count", .count(5)),
      ("file-status", .status(FileStatus(kind: .file, byteCount: 5, isWritable: true))),
      ("listed", .listed(byteCount: 40, nextCursor: 3)),
    ]
    return [(4, "registered", encoded(NameProtocol.Reply.done, isReply: true))]
      + processes.map { (5, $0.0, encoded($0.1, isReply: true)) }
      + [(6, "line", encoded(line, isReply: true))]
      + files.map { (7, $0.0, encoded($0.1, isReply: true)) }
  }
}
