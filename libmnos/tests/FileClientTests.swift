import LibmnosHost
import MnosABI
import Testing

@testable import Libmnos

/// What a client of a file service does when that ends in the middle of a call.
struct FileClientTests {
  /// A kernel whose calls to the service end in turn as `outcomes` says, and then well.
  private final class FakeService {
    var outcomes: [SyscallStatus]
    /// First words of the requests, and how much the two leases held.
    var requests: [(operation: UInt64, lent: [UInt64])] = []
    /// How the next look-ups of what came end; then well.
    var inspections: [SyscallStatus] = []
    /// What the call brings: kind and count of bytes, as a status.
    var reply: [UInt64] = [0, 1 | 1 << 8, 5]

    init(_ outcomes: [SyscallStatus]) { self.outcomes = outcomes }

    func answer(_ registers: inout CallRegisters) {
      let word = CallWord(rawValue: registers.call)
      switch word.number {
      case UInt64(SyscallNumber.call.rawValue):
        let lent = (0..<2).map { word.leases[$0] == .none ? 0 : registers.words[5 + $0 * 2] }
        requests.append((registers.words[0], lent))
        let outcome = outcomes.isEmpty ? .ok : outcomes.removeFirst()
        guard outcome == .ok else {
          registers.call = ResultWord(outcome).rawValue
          return
        }
        for index in reply.indices { registers.words[index] = reply[index] }
        registers.argument1 = 40
        registers.call =
          ResultWord(
            delivered: .message, wordCount: UInt64(reply.count),
            capabilityCount: word.hasTransfers ? 1 : 0
          ).rawValue
      case UInt64(SyscallNumber.inspect.rawValue):
        registers.call =
          ResultWord(inspections.isEmpty ? .ok : inspections.removeFirst()).rawValue
        registers.words[0] = UInt64(ObjectType.endpoint.rawValue)
      default: registers.call = ResultWord(.ok).rawValue
      }
    }
  }

  private func client() -> FileClient { FileClient(SendEndpoint(adopting: Handle(rawValue: 7))) }
  private let path = Array("/etc/motd".utf8)

  @Test func openingLendsThePathAndNothingElse() throws {
    let service = FakeService([])
    try HostTrap.answering(by: service.answer) {
      let file = try client().open(path.span)
      #expect(file.status == FileStatus(kind: .file, byteCount: 5, isWritable: false))
    }
    #expect(service.requests.map(\.lent) == [[9, 0]])
  }

  @Test(arguments: [SyscallStatus.peerGone, .cancelled, .badCapability])
  func whatChangesNothingIsAskedOnceMore(status: SyscallStatus) throws {
    let service = FakeService([status, .ok, status])
    try HostTrap.answering(by: service.answer) {
      let files = client()
      _ = try files.open(path.span).status
      #expect(try files.status(path.span).byteCount == 5)
    }
    #expect(service.requests.count == 4)
  }

  @Test func aServiceThatEndsTwiceIsGone() {
    let service = FakeService([.peerGone, .peerGone])
    HostTrap.answering(by: service.answer) {
      let files = client()
      #expect(throws: FileSystemError.gone) { try files.status(path.span) }
    }
    #expect(service.requests.count == 2)
  }

  /// Its server ended between the answer and the first use of what came with it.
  @Test func aFileThatIsGoneWhenItComesIsOpenedOnceMore() throws {
    let service = FakeService([])
    service.inspections = [.badCapability]
    try HostTrap.answering(by: service.answer) {
      let status = try client().open(path.span).status
      #expect(status.byteCount == 5)
      service.inspections = [.badCapability, .badCapability]
      #expect(throws: FileSystemError.gone) { _ = try client().open(path.span).status }
    }
    #expect(service.requests.count == 4)
  }

  /// It may have been done: asking again would remove another file of the name, or say that there
  /// is none.
  @Test func whatChangesSomethingIsAskedOnce() {
    let requests: [(borrowing FileClient) throws -> Void] = [
      { try $0.remove(path.span) }, { try $0.createDirectory(path.span) },
      { try $0.rename(path.span, to: path.span) },
      { _ = try $0.open(path.span, .write.union(.create)).status },
      { _ = try $0.open(path.span, .write.union(.truncate)).status },
    ]
    for request in requests {
      let service = FakeService([.peerGone])
      HostTrap.answering(by: service.answer) {
        let files = client()
        #expect(throws: FileSystemError.gone) { try request(files) }
      }
      #expect(service.requests.count == 1)
    }
  }

  @Test func renamingLendsBothPaths() throws {
    let service = FakeService([])
    service.reply = [0, 0]
    try HostTrap.answering(by: service.answer) {
      try client().rename(path.span, to: [1, 2].span)
    }
    #expect(service.requests.map(\.lent) == [[9, 2]])
  }

  @Test func readingLendsThePlace() throws {
    let service = FakeService([])
    try HostTrap.answering(by: service.answer) {
      let file = try client().open(path.span)
      service.reply = [0, 2, 3]
      var bytes = [UInt8](repeating: 0, count: 8)
      var span = bytes.mutableSpan
      #expect(try file.read(at: 0, into: &span) == 3)
      // A server that claims to have read more than there was room for.
      service.reply = [0, 2, 9]
      #expect(throws: FileSystemError.failed) { try file.read(at: 0, into: &span) }
    }
    #expect(service.requests.map(\.lent) == [[9, 0], [8, 0], [8, 0]])
  }

  @Test func writingGoesOnUntilAllIsTaken() throws {
    let service = FakeService([])
    try HostTrap.answering(by: service.answer) {
      let file = try client().open(path.span, .write)
      service.reply = [0, 2, 3]
      try file.write(at: 10, from: [UInt8](repeating: 1, count: 9).span)
      // One that takes nothing would keep the client for ever.
      service.reply = [0, 2, 0]
      #expect(throws: FileSystemError.failed) { try file.write(at: 0, from: [1].span) }
    }
    #expect(service.requests.dropFirst().map(\.lent) == [[9, 0], [6, 0], [3, 0], [1, 0]])
  }
}

/// Opening on the server's side: what becomes of the capability.
struct FileServiceTests {
  /// One file, at every path.
  private struct OneFile: FileSystem {
    func find(_ path: FilePath) throws(FileSystemError) -> FileNode { FileNode(rawValue: 9) }
    func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
      FileStatus(kind: .file, byteCount: 5, isWritable: true)
    }
    func read(
      _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
    ) throws(FileSystemError) -> Int { 0 }
    func write(
      _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
    ) throws(FileSystemError) {}
    func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {}
    func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? { nil }
    func create(
      _ path: FilePath, _ kind: FileKind, isExclusive: Bool
    ) throws(FileSystemError) -> FileNode { FileNode(rawValue: 9) }
    func remove(_ path: FilePath) throws(FileSystemError) {}
    func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {}
  }

  /// Badges of copies that were made, and handles that were deleted.
  private final class FakeKernel {
    var badges: [UInt64] = []
    var deleted: [UInt64] = []
    var hasSlots = true

    func answer(_ registers: inout CallRegisters) {
      let number = CallWord(rawValue: registers.call).number
      registers.call = ResultWord(.ok).rawValue
      switch number {
      case UInt64(SyscallNumber.copy.rawValue):
        guard hasSlots else {
          registers.call = ResultWord(.noSlot).rawValue
          return
        }
        badges.append(registers.words[1])
        registers.argument0 = 40
      case UInt64(SyscallNumber.delete.rawValue): deleted.append(registers.argument0)
      case UInt64(SyscallNumber.access.rawValue):
        registers.argument0 = registers.words[1]
        let place = unsafe UnsafeMutableRawPointer(bitPattern: UInt(registers.argument2))
        for index in 0..<Int(registers.words[1]) {
          unsafe place?.storeBytes(of: 0x61, toByteOffset: index, as: UInt8.self)
        }
      default: break
      }
    }
  }

  /// - Returns: the words of the answer, and how many capabilities go with it.
  private func open(
    _ options: FileOptions, from badge: UInt64, _ kernel: FakeKernel
  ) -> (words: [UInt64], attached: Int) {
    var service = FileService(OneFile(), endpoint: ReceiveEndpoint(adopting: Handle(rawValue: 5)))
    var registers = CallRegisters(CallWord(.receive), 0, 0)
    registers.call =
      ResultWord(delivered: .message, wordCount: 2, leases: Leases(.read)).rawValue
    registers.words[4] = 6
    let reply = PendingReply<FileSystemProtocol>(
      ReplyRight(adopting: Handle(rawValue: 6)), leases: ReceivedLeases(registers))
    var capabilities = ReceivedCapabilities()
    let answered = service.handle(
      .open(options), from: badge, with: &capabilities, reply: reply)
    let message = answered.message
    return ((0..<(message?.count ?? 0)).map { message!.words[$0] }, answered.attachments.count)
  }

  @Test func anOpenFileIsACapabilityThatTheClientKeeps() {
    let kernel = FakeKernel()
    HostTrap.answering(by: kernel.answer) {
      let answer = open(.write, from: NameProtocol.senderBadge, kernel)
      #expect(answer.words.first == 0 && answer.attached == 1)
    }
    #expect(
      kernel.badges == [FileBadge(FileNode(rawValue: 9), isWritable: true).rawValue])
    // The message was not sent here, so what was to go with it is given up.
    #expect(kernel.deleted.contains(40))
  }

  @Test func withoutASlotNothingIsOpened() {
    let kernel = FakeKernel()
    kernel.hasSlots = false
    HostTrap.answering(by: kernel.answer) {
      let answer = open(.read, from: NameProtocol.senderBadge, kernel)
      #expect(answer.words == [FileSystemError.noFile.rawValue] && answer.attached == 0)
    }
  }

  @Test(arguments: [0, 7, 1 << 61, 3 << 61] as [UInt64])
  func onlyTheServiceItselfOpens(badge: UInt64) {
    let kernel = FakeKernel()
    HostTrap.answering(by: kernel.answer) {
      let answer = open(.read, from: badge, kernel)
      #expect(answer.words == [FileSystemError.badFile.rawValue] && answer.attached == 0)
    }
    #expect(kernel.badges.isEmpty)
  }

  @Test(arguments: [0, 1, FileNode.highest], [false, true])
  func badgesSayWhatTheyWereMadeOf(node: UInt64, isWritable: Bool) {
    let badge = FileBadge(FileNode(rawValue: node), isWritable: isWritable)

    #expect(FileBadge(rawValue: badge.rawValue) == badge)
    #expect(badge.rawValue != 0 && badge.rawValue != NameProtocol.senderBadge)
  }
}
