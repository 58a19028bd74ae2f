import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// System calls as actors make them.
extension TestMachine {
  /// What words and unused registers hold before a call, so that a change shows.
  static func pattern(_ index: Int) -> UInt64 { 0xc0de_0000_0000_0000 | UInt64(index) << 8 }

  /// Makes a call with all registers as given.
  @discardableResult
  func invoke(
    _ actor: Actor, word: CallWord, _ a0: UInt64 = 0, _ a1: UInt64 = 0, _ a2: UInt64 = 0,
    words: [UInt64] = []
  ) -> Outcome {
    become(actor.thread)
    var registers = kernel.objects[actor.thread].registers
    for index in 3..<SimulatedRegisters.recordWordCount {
      registers.setRecordWord(at: index, to: Self.pattern(index) ^ salt)
    }
    registers.callWord = word.rawValue
    registers.argument0 = a0
    registers.argument1 = a1
    registers.argument2 = a2
    for index in 0..<8 {
      registers[word: index] = index < words.count ? words[index] : Self.pattern(100 + index) ^ salt
    }
    kernel.objects[actor.thread].registers = registers
    enter { kernel in
      guard kernel.takeFastPath() else { return kernel.takeGeneralPath() }
      // The machine goes to user mode from here: there must be nothing left to do.
      let isDone =
        !kernel.objects[kernel.cpu].needsSchedule && !kernel.objects.shared.reaper.hasIncoming
        && !kernel.hasWork
      precondition(isDone, "the fast path left something to be done")
    }
    return outcome(actor)
  }

  /// Makes a call that carries no message; unnamed words are 0.
  @discardableResult
  func call(
    _ actor: Actor, _ number: SyscallNumber, _ a0: UInt64 = 0, _ a1: UInt64 = 0,
    _ a2: UInt64 = 0, _ words: [UInt64] = []
  ) -> Outcome {
    let padded = words + Array(repeating: 0, count: 8 - words.count)
    return invoke(actor, word: CallWord(number), a0, a1, a2, words: padded)
  }

  // MARK: Messages

  /// What a message call carries beside its words.
  struct Transfers {
    var attached: [(handle: Handle, rights: Rights, isMove: Bool)] = []
    /// Slots for received capabilities, or nil to accept none.
    var accepts: [UInt16] = []
    static let acceptAny = Transfers(accepts: [0xffff, 0xffff, 0xffff, 0xffff])
    static func move(_ handle: Handle) -> Transfers {
      Transfers(attached: [(handle, .all, true)])
    }
    static func copy(_ handle: Handle, rights: Rights = .all) -> Transfers {
      Transfers(attached: [(handle, rights, false)])
    }
  }

  /// Writes a transfer record into an actor's scratch page; returns its address.
  func write(_ transfers: Transfers, for actor: Actor) -> UInt64 {
    var accepts: UInt64 = 0
    for (index, slot) in transfers.accepts.enumerated() {
      accepts |= UInt64(slot) << UInt64(index * 16)
    }
    var record = [UInt64(transfers.attached.count), accepts]
    record += transfers.attached.map {
      CapabilityTransfer($0.handle, rights: $0.rights, isMove: $0.isMove).rawValue
    }
    for (index, word) in record.enumerated() {
      poke(actor, word, at: Actor.scratch + UInt64(index) * 8)
    }
    return Actor.scratch
  }

  private func message(
    _ actor: Actor, _ number: SyscallNumber, _ handle: Handle, _ words: [UInt64],
    _ deadline: UInt64, _ transfers: Transfers?, _ reply: Handle = .none
  ) -> Outcome {
    let address = transfers.map { write($0, for: actor) } ?? Self.pattern(50)
    return invoke(
      actor,
      word: CallWord(
        number, wordCount: UInt64(words.count), hasTransfers: transfers != nil, reply: reply),
      UInt64(handle.rawValue), deadline, address, words: words)
  }

  @discardableResult
  func send(
    _ actor: Actor, _ endpoint: Handle, _ words: [UInt64] = [],
    deadline: UInt64 = Deadline.never, _ transfers: Transfers? = nil
  ) -> Outcome {
    message(actor, .send, endpoint, words, deadline, transfers)
  }

  @discardableResult
  func request(
    _ actor: Actor, _ endpoint: Handle, _ words: [UInt64] = [],
    deadline: UInt64 = Deadline.never, _ transfers: Transfers? = nil
  ) -> Outcome {
    message(actor, .call, endpoint, words, deadline, transfers)
  }

  @discardableResult
  func receive(
    _ actor: Actor, _ endpoint: Handle, deadline: UInt64 = Deadline.never,
    _ transfers: Transfers? = nil
  ) -> Outcome {
    message(actor, .receive, endpoint, [], deadline, transfers)
  }

  @discardableResult
  func reply(
    _ actor: Actor, _ right: Handle, _ words: [UInt64] = [], _ transfers: Transfers? = nil
  ) -> Outcome {
    message(actor, .reply, .none, words, 0, transfers, right)
  }

  @discardableResult
  func replyAndReceive(
    _ actor: Actor, _ right: Handle, _ endpoint: Handle, _ words: [UInt64] = [],
    deadline: UInt64 = Deadline.never, _ transfers: Transfers? = nil
  ) -> Outcome {
    message(actor, .replyAndReceive, endpoint, words, deadline, transfers, right)
  }

  // MARK: Leases

  /// A call that lends memory of the caller's.
  struct Loan {
    var base: UInt64
    var byteCount: UInt64
    var access = LeaseAccess.readWrite
  }

  /// - Parameters:
  ///   - words: At most four.
  ///   - loans: At most two.
  @discardableResult
  func request(
    _ actor: Actor, _ endpoint: Handle, _ words: [UInt64] = [], lending loans: [Loan],
    deadline: UInt64 = Deadline.never, _ transfers: Transfers? = nil
  ) -> Outcome {
    let address = transfers.map { write($0, for: actor) } ?? Self.pattern(50)
    var registers = words + (words.count..<4).map { Self.pattern(100 + $0) }
    for loan in loans { registers += [loan.base, loan.byteCount] }
    return invoke(
      actor,
      word: CallWord(
        .call, wordCount: UInt64(words.count), hasTransfers: transfers != nil,
        leases: Leases(loans.first?.access ?? .none, loans.count > 1 ? loans[1].access : .none)),
      UInt64(endpoint.rawValue), deadline, address, words: registers)
  }

  /// Copies between an actor's own memory and what the caller lends that a right stands for.
  @discardableResult
  func access(
    _ actor: Actor, _ right: Handle, lease: UInt64 = 0, _ direction: LeaseAccess,
    at address: UInt64, offset: UInt64 = 0, byteCount: UInt64
  ) -> CallResult {
    call(
      actor, .access, UInt64(right.rawValue), lease, address,
      [offset, byteCount, direction == .write ? 1 : 0]
    ).ended
  }

  // MARK: Notifications

  @discardableResult
  func signal(_ actor: Actor, _ notification: Handle) -> Outcome {
    call(actor, .signal, UInt64(notification.rawValue))
  }

  @discardableResult
  func wait(
    _ actor: Actor, _ notification: Handle, deadline: UInt64 = Deadline.never
  ) -> Outcome {
    call(actor, .wait, UInt64(notification.rawValue), deadline)
  }

  // MARK: Capabilities

  @discardableResult
  func copy(
    _ actor: Actor, _ source: Handle, to process: Handle = .none, slot: UInt16 = 0xffff,
    rights: Rights, badge: UInt64 = 0
  ) -> Outcome {
    call(
      actor, .copy, UInt64(source.rawValue), UInt64(process.rawValue), UInt64(slot),
      [UInt64(rights.bits), badge])
  }

  @discardableResult
  func move(
    _ actor: Actor, _ source: Handle, to process: Handle = .none, slot: UInt16 = 0xffff
  ) -> Outcome {
    call(actor, .move, UInt64(source.rawValue), UInt64(process.rawValue), UInt64(slot))
  }

  @discardableResult
  func delete(_ actor: Actor, _ handle: Handle) -> Outcome {
    call(actor, .delete, UInt64(handle.rawValue))
  }

  @discardableResult
  func revoke(_ actor: Actor, _ handle: Handle) -> Outcome {
    call(actor, .revoke, UInt64(handle.rawValue))
  }

  @discardableResult
  func destroy(_ actor: Actor, _ handle: Handle) -> Outcome {
    call(actor, .destroy, UInt64(handle.rawValue))
  }

  /// Type, rights and badge of a capability, or nil if the handle names none.
  func inspect(_ actor: Actor, _ handle: Handle) -> (
    type: ObjectType, rights: Rights, badge: UInt64
  )? {
    let outcome = call(actor, .inspect, UInt64(handle.rawValue))
    guard outcome.status == .ok else { return nil }
    return (
      ObjectType(rawValue: UInt8(outcome.words[0])) ?? .none,
      Rights(bits: UInt16(outcome.words[1])), outcome.words[2]
    )
  }

  /// Whether a handle names a capability.
  func names(_ actor: Actor, _ handle: Handle) -> Bool { inspect(actor, handle) != nil }

  /// The words that `query` answers, or nil on error.
  func query(_ actor: Actor, _ handle: Handle) -> [UInt64]? {
    let outcome = call(actor, .query, UInt64(handle.rawValue))
    return outcome.status == .ok ? outcome.words : nil
  }
}
