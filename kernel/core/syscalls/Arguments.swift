import KernelHAL
import MnosABI

// What each system call takes, by name. A call's arguments are read from the registers once,
// here, and nowhere else: docs/manual has the same names.

/// send, receive, call, reply, replyAndReceive.
///
/// Which of them a call uses differs: `reply` has no endpoint, only `reply` and
/// `replyAndReceive` have a reply handle, and `receive` refuses words. What a call does not
/// use is either ignored or checked by its handler.
struct MessageArguments {
  /// Handle of the endpoint to send to or receive from: argument 0.
  let endpoint: UInt64
  /// Argument 1, in nanoseconds on the kernel's clock; see `Deadline` for its two special values.
  let deadline: UInt64
  /// Address of the transfer record, if there is one.
  let record: UInt64?
  /// 0 to 15 as the call word has it: the handler refuses more than `Limits.messageWords`.
  let wordCount: UInt64
  /// call only: what it lends. The ranges are in words 4 to 7: see `Kernel.readLeases`.
  let leases: Leases
  /// The reply right that is spent, or `none`.
  let reply: Handle

  init<P: Platform & ~Copyable>(_ word: CallWord, _ thread: ThreadID, in store: ObjectStore<P>) {
    endpoint = store[thread].registers.argument0
    deadline = store[thread].registers.argument1
    record = word.hasTransfers ? store[thread].registers.argument2 : nil
    wordCount = word.wordCount
    leases = word.leases
    reply = word.reply
  }
}

/// signal. The bits are not an argument: the capability's badge says them.
struct SignalArguments {
  let notification: UInt64
}

/// wait.
struct WaitArguments {
  let notification: UInt64
  let deadline: UInt64
}

/// The registers of a call that carries no message, in order.
///
/// Handles, lengths, addresses and rights are all claims here: 64 bits as user code left them.
/// Each handler narrows one only after it has checked it.
struct PlainArguments {
  let a0, a1, a2: UInt64
  let words: [8 of UInt64]

  init<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    a0 = store[thread].registers.argument0
    a1 = store[thread].registers.argument1
    a2 = store[thread].registers.argument2
    var read: [8 of UInt64] = .init(repeating: 0)
    for index in 0..<8 { read[index] = store[thread].registers[word: index] }
    words = read
  }
}

/// copy. `process` is 0 for the caller's own, `slot` may be `SlotChoice.any`, and `badge` is 0
/// for none.
struct CopyArguments {
  let source, process, slot, rights, badge: UInt64
  init(_ read: PlainArguments) {
    (source, process, slot) = (read.a0, read.a1, read.a2)
    (rights, badge) = (read.words[0], read.words[1])
  }
}

/// move. `process` and `slot` as for copy.
struct MoveArguments {
  let source, process, slot: UInt64
  init(_ read: PlainArguments) { (source, process, slot) = (read.a0, read.a1, read.a2) }
}

/// inspect. `other` is 0 unless two capabilities are to be compared.
struct InspectArguments {
  let capability, other: UInt64
  init(_ read: PlainArguments) { (capability, other) = (read.a0, read.a1) }
}

/// query. `position` is where a list is to go on, in the unit of what `subject` lists.
struct QueryArguments {
  let capability, subject, position: UInt64
  init(_ read: PlainArguments) { (capability, subject, position) = (read.a0, read.a1, read.a2) }
}

/// create.
struct CreateArguments {
  let budget, type, slot: UInt64
  /// Their meaning depends on the type: see `Kernel.createCall`.
  let words: [8 of UInt64]
  init(_ read: PlainArguments) {
    (budget, type, slot, words) = (read.a0, read.a1, read.a2, read.words)
  }
}

/// derive. Offset and length are in bytes for memory and in ports for a port range.
struct DeriveArguments {
  let source, offset, slot, length, rights: UInt64
  init(_ read: PlainArguments) {
    (source, offset, slot) = (read.a0, read.a1, read.a2)
    (length, rights) = (read.words[0], read.words[1])
  }
}

/// map. `rights` holds two masks: see `Kernel.mapCall`.
struct MapArguments {
  let memory, process, address, offset, length, rights: UInt64
  init(_ read: PlainArguments) {
    (memory, process, address) = (read.a0, read.a1, read.a2)
    (offset, length, rights) = (read.words[0], read.words[1], read.words[2])
  }
}

/// unmap and protect.
struct RangeArguments {
  let process, address, length: UInt64
  /// protect only.
  let rights: UInt64
  init(_ read: PlainArguments) {
    (process, address, length, rights) = (read.a0, read.a1, read.a2, read.words[0])
  }
}

/// start. `argument` is passed on to the thread as it is.
struct StartArguments {
  let thread, entry, stack, argument: UInt64
  init(_ read: PlainArguments) {
    (thread, entry, stack, argument) = (read.a0, read.a1, read.a2, read.words[0])
  }
}

/// readRegisters and writeRegisters. The address is one of the caller's, not of the thread's
/// process.
struct RegisterArguments {
  let thread, address, byteCount: UInt64
  init(_ read: PlainArguments) { (thread, address, byteCount) = (read.a0, read.a1, read.a2) }
}

/// setPriority.
struct PriorityArguments {
  let thread, priority: UInt64
  init(_ read: PlainArguments) { (thread, priority) = (read.a0, read.a1) }
}

/// bind. `target` is 0 to end the binding.
struct BindArguments {
  let source, target: UInt64
  init(_ read: PlainArguments) { (source, target) = (read.a0, read.a1) }
}

/// access. `lease` is 0 or 1, `address` one of the caller's own, `direction` 0 to read what is lent
/// and 1 to write it.
struct AccessArguments {
  let reply, lease, address, offset, length, direction: UInt64
  init(_ read: PlainArguments) {
    (reply, lease, address) = (read.a0, read.a1, read.a2)
    (offset, length, direction) = (read.words[0], read.words[1], read.words[2])
  }
}

/// control. `byteCount` and `text` are for logging only: 8 bytes in each word, lowest first.
struct ControlArguments {
  let machine, operation, byteCount: UInt64
  let text: [8 of UInt64]
  init(_ read: PlainArguments) {
    (machine, operation, byteCount, text) = (read.a0, read.a1, read.a2, read.words)
  }
}

extension Kernel where P: ~Copyable {
  /// A mask of rights in an argument.
  ///
  /// Undefined bits are refused, not dropped: whoever asks for a right that does not exist is
  /// told, and does not get a capability that can do less than it was meant to.
  ///
  /// - Parameter index: The argument's index as `badArgument` reports it.
  /// - Throws: `badArgument(index)` for undefined bits.
  static func rights(_ bits: UInt64, argument index: UInt64) throws(Failure) -> Rights {
    guard bits <= UInt64(Rights.all.bits) else { throw .badArgument(index) }
    return Rights(bits: UInt16(bits))
  }
}
