import Libmnos

/// Another process that has a file open 200 times, and keeps them.
enum Holder {
  static var fileCount: Int { 200 }

  /// Starts it, and waits until it has them all.
  ///
  /// - Returns: its number; nil if it did not get so far.
  static func start(
    _ budget: borrowing Budget, _ files: borrowing SendEndpoint,
    _ processes: borrowing Client<ProcessProtocol>
  ) -> UInt32? {
    do throws(SyscallStatus) {
      var attachments = Attachments()
      let byteCount = try attachArguments(budget, to: &attachments)
      attachments.attachCopy(of: files, rights: ReceiveEndpoint.senderRights)
      let request = SpawnRequest(argumentByteCount: UInt32(byteCount), hasFiles: true)
      let reply = try? processes.call(.spawn(request), attaching: attachments).reply
      guard case .started(let number)? = reply else { return nil }
      let pause = try budget.makeNotification()
      for _ in 0..<30_000 {
        if capabilityCount(of: number, processes) >= fileCount { return number }
        _ = try? pause.wait(deadline: Clock.now() + 1_000_000)
      }
    } catch {}
    return nil
  }

  private static func attachArguments(
    _ budget: borrowing Budget, to attachments: inout Attachments
  ) throws(SyscallStatus) -> Int {
    var text: [UInt8] = []
    text.write("tests/misbehaving")
    text.write(byte: 0)
    text.write("hold-files")
    text.write(byte: 0)
    let memory = try budget.makeMemory(byteCount: UInt64(text.count))
    attachments.attach(try memory.copy(rights: Rights.read.union(.transfer).union(.copy)))
    var mapped = try MappedMemory(memory)
    var span = mapped.mutableBytes
    for index in text.indices { span[index] = text[index] }
    return text.count
  }

  /// Capabilities of files: endpoints with the badge of one.
  static func capabilityCount(
    of process: UInt32, _ processes: borrowing Client<ProcessProtocol>
  ) -> Int {
    var count = 0
    var next: UInt64 = 0
    while true {
      switch try? processes.call(.capability(of: process, from: next)) {
      case .capability(let listing)?:
        if listing.type == .endpoint, FileBadge(rawValue: listing.badge) != nil { count += 1 }
        next = UInt64(listing.slot) + 1
      case .goOn(let slot)?: next = slot
      default: return count
      }
    }
  }
}
