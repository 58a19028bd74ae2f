import KernelHAL
import MnosABI

/// From a system call's number to its handler.
extension Kernel where P: ~Copyable {
  /// Carries out the current thread's system call, or begins to.
  ///
  /// The outcome is in its registers when it runs next.
  public mutating func systemCall() {
    let thread = current
    let word = CallWord(rawValue: objects[thread].registers.callWord)
    if word.isPlainCall {
      if fastCall(word) { return }
    } else if word.isPlainReply, fastReplyAndReceive(word) {
      return
    }
    grown.process = .none
    do throws(Failure) {
      guard word.number < SyscallNumber.count else {
        throw Failure(.unknownSyscall, value: word.number)
      }
      guard !word.hasUndefinedBits else { throw Failure.badArgument(11) }
      try dispatch(word)
    } catch {
      if !grown.process.isNone { undoGrowth() }
      objects[thread].registers.callWord = ResultWord(error.status).rawValue
      objects[thread].registers.argument0 = error.value
    }
  }

  private mutating func dispatch(_ word: CallWord) throws(Failure) {
    guard let number = SyscallNumber(rawValue: UInt8(truncatingIfNeeded: word.number)) else {
      throw Failure(.unknownSyscall, value: word.number)
    }
    switch number {
    case .call: try send(word, isCall: true)
    case .replyAndReceive: try replyAndReceive(word)
    case .send: try send(word, isCall: false)
    case .receive: try receive(word)
    case .reply: try reply(word)
    default: try dispatchPlain(number, word)
    }
  }

  /// The calls that carry no message: the call word has nothing but the number.
  private mutating func dispatchPlain(
    _ number: SyscallNumber, _ word: CallWord
  ) throws(Failure) {
    guard word.rawValue == word.number else { throw .badArgument(11) }
    switch number {
    case .signal:
      try signal(through: signalCall())
      answer(value: 0)
    case .wait: try wait()
    case .copy: try copyCall()
    case .move: try moveCall()
    case .delete: try deleteCall()
    case .revoke: try revokeCall()
    case .inspect: try inspectCall()
    case .create: try createCall()
    case .derive: try deriveCall()
    case .map: try mapCall()
    case .unmap: try unmapCall()
    case .protect: try protectCall()
    case .start: try startCall()
    case .suspend: try suspendCall()
    case .resume: try resumeCall()
    case .readRegisters: try readRegistersCall()
    case .writeRegisters: try writeRegistersCall()
    case .setPriority: try setPriorityCall()
    case .bind: try bind()
    case .acknowledge: try acknowledgeCall()
    case .destroy: try destroyCall()
    case .exit: exitCall()
    case .yield: yieldCall()
    case .clock: answer(value: platform.now())
    case .query: try queryCall()
    case .control: try controlCall()
    case .send, .receive, .call, .reply, .replyAndReceive: kernelBug("a message call here")
    }
  }

  // MARK: Arguments

  mutating func argument(_ index: Int) -> UInt64 {
    switch index {
    case 0: objects[current].registers.argument0
    case 1: objects[current].registers.argument1
    case 2: objects[current].registers.argument2
    default: objects[current].registers[word: index - 3]
    }
  }

  /// A mask of rights in an argument.
  ///
  /// - Throws: `badArgument(index)` for undefined bits.
  mutating func rightsArgument(_ index: Int) throws(Failure) -> Rights {
    let bits = argument(index)
    guard bits <= UInt64(Rights.all.bits) else { throw .badArgument(UInt64(index)) }
    return Rights(bits: UInt16(bits))
  }
}
