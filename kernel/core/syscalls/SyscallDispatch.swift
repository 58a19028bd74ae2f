import KernelHAL
import MnosABI

/// From a system call's number to its handler.
///
///     registers ─> fast path ── done ───────────────────────────────────────────> user mode
///                     │ declined: nothing was changed
///                     v
///                  number, call word ─> help revokes ─> handler ─> undo growth ─> leave
///                     │ thrown                             │ thrown     ^
///                     └──────> status into the registers <─┘ ───────────┘
///
/// The switches below are nested by what a call reads: a message, at most two registers, or
/// all eleven.
extension Kernel where P: ~Copyable {
  /// Carries out the current thread's system call if it is one half of a round trip and
  /// nothing is in the way.
  ///
  /// It adds no chunk to any table, so there is nothing to take back afterwards.
  ///
  /// - Precondition: `enter` was called, and a thread runs on this CPU.
  /// - Returns: Whether it was done. The other party is `current` then, and nothing comes
  ///   before it: `leave` would do nothing, and there is no work.
  @inline(__always)
  public mutating func takeFastPath() -> Bool {
    let word = CallWord(rawValue: objects[current].registers.callWord)
    if word.isPlainCall { return fastCall(word) }
    return word.isPlainReply && fastReplyAndReceive(word)
  }

  /// Carries out any system call of the current thread, or begins to.
  ///
  /// The outcome is in its registers when it runs next: written here, by the thread that ends
  /// its wait, or by the last batch of its work. Checked for every call, in this order:
  /// `unknownSyscall` with the number as its value, then `badArgument(11)` for bits of the call
  /// word that are not defined.
  ///
  /// - Precondition: As for the fast path, which was tried before. `leave` is called after.
  public mutating func takeGeneralPath() {
    let thread = current
    let word = CallWord(rawValue: objects[thread].registers.callWord)
    do throws(Failure) {
      guard let number = SyscallNumber(rawValue: UInt8(truncatingIfNeeded: word.number)) else {
        throw Failure(.unknownSyscall, value: word.number)
      }
      guard !word.hasUndefinedBits, word.leases == .none || number == .call else {
        throw Failure.badArgument(11)
      }
      // Before the handler looks anything up: helping deletes capabilities, and a slot that was
      // found first could be empty afterwards.
      if !objects.shared.revokers.isEmpty, let count = number.revokeHelp(word) {
        helpRevokes(steps: count)
      }
      try dispatch(number, word)
    } catch {
      objects[thread].registers.callWord = ResultWord(error.status).rawValue
      objects[thread].registers.argument0 = error.value
    }
    // After the outcome is known, whatever it is: a chunk that no slot was filled from is given
    // back, so that a call that fails leaves its budget as it was.
    undoUnusedGrowth()
  }

  /// Calls with a message, which are the frequent ones, and all others.
  private mutating func dispatch(
    _ number: SyscallNumber, _ word: CallWord
  ) throws(Failure) {
    let thread = current
    switch number {
    // Parts of the call word that such a call has no use for, like the reply handle of a `send`,
    // are its handler's to refuse.
    case .call: try send(MessageArguments(word, thread, in: objects), isCall: true)
    case .replyAndReceive: try replyAndReceive(MessageArguments(word, thread, in: objects))
    case .send: try send(MessageArguments(word, thread, in: objects), isCall: false)
    case .receive: try receive(MessageArguments(word, thread, in: objects))
    case .reply: try reply(MessageArguments(word, thread, in: objects))
    default:
      // The other calls carry no message: the call word has nothing but the number.
      guard word.rawValue == word.number else { throw .badArgument(11) }
      try dispatchPlain(number)
    }
  }

  /// Calls without a message that read at most two registers.
  ///
  /// - Precondition: The call word is the number alone.
  private mutating func dispatchPlain(_ number: SyscallNumber) throws(Failure) {
    let thread = current
    switch number {
    case .signal:
      try signalCall(SignalArguments(notification: objects[thread].registers.argument0))
    case .wait:
      try waitCall(
        WaitArguments(
          notification: objects[thread].registers.argument0,
          deadline: objects[thread].registers.argument1))
    case .exit: exitCall(objects[thread].registers.argument0)
    case .yield: yieldCall()
    case .clock: answer(value: platform.now())
    default: try dispatchOnObject(number, PlainArguments(thread, in: objects))
    }
  }

  /// Calls on an object that a handle names.
  ///
  /// `delete` and `revoke` have no handler of their own: they need no right, so the look-up is
  /// all that can fail, and the rest is work in batches.
  private mutating func dispatchOnObject(
    _ number: SyscallNumber, _ read: PlainArguments
  ) throws(Failure) {
    switch number {
    case .copy: try copyCall(CopyArguments(read))
    case .move: try moveCall(MoveArguments(read))
    case .delete: begin(.delete(objects.token(for: try lookUp(read.a0))))
    case .revoke: begin(.revoke(objects.token(for: try lookUp(read.a0))))
    case .inspect: try inspectCall(InspectArguments(read))
    case .create: try createCall(CreateArguments(read))
    case .derive: try deriveCall(DeriveArguments(read))
    case .map: try mapCall(MapArguments(read))
    case .unmap: try unmapCall(RangeArguments(read))
    case .protect: try protectCall(RangeArguments(read))
    case .start: try startCall(StartArguments(read))
    case .suspend: try suspendCall(thread: read.a0)
    case .resume: try resumeCall(thread: read.a0)
    case .readRegisters: try readRegistersCall(RegisterArguments(read))
    case .writeRegisters: try writeRegistersCall(RegisterArguments(read))
    case .setPriority: try setPriorityCall(PriorityArguments(read))
    case .bind: try bind(BindArguments(read))
    case .acknowledge: try acknowledgeCall(interrupt: read.a0)
    case .destroy: try destroyCall(capability: read.a0)
    case .query: try queryCall(QueryArguments(read))
    case .control: try controlCall(ControlArguments(read))
    case .access: try accessCall(AccessArguments(read))
    case .send, .receive, .call, .reply, .replyAndReceive, .signal, .wait, .exit, .yield, .clock:
      kernelBug("dispatched before")
    }
  }
}

extension SyscallNumber {
  /// Steps of revokes under way that a call does first, because it makes capabilities or
  /// mappings: twice as many as it makes, so that a revoke gains on those who add to its tree.
  ///
  /// A message carries at most 4 capabilities, hence 8. A reply right does not count: it is no
  /// descendant of anything. `receive` makes none: what a waiting sender had attached was copied
  /// when it was sent.
  ///
  /// - Returns: nil for a call that makes none.
  func revokeHelp(_ word: CallWord) -> Int? {
    switch self {
    case .copy, .derive, .bind, .create, .map: 2
    case .send, .call, .reply, .replyAndReceive: word.hasTransfers ? 8 : nil
    default: nil
    }
  }
}
