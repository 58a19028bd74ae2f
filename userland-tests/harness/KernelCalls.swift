import Libmnos

/// The system calls as they are: handles in, statuses out, nothing owned.
public enum KernelCalls {
  /// Any call, any arguments.
  public static func raw(
    _ number: SyscallNumber, _ argument0: UInt64 = 0, _ argument1: UInt64 = 0,
    _ argument2: UInt64 = 0, _ words: Words = .init(repeating: 0)
  ) -> Outcome {
    perform(CallRegisters(CallWord(number), argument0, argument1, argument2, words: words))
  }

  public static func perform(_ registers: CallRegisters) -> Outcome {
    var registers = registers
    _ = SystemCall.perform(&registers)
    return Outcome(registers)
  }

  // MARK: Capabilities

  public static func copy(
    _ source: Handle, rights: Rights = .all, badge: UInt64 = 0, to process: Handle = .none,
    slot: UInt16 = SlotChoice.any
  ) -> Outcome {
    raw(
      .copy, source.argument, process.argument, UInt64(slot),
      [UInt64(rights.bits), badge, 0, 0, 0, 0, 0, 0])
  }

  public static func move(
    _ source: Handle, to process: Handle = .none, slot: UInt16 = SlotChoice.any
  ) -> Outcome {
    raw(.move, source.argument, process.argument, UInt64(slot))
  }

  public static func delete(_ handle: Handle) -> Outcome { raw(.delete, handle.argument) }
  public static func revoke(_ handle: Handle) -> Outcome { raw(.revoke, handle.argument) }
  public static func destroy(_ handle: Handle) -> Outcome { raw(.destroy, handle.argument) }
  public static func query(_ handle: Handle) -> Outcome { raw(.query, handle.argument) }

  public static func inspect(_ handle: Handle, _ other: Handle = .none) -> Outcome {
    raw(.inspect, handle.argument, other.argument)
  }

  public static func create(
    _ type: ObjectType, from budget: Handle, slot: UInt16 = SlotChoice.any,
    _ word0: UInt64 = 0, _ word1: UInt64 = 0, _ word2: UInt64 = 0, _ word3: UInt64 = 0
  ) -> Outcome {
    raw(
      .create, budget.argument, UInt64(type.rawValue), UInt64(slot),
      [word0, word1, word2, word3, 0, 0, 0, 0])
  }

  // MARK: Messages

  public static func send(
    _ endpoint: Handle, _ words: Words = .init(repeating: 0), count: UInt64 = 0,
    deadline: UInt64 = Deadline.poll
  ) -> Outcome {
    perform(
      CallRegisters(
        CallWord(.send, wordCount: count), endpoint.argument, deadline, words: words))
  }

  public static func receive(_ endpoint: Handle, deadline: UInt64 = Deadline.poll) -> Outcome {
    raw(.receive, endpoint.argument, deadline)
  }

  public static func reply(
    _ reply: Handle, _ words: Words = .init(repeating: 0), count: UInt64 = 0
  ) -> Outcome {
    perform(CallRegisters(CallWord(.reply, wordCount: count, reply: reply), words: words))
  }

  public static func signal(_ handle: Handle) -> Outcome { raw(.signal, handle.argument) }

  public static func wait(_ handle: Handle, deadline: UInt64 = Deadline.poll) -> Outcome {
    raw(.wait, handle.argument, deadline)
  }

  public static func bind(_ source: Handle, to target: Handle) -> Outcome {
    raw(.bind, source.argument, target.argument)
  }

  // MARK: Memory

  public static func map(
    _ memory: Handle, at address: UInt64, pages: UInt64 = 1, offset: UInt64 = 0,
    rights: Rights = Rights.read.union(.write), in process: Handle = .none
  ) -> Outcome {
    raw(
      .map, memory.argument, process.argument, address,
      [offset, pages * Limits.pageByteCount, UInt64(rights.bits), 0, 0, 0, 0, 0])
  }

  public static func unmap(
    _ address: UInt64, pages: UInt64 = 1, in process: Handle = .none
  ) -> Outcome {
    raw(.unmap, process.argument, address, pages * Limits.pageByteCount)
  }

  public static func protect(
    _ address: UInt64, pages: UInt64 = 1, rights: Rights, in process: Handle = .none
  ) -> Outcome {
    raw(
      .protect, process.argument, address, pages * Limits.pageByteCount,
      [UInt64(rights.bits), 0, 0, 0, 0, 0, 0, 0])
  }

  // MARK: Threads

  public static func start(
    _ thread: Handle, entry: UInt64, stack: UInt64, argument: UInt64
  ) -> Outcome {
    raw(.start, thread.argument, entry, stack, [argument, 0, 0, 0, 0, 0, 0, 0])
  }

  public static func suspend(_ thread: Handle) -> Outcome { raw(.suspend, thread.argument) }
  public static func resume(_ thread: Handle) -> Outcome { raw(.resume, thread.argument) }

  public static func setPriority(_ thread: Handle, _ priority: UInt64) -> Outcome {
    raw(.setPriority, thread.argument, priority)
  }

  public static func yield() { _ = raw(.yield) }
  public static func clock() -> UInt64 { raw(.clock).value }

  /// A deadline far enough ahead that it passes only if something hangs: half a minute, since
  /// the machine may be an emulated one on a host that has other things to do.
  public static func patience() -> UInt64 { clock() &+ 30_000_000_000 }
}
