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

  /// Its end closes it: the capability goes, and there is no number that could be used again.
  @Test func `VFS_003 anOpenFileIsClosedAtItsEnd`() throws {
    let service = FakeService([])
    var deleted: [UInt64] = []
    try HostTrap.answering { registers in
      if CallWord(rawValue: registers.call).number == UInt64(SyscallNumber.delete.rawValue) {
        deleted.append(registers.argument0)
      }
      service.answer(&registers)
    } _: {
      let files = client()
      let file = try files.open(path.span)
      #expect(deleted.isEmpty)
      _ = consume file
      #expect(deleted == [40])
      _ = files.service.endpoint.handle
    }
    #expect(service.requests.count == 1)
  }

  /// Whose capability is not there, or is another's, is told so by the kernel; no server hears of
  /// it.
  @Test(
    arguments: [
      (SyscallStatus.badCapability, FileSystemError.gone), (.cancelled, .gone), (.peerGone, .gone),
      (.wrongType, .failed), (.noRight, .failed),
    ] as [(SyscallStatus, FileSystemError)])
  func `VFS_003 aFileThatIsNotThereAnyMoreIsGone`(
    status: SyscallStatus, error: FileSystemError
  ) throws {
    let service = FakeService([.ok] + [SyscallStatus](repeating: status, count: 5))
    HostTrap.answering(by: service.answer) {
      do {
        let file = try client().open(path.span, .write)
        var bytes = [UInt8](repeating: 0, count: 8)
        var span = bytes.mutableSpan
        #expect(throws: error) { try file.read(at: 0, into: &span) }
        #expect(throws: error) { try file.write(at: 0, from: [1].span) }
        #expect(throws: error) { try file.setByteCount(0) }
        #expect(throws: error) { try file.currentStatus() }
        #expect(throws: error) { try file.list(from: 0) { _, _ in } }
      } catch {
        Issue.record("not opened")
      }
    }
    #expect(service.requests.count == 6)
  }
}
