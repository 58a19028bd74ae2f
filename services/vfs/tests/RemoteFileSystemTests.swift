import LibmnosHost
import Testing

@testable import Libmnos
@testable import VFSService

/// Files that another service has, behind one tree.
struct RemoteFileSystemTests {
  /// Capability 5 is the directory, which gives out 20, 21 and so on as the file service; every
  /// call of that one brings 40, an open file of 7 bytes.
  private final class FakeKernel {
    var lookUpCount: UInt64 = 0
    /// What was called, in order, and how many bytes of path it lent.
    var calls: [(endpoint: UInt64, operation: UInt64, pathByteCount: UInt64)] = []
    /// How the next calls of the service end; then well.
    var outcomes: [SyscallStatus] = []

    func answer(_ registers: inout CallRegisters) {
      let word = CallWord(rawValue: registers.call)
      switch word.number {
      case UInt64(SyscallNumber.call.rawValue): call(&registers, word)
      case UInt64(SyscallNumber.inspect.rawValue):
        registers.call = ResultWord(.ok).rawValue
        registers.words[0] = UInt64(ObjectType.endpoint.rawValue)
      default: registers.call = ResultWord(.ok).rawValue
      }
    }

    private func call(_ registers: inout CallRegisters, _ word: CallWord) {
      let endpoint = registers.argument0
      if endpoint == 5 {
        registers.argument1 = 20 + lookUpCount
        lookUpCount += 1
        registers.words[0] = 0
        registers.call =
          ResultWord(delivered: .message, wordCount: 1, capabilityCount: 1).rawValue
        return
      }
      calls.append((endpoint, registers.words[0], registers.words[5]))
      let outcome = outcomes.isEmpty ? .ok : outcomes.removeFirst()
      guard outcome == .ok else {
        registers.call = ResultWord(outcome).rawValue
        return
      }
      registers.argument1 = 40
      for (index, value) in ([0, 1 | 1 << 8, 7] as [UInt64]).enumerated() {
        registers.words[index] = value
      }
      registers.call =
        ResultWord(
          delivered: .message, wordCount: 3, capabilityCount: word.hasTransfers ? 1 : 0
        ).rawValue
    }
  }

  private func makeServer() throws -> FileServer<MountedFileSystem<RemoteFileSystem>> {
    let directory = Client<NameProtocol>(SendEndpoint(adopting: Handle(rawValue: 5)))
    var tree = MountedFileSystem(root: RemoteFileSystem(Name("initramfs"), directory))
    tree.mount(
      MemoryFileSystem(pageCapacity: 8, nodeCapacity: 8),
      at: try FilePath(resolving: Array("/tmp".utf8).span))
    return FileServer(tree)
  }

  /// - Returns: the other server's capability, or 0 for a file that is here.
  private func open(
    _ path: String, _ options: FileOptions,
    _ server: inout FileServer<MountedFileSystem<RemoteFileSystem>>
  ) throws -> UInt32 {
    let lender = TestLender([Array(path.utf8)], .read)
    switch try server.open(options, from: NameProtocol.senderBadge, lending: lender) {
    case .here: return 0
    case .elsewhere(let file):
      #expect(file.status.byteCount == 7)
      return file.endpoint.handle.rawValue
    }
  }

  @Test func aFileOfAnotherServiceIsThatOnesCapability() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      var server = try makeServer()
      #expect(try open("/etc/../etc/motd", .read, &server) == 40)
      #expect(try open("/tmp/x", .write.union(.create), &server) == 0)
      #expect(try open("/etc/", .read, &server) == 40)
    }
    // The path as it resolved: "/etc/motd", and "/etc/".
    #expect(kernel.calls.map(\.pathByteCount) == [9, 5])
    #expect(kernel.lookUpCount == 1)
  }

  @Test func aServiceThatDoesNotComeBackIsLookedUpAgain() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      var server = try makeServer()
      kernel.outcomes = [.peerGone, .peerGone]
      #expect(throws: FileSystemError.gone) { try open("/etc/motd", .read, &server) }
      #expect(try open("/etc/motd", .read, &server) == 40)
    }
    #expect(kernel.calls.map(\.endpoint) == [20, 20, 21])
  }

  @Test func onlyNamesOfAnotherServiceAreAskedOfIt() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      var server = try makeServer()
      let outside = TestLender([Array("/etc".utf8)], .read)
      let inside = TestLender([Array("/tmp/d".utf8)], .read)
      for lender in [outside, inside] {
        _ = try server.answer(
          .createDirectory, from: NameProtocol.senderBadge, lending: lender)
        _ = try server.answer(.status, from: NameProtocol.senderBadge, lending: lender)
        _ = try server.answer(.remove, from: NameProtocol.senderBadge, lending: lender)
      }
    }
    #expect(kernel.calls.map(\.operation) == [0x302, 0x301, 0x303])
  }
}
