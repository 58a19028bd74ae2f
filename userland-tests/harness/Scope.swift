import Libmnos

/// What one fact works with, and what it made: all of that ends with the fact.
public struct Scope: ~Copyable {
  /// This program's own.
  public let process: Handle
  public let thread: Handle
  public let budget: Handle
  public let priority: UInt64
  private let code: Handle

  private var owned: [256 of Handle] = .init(repeating: .none)
  private var ownedCount = 0
  /// Processes and threads, which are destroyed before anything is deleted.
  private var living: [64 of Handle] = .init(repeating: .none)
  private var livingCount = 0
  private var nextAddress = Scope.firstAddress

  /// Addresses above everything that libmnos uses, below the smallest user half's end.
  static var firstAddress: UInt64 { 0x3c_0000_0000 }
  static var codeAddress: UInt64 { 0x3b_0000_0000 }

  init(process: Handle, thread: Handle, budget: Handle, code: Handle) {
    self.process = process
    self.thread = thread
    self.budget = budget
    self.code = code
    priority = KernelCalls.query(thread).word(2)
  }

  // MARK: Keeping and ending

  /// Has a handle deleted when the fact ends.
  @discardableResult
  public mutating func keep(_ handle: Handle) -> Handle {
    precondition(ownedCount < 256)
    owned[ownedCount] = handle
    ownedCount += 1
    return handle
  }

  /// Ends and deletes all that was kept. What is gone already answers with a status.
  mutating func cleanUp() {
    while livingCount > 0 {
      livingCount -= 1
      _ = KernelCalls.destroy(living[livingCount])
    }
    while ownedCount > 0 {
      ownedCount -= 1
      _ = KernelCalls.delete(owned[ownedCount])
    }
    nextAddress = Self.firstAddress
  }

  // MARK: Making objects

  public mutating func make(
    _ type: ObjectType, _ word0: UInt64 = 0, _ word1: UInt64 = 0, line: UInt = #line
  ) throws(Unexpected) -> Handle {
    let outcome = KernelCalls.create(type, from: budget, word0, word1)
    return keep(try expect(outcome, line: line).handle)
  }

  public mutating func endpoint() throws(Unexpected) -> Handle { try make(.endpoint) }
  public mutating func notification() throws(Unexpected) -> Handle { try make(.notification) }

  public mutating func memory(
    pages: UInt64 = 1, _ options: MemoryOptions = MemoryOptions(bits: 0), limit: UInt64 = 0,
    alignment: UInt64 = 0, line: UInt = #line
  ) throws(Unexpected) -> Handle {
    let made = KernelCalls.create(
      .memory, from: budget, pages * Limits.pageByteCount, options.bits, limit, alignment)
    return keep(try expect(made, line: line).handle)
  }

  /// A copy of a capability in this process.
  public mutating func copy(
    _ source: Handle, rights: Rights = .all, badge: UInt64 = 0, line: UInt = #line
  ) throws(Unexpected) -> Handle {
    let outcome = KernelCalls.copy(source, rights: rights, badge: badge)
    return keep(try expect(outcome, line: line).handle)
  }

  /// Addresses that nothing is mapped at, with an unmapped page behind them.
  public mutating func addresses(pages: UInt64 = 1) -> UInt64 {
    let address = nextAddress
    nextAddress += (pages + 1) * Limits.pageByteCount
    return address
  }

  /// New memory, mapped in this process for reading and writing.
  public mutating func page() throws(Unexpected) -> (memory: Handle, words: ControlPage) {
    let memory = try memory()
    return (memory, try map(memory))
  }

  /// Maps a page of memory in this process.
  public mutating func map(
    _ memory: Handle, rights: Rights = Rights.read.union(.write), line: UInt = #line
  ) throws(Unexpected) -> ControlPage {
    let address = addresses()
    try expect(KernelCalls.map(memory, at: address, rights: rights), line: line)
    // SAFETY: just mapped. A test that ends the mapping does not use the page after that.
    return unsafe ControlPage(at: address)
  }

  // MARK: Remote threads

  /// A thread of this process, charged to its budget or another.
  ///
  /// - Parameter stack: Its stack pointer, which it does not use; nil for the end of its page.
  public mutating func remote(
    priority: UInt64? = nil, from payer: Handle? = nil, stack: UInt64? = nil, line: UInt = #line
  ) throws(Unexpected) -> RemoteThread {
    try remote(
      in: process, isOwn: true, priority ?? self.priority, payer ?? budget, stack: stack, line)
  }

  /// A process without threads, with the code of remote threads mapped.
  public mutating func otherProcess(
    from payer: Handle? = nil, line: UInt = #line
  ) throws(Unexpected) -> Handle {
    let made = KernelCalls.create(.process, from: payer ?? budget)
    let other = keep(try expect(made, line: line).handle)
    living[livingCount] = other
    livingCount += 1
    try expect(
      KernelCalls.map(
        code, at: Self.codeAddress, rights: Rights.read.union(.execute), in: other),
      line: line)
    return other
  }

  /// A thread of another process, made by `otherProcess`.
  ///
  /// - Parameter storesRegisters: Whether it begins by storing what it finds in its registers.
  public mutating func remote(
    in other: Handle, storesRegisters: Bool = false, line: UInt = #line
  ) throws(Unexpected) -> RemoteThread {
    try remote(
      in: other, isOwn: false, priority, budget, stack: nil,
      entry: storesRegisters ? RemoteCode.firstEntry : 0, line)
  }

  private mutating func remote(
    in owner: Handle, isOwn: Bool, _ priority: UInt64, _ payer: Handle, stack: UInt64?,
    entry: UInt64 = 0, _ line: UInt
  ) throws(Unexpected) -> RemoteThread {
    let made = KernelCalls.create(.thread, from: payer, owner.argument, priority)
    let thread = keep(try expect(made, line: line).handle)
    precondition(livingCount < 64)
    living[livingCount] = thread
    livingCount += 1
    let (go, done) = (try notification(), try notification())
    let (memory, page) = try page()
    var controlBase = page.address
    page[ControlOffset.go] = go.argument
    page[ControlOffset.done] = done.argument
    if !isOwn {
      controlBase = addresses()
      try expect(KernelCalls.map(memory, at: controlBase, in: owner), line: line)
      page[ControlOffset.go] = try expect(KernelCalls.copy(go, to: owner), line: line).value
      page[ControlOffset.done] = try expect(KernelCalls.copy(done, to: owner), line: line).value
    }
    try expect(
      KernelCalls.start(
        thread, entry: Self.codeAddress + entry, stack: stack ?? controlBase + Limits.pageByteCount,
        argument: controlBase),
      line: line)
    return RemoteThread(
      thread: thread, page: page, go: go, done: done, codeBase: Self.codeAddress,
      controlBase: controlBase)
  }

  /// A message call of this thread with a transfer record.
  public mutating func perform(
    _ word: CallWord, to endpoint: Handle, deadline: UInt64 = Deadline.poll,
    record: TransferRecord, words: Words = .init(repeating: 0)
  ) throws(Unexpected) -> Outcome {
    let page = try page().words
    write(record, to: page, at: 0)
    return KernelCalls.perform(
      CallRegisters(word, endpoint.argument, deadline, page.address, words: words))
  }
}

extension TransferRecord {
  /// A record that attaches one capability.
  public init(attaching handle: Handle, rights: Rights = .all, isMove: Bool) {
    self.init(count: 1)
    transfers.0 = CapabilityTransfer(handle, rights: rights, isMove: isMove)
  }

  /// A record that accepts up to four capabilities anywhere.
  public static var acceptingAny: TransferRecord {
    TransferRecord(accepts: TransferRecord.acceptsAny)
  }
}
