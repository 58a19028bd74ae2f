/// Memory of this process's that a call lends to its server until it is answered.
///
/// The server copies from it and to it by the kernel, and sees no address of it.
struct Loans {
  private(set) var leases = Leases.none
  private var ranges: [2 of ByteRange] = .init(repeating: ByteRange())

  init() {}

  init(
    _ first: ByteRange, _ access: LeaseAccess, _ second: ByteRange = ByteRange(),
    _ secondAccess: LeaseAccess = .none
  ) {
    leases = Leases(access, secondAccess)
    ranges = [first, second]
  }

  /// A message's words with those that say what is lent.
  ///
  /// - Precondition: the message has at most four words. A protocol that lends memory beside more
  ///   is a bug, and stops the program that has it.
  func words(beside message: Message) -> [8 of UInt64] {
    var words = message.words
    guard leases != .none else { return words }
    precondition(message.count <= Int(Limits.wordsBesideLeases))
    for index in 0..<2 {
      words[4 + index * 2] = ranges[index].address
      words[5 + index * 2] = ranges[index].byteCount
    }
    return words
  }
}

/// Where bytes of this process are: numbers, whose meaning is the kernel's to check.
struct ByteRange {
  var address: UInt64 = 0
  var byteCount: UInt64 = 0

  init() {}

  init(_ bytes: UnsafeRawBufferPointer) {
    address = UInt64(UInt(bitPattern: bytes.baseAddress))
    byteCount = UInt64(bytes.count)
  }
}

/// What came lent with a call, as the server learns it: how much, and for what.
public struct ReceivedLeases: Sendable {
  private let leases: Leases
  private let byteCounts: [2 of UInt64]

  public init() {
    leases = .none
    byteCounts = .init(repeating: 0)
  }

  init(_ registers: borrowing CallRegisters) {
    leases = registers.result.leases
    let (first, second) = (registers.words[4], registers.words[5])
    byteCounts = [leases[0] == .none ? 0 : first, leases[1] == .none ? 0 : second]
  }

  /// Whether there is a lease that may be used so, if only of no bytes.
  ///
  /// - Parameter index: 0 or 1.
  public func lends(_ index: Int = 0, for access: LeaseAccess) -> Bool {
    leases[index] != .none && leases[index].includes(access)
  }

  /// Bytes of a lease that may be used so; 0 without one.
  ///
  /// - Parameter index: 0 or 1.
  public func byteCount(_ index: Int = 0, for access: LeaseAccess) -> UInt64 {
    lends(index, for: access) ? byteCounts[index] : 0
  }
}

extension SendEndpoint {
  /// Sends a message and lends bytes for its server to read.
  ///
  /// - Precondition: the message has at most four words.
  /// - Throws: as `call`.
  public func call(
    _ message: Message, lending bytes: Span<UInt8>, deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    // SAFETY: the bytes stay where they are until the call returns, and are only read.
    try unsafe bytes.withUnsafeBufferPointer { (pointer) throws(SyscallStatus) in
      try unsafe call(
        message, Loans(ByteRange(UnsafeRawBufferPointer(pointer)), .read), deadline: deadline)
    }
  }

  /// The same, for an answer that brings capabilities.
  ///
  /// - Precondition: the message has at most four words.
  /// - Throws: as `call`.
  public func call(
    _ message: Message, lending bytes: Span<UInt8>, accepting capabilityCount: Int,
    deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    let record = TransferRecord(accepts: acceptedSlots(capabilityCount))
    // SAFETY: as above.
    return try unsafe bytes.withUnsafeBufferPointer { (pointer) throws(SyscallStatus) in
      let loans = unsafe Loans(ByteRange(UnsafeRawBufferPointer(pointer)), .read)
      return try call(
        message, lending: loans, record, isUsed: capabilityCount > 0, deadline: deadline)
    }
  }

  /// Sends a message and lends two ranges for its server to read.
  ///
  /// - Precondition: the message has at most four words.
  /// - Throws: as `call`.
  public func call(
    _ message: Message, lending bytes: Span<UInt8>, and more: Span<UInt8>,
    deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    // SAFETY: as above, for both.
    try unsafe bytes.withUnsafeBufferPointer { (first) throws(SyscallStatus) in
      try unsafe more.withUnsafeBufferPointer { (second) throws(SyscallStatus) in
        try unsafe call(
          message,
          Loans(
            ByteRange(UnsafeRawBufferPointer(first)), .read,
            ByteRange(UnsafeRawBufferPointer(second)), .read),
          deadline: deadline)
      }
    }
  }

  /// Sends a message and lends a place for its server to write.
  ///
  /// - Precondition: the message has at most four words.
  /// - Throws: as `call`. What the server has written before an error stays written.
  public func call(
    _ message: Message, filling bytes: inout MutableSpan<UInt8>,
    deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    // SAFETY: nobody else in this program has the bytes until the call returns.
    try unsafe bytes.withUnsafeMutableBufferPointer { (pointer) throws(SyscallStatus) in
      try unsafe call(
        message, Loans(ByteRange(UnsafeRawBufferPointer(pointer)), .write), deadline: deadline)
    }
  }

  /// Sends a message and lends both: bytes to read as the first lease, a place to write as the
  /// second.
  ///
  /// - Precondition: the message has at most four words.
  /// - Throws: as `call`.
  public func call(
    _ message: Message, lending bytes: Span<UInt8>, filling place: inout MutableSpan<UInt8>,
    deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    // SAFETY: as for the two above.
    try unsafe bytes.withUnsafeBufferPointer { (read) throws(SyscallStatus) in
      try unsafe place.withUnsafeMutableBufferPointer { (written) throws(SyscallStatus) in
        try unsafe call(
          message,
          Loans(
            ByteRange(UnsafeRawBufferPointer(read)), .read,
            ByteRange(UnsafeRawBufferPointer(written)), .write),
          deadline: deadline)
      }
    }
  }

  private func call(
    _ message: Message, _ loans: Loans, deadline: UInt64
  ) throws(SyscallStatus) -> Delivery {
    try call(message, lending: loans, TransferRecord(), isUsed: false, deadline: deadline)
  }
}

extension ReplyRight {
  /// Copies what the caller lends into memory of this process.
  ///
  /// - Parameters:
  ///   - lease: 0 or 1.
  ///   - offset: Where in it to begin.
  ///   - bytes: The place, which is filled.
  /// - Throws: `badPointer` if the caller's memory is not there: its own mistake. `badArgument`
  ///   beyond the lease or without one, `noRight` if it may not be read. `badCapability`,
  ///   `cancelled` if the caller waits no more. Some of the bytes may have been copied then.
  public func read(
    _ lease: Int = 0, at offset: UInt64 = 0, into bytes: inout MutableSpan<UInt8>
  ) throws(SyscallStatus) {
    // SAFETY: the kernel writes within the bytes, during the call.
    try unsafe bytes.withUnsafeMutableBufferPointer { (pointer) throws(SyscallStatus) in
      try unsafe access(
        lease, at: offset, ByteRange(UnsafeRawBufferPointer(pointer)), isWrite: false)
    }
  }

  /// Copies memory of this process into what the caller lends.
  ///
  /// - Throws: as `read(_:at:into:)`, with `noRight` if it may not be written.
  public func write(
    _ bytes: Span<UInt8>, to lease: Int = 0, at offset: UInt64 = 0
  ) throws(SyscallStatus) {
    // SAFETY: the kernel reads within the bytes, during the call.
    try unsafe bytes.withUnsafeBufferPointer { (pointer) throws(SyscallStatus) in
      try unsafe access(
        lease, at: offset, ByteRange(UnsafeRawBufferPointer(pointer)), isWrite: true)
    }
  }

  /// Copies memory of this process into what the caller lends, as far as the caller's memory is
  /// there.
  ///
  /// - Returns: How many bytes were copied, from the first on.
  /// - Throws: as `write(_:to:at:)`, but not `badPointer`.
  public func writeReachable(
    _ bytes: Span<UInt8>, to lease: Int = 0, at offset: UInt64 = 0
  ) throws(SyscallStatus) -> Int {
    // SAFETY: the kernel reads within the bytes, during the call.
    try unsafe bytes.withUnsafeBufferPointer { (pointer) throws(SyscallStatus) in
      let own = unsafe ByteRange(UnsafeRawBufferPointer(pointer))
      var registers = CallRegisters(
        CallWord(.access), UInt64(handle.rawValue), UInt64(lease), own.address,
        words: [offset, own.byteCount, 1, 0, 0, 0, 0, 0])
      let result = SystemCall.perform(&registers)
      switch result.status {
      case .ok: return bytes.count
      // The value is the first bad offset in the lease.
      case .badPointer: return Int(registers.argument0 - offset)
      case let status: throw status
      }
    }
  }

  private func access(
    _ lease: Int, at offset: UInt64, _ own: ByteRange, isWrite: Bool
  ) throws(SyscallStatus) {
    try SystemCall.invoke(
      .access, UInt64(handle.rawValue), UInt64(lease), own.address, word0: offset,
      word1: own.byteCount, word2: isWrite ? 1 : 0)
  }
}
