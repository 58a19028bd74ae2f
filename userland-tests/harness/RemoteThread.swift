import Libmnos

/// A thread, of this process or another, that does what the test tells it.
///
/// It waits to be told, so a test can put it into any state that a thread can be in, look
/// at it from outside, and take its outcome later. It uses no stack.
public struct RemoteThread {
  public let thread: Handle
  let page: ControlPage
  let go: Handle
  let done: Handle
  /// Where the code lies in its process.
  public let codeBase: UInt64
  /// Where its control page lies in its process.
  public let controlBase: UInt64

  // MARK: Telling it what to do

  /// Has it make a system call; `finish` takes the outcome.
  public func begin(_ registers: CallRegisters) {
    page[ControlOffset.call] = registers.call
    page[ControlOffset.call + 8] = registers.argument0
    page[ControlOffset.call + 16] = registers.argument1
    page[ControlOffset.call + 24] = registers.argument2
    for index in 0..<8 { page[ControlOffset.call + 32 + index * 8] = registers.words[index] }
    begin(.call)
  }

  public func begin(
    _ number: SyscallNumber, _ argument0: UInt64 = 0, _ argument1: UInt64 = 0,
    _ argument2: UInt64 = 0, _ words: Words = .init(repeating: 0)
  ) {
    begin(CallRegisters(CallWord(number), argument0, argument1, argument2, words: words))
  }

  public func begin(_ operation: RemoteOperation) {
    page[ControlOffset.operation] = operation.rawValue
    _ = KernelCalls.signal(go)
  }

  public func begin(_ operation: RemoteOperation, address: UInt64, value: UInt64 = 0) {
    page[ControlOffset.address] = address
    page[ControlOffset.value] = value
    begin(operation)
  }

  /// Waits until it has done what it was told.
  ///
  /// - Returns: The registers of its last call.
  public func finish(line: UInt = #line) throws(Unexpected) -> Outcome {
    let outcome = KernelCalls.wait(done, deadline: KernelCalls.patience())
    try expect(outcome.isStatus(.ok), "the other thread did not finish", line: line)
    return lastCall
  }

  /// Has it make a call and waits for it.
  public func perform(
    _ number: SyscallNumber, _ argument0: UInt64 = 0, _ argument1: UInt64 = 0,
    _ argument2: UInt64 = 0, _ words: Words = .init(repeating: 0), line: UInt = #line
  ) throws(Unexpected) -> Outcome {
    begin(number, argument0, argument1, argument2, words)
    return try finish(line: line)
  }

  /// Whether it has done what it was told; asked once for each task.
  public var isFinished: Bool { KernelCalls.wait(done).isStatus(.ok) }

  // MARK: Its control page

  /// The registers of its last call, once it is finished.
  public var lastCall: Outcome {
    var words: Words = .init(repeating: 0)
    for index in 0..<8 { words[index] = page[ControlOffset.call + 32 + index * 8] }
    var registers = CallRegisters(
      CallWord(rawValue: page[ControlOffset.call]), page[ControlOffset.call + 8],
      page[ControlOffset.call + 16], page[ControlOffset.call + 24], words: words)
    registers.call = page[ControlOffset.call]
    return Outcome(registers)
  }

  public var value: UInt64 { page[ControlOffset.value] }
  public var counter: UInt64 {
    get { page[ControlOffset.counter] }
    nonmutating set { page[ControlOffset.counter] = newValue }
  }
  public func setStop(_ isSet: Bool) { page[ControlOffset.stop] = isSet ? 1 : 0 }

  public func setPattern(_ index: Int, _ value: UInt64) {
    page[ControlOffset.patternsIn + index * 8] = value
  }
  public func pattern(_ index: Int) -> UInt64 { page[ControlOffset.patternsOut + index * 8] }
  public func setVector(_ index: Int, _ value: UInt64) {
    page[ControlOffset.vectorsIn + index * 8] = value
  }
  public func vector(_ index: Int) -> UInt64 { page[ControlOffset.vectorsOut + index * 8] }
  public func setStatus(_ index: Int, _ value: UInt64) {
    page[ControlOffset.statusIn + index * 8] = value
  }
  public func status(_ index: Int) -> UInt64 { page[ControlOffset.statusOut + index * 8] }

  /// Words of the page that nothing else uses, and their address in the thread's process.
  public func setScratch(_ index: Int, _ value: UInt64) {
    page[ControlOffset.scratch + index * 8] = value
  }
  public func scratch(_ index: Int) -> UInt64 { page[ControlOffset.scratch + index * 8] }
  public var scratchAddress: UInt64 { controlBase + UInt64(ControlOffset.scratch) }

  // MARK: Messages

  /// Writes a transfer record into the page and has it make a message call with it.
  public func begin(
    _ word: CallWord, to endpoint: Handle, deadline: UInt64 = Deadline.never,
    record: TransferRecord, words: Words = .init(repeating: 0)
  ) {
    write(record, to: page, at: ControlOffset.transfer)
    begin(
      CallRegisters(
        word, endpoint.argument, deadline, controlBase + UInt64(ControlOffset.transfer),
        words: words))
  }

  /// Sends words without a deadline.
  public func beginSend(_ endpoint: Handle, _ words: Words, count: UInt64) {
    begin(
      CallRegisters(
        CallWord(.send, wordCount: count), endpoint.argument, Deadline.never, words: words))
  }

  /// Calls with words, without a deadline.
  public func beginCall(_ endpoint: Handle, _ words: Words, count: UInt64) {
    begin(
      CallRegisters(
        CallWord(.call, wordCount: count), endpoint.argument, Deadline.never, words: words))
  }

  // MARK: Its state

  public var state: UInt64 { KernelCalls.query(thread).word(0) }

  /// Waits until it is in a state.
  public func expectState(_ state: ThreadState, line: UInt = #line) throws(Unexpected) {
    let deadline = KernelCalls.patience()
    var found = self.state
    while found != UInt64(state.rawValue), KernelCalls.clock() < deadline {
      KernelCalls.yield()
      found = self.state
    }
    try expect(found, equals: UInt64(state.rawValue), "state of the other thread", line: line)
  }
}

/// Writes a transfer record as the kernel reads it.
func write(_ record: TransferRecord, to page: ControlPage, at offset: Int) {
  page[offset] = record.count
  page[offset + 8] = record.accepts
  page[offset + 16] = record.transfers.0.rawValue
  page[offset + 24] = record.transfers.1.rawValue
  page[offset + 32] = record.transfers.2.rawValue
  page[offset + 40] = record.transfers.3.rawValue
}
