import LibmnosHost
import MnosABI
import Testing

@testable import Libmnos

/// Opening on the server's side: what becomes of the capability.
struct FileServiceTests {
  /// One file, at every path, and how often something was asked of it that changes it.
  private final class OneFile: FileSystem {
    var changeCount = 0

    func find(_ path: FilePath) throws(FileSystemError) -> FileNode { FileNode(rawValue: 9) }
    func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
      FileStatus(kind: .file, byteCount: 5, isWritable: true)
    }
    func read(
      _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
    ) throws(FileSystemError) -> Int { 0 }
    func write(
      _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
    ) throws(FileSystemError) { changeCount += 1 }
    func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
      changeCount += 1
    }
    func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? { nil }
    func create(
      _ path: FilePath, _ kind: FileKind, isExclusive: Bool
    ) throws(FileSystemError) -> FileNode {
      changeCount += 1
      return FileNode(rawValue: 9)
    }
    func remove(_ path: FilePath) throws(FileSystemError) {}
    func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {}
  }

  /// Badges of copies that were made, and handles that were deleted.
  private final class FakeKernel {
    var badges: [UInt64] = []
    var deleted: [UInt64] = []
    /// How copying ends.
    var outcome = SyscallStatus.ok
    /// How reading the path ends.
    var access = SyscallStatus.ok

    func answer(_ registers: inout CallRegisters) {
      let number = CallWord(rawValue: registers.call).number
      registers.call = ResultWord(.ok).rawValue
      switch number {
      case UInt64(SyscallNumber.copy.rawValue):
        guard outcome == .ok else {
          registers.call = ResultWord(outcome).rawValue
          return
        }
        badges.append(registers.words[1])
        registers.argument0 = 40
      case UInt64(SyscallNumber.delete.rawValue): deleted.append(registers.argument0)
      case UInt64(SyscallNumber.access.rawValue) where access != .ok:
        registers.call = ResultWord(access).rawValue
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
    _ options: FileOptions, from badge: UInt64, _ kernel: FakeKernel, file: OneFile = OneFile()
  ) -> (words: [UInt64], attached: Int) {
    var service = FileService(file, endpoint: ReceiveEndpoint(adopting: Handle(rawValue: 5)))
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

  /// Every set of options: what cannot be handed out is neither made nor cut.
  @Test(
    arguments: 0..<16 as Range<UInt64>,
    [
      (SyscallStatus.noSlot, FileSystemError.noFile), (.noMemory, .noSpace),
    ] as [(SyscallStatus, FileSystemError)])
  func `VFS_023 withoutASlotNothingIsOpenedOrChanged`(
    bits: UInt64, failure: (status: SyscallStatus, error: FileSystemError)
  ) {
    let (kernel, file) = (FakeKernel(), OneFile())
    kernel.outcome = failure.status
    HostTrap.answering(by: kernel.answer) {
      let answer = open(
        FileOptions(bits: bits), from: NameProtocol.senderBadge, kernel, file: file)
      #expect(answer.words == [failure.error.rawValue] && answer.attached == 0)
    }
    #expect(file.changeCount == 0)
    #expect(kernel.badges.isEmpty)
  }

  /// The memory with the path goes away under the server.
  @Test(
    arguments: 0..<16 as Range<UInt64>,
    [
      (SyscallStatus.badPointer, FileSystemError.badPointer), (.badCapability, .gone),
      (.cancelled, .gone), (.badArgument, .failed), (.noRight, .failed),
    ] as [(SyscallStatus, FileSystemError)])
  func `VFS_019 pathThatCannotBeReadOpensNothing`(
    bits: UInt64, failure: (status: SyscallStatus, error: FileSystemError)
  ) {
    let (kernel, file) = (FakeKernel(), OneFile())
    kernel.access = failure.status
    HostTrap.answering(by: kernel.answer) {
      let options = FileOptions(bits: bits)
      let answer = open(options, from: NameProtocol.senderBadge, kernel, file: file)
      #expect(answer.words == [failure.error.rawValue] && answer.attached == 0)
      kernel.access = .ok
      #expect(open(options, from: NameProtocol.senderBadge, kernel).attached == 1)
    }
    #expect(file.changeCount == 0)
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
