import MnosABI

/// An error with which a call can end.
struct Refusal: Hashable {
  var status: SyscallStatus
  var value: UInt64 = 0
}

/// A system call while it is checked and made.
///
/// Every error that applies is collected; which of them is reported is the kernel's choice. A call
/// without any is made. An error leaves `before` as it was.
struct Attempt {
  let request: Request
  let caller: ObjectID
  let process: ObjectID
  /// The state that an error leaves: that of the beginning, or that after an answer was sent.
  var before: Change
  var change: Change
  var refusals: Set<Refusal> = []
  /// Errors that the kernel may report though the call could succeed: it ran out of memory.
  var scarcities: Set<SyscallStatus> = []

  init(of request: Request, by caller: ObjectID, in change: Change) {
    self.request = request
    self.caller = caller
    self.process = change.world.threads[caller]?.process ?? caller
    self.before = change
    self.change = change
  }

  /// - Parameter isNarrow: Whether to leave out errors with which the call was not seen to end.
  func outcomes(isNarrow: Bool) -> [Step] {
    var steps = refusals.isEmpty ? change.settled() : []
    for refusal in refusals.union(scarcities.map { Refusal(status: $0) }) {
      let end = Completion(refusal.status, value: refusal.value)
      guard !isNarrow || change.observed[caller] == end else { continue }
      var refused = before
      refused.complete(caller, end)
      for step in refused.settled() where !steps.contains(step) { steps.append(step) }
    }
    return steps
  }

  // MARK: Registers

  var world: World { change.world }
  func argument(_ index: Int) -> UInt64 { request.arguments[index] }
  func word(_ index: Int) -> UInt64 { request.words[index] }

  // MARK: Checks

  var isRefused: Bool { !refusals.isEmpty }

  mutating func refuse(_ status: SyscallStatus, value: UInt64 = 0, if applies: Bool = true) {
    if applies { refusals.insert(Refusal(status: status, value: value)) }
  }

  /// The capability that a handle names, if it is of the type; lacking rights are noted.
  mutating func lookUp(
    _ handle: UInt64, as types: Set<ObjectType> = [], needing rights: Rights = .none
  ) -> CapabilityID? {
    guard let id = world.find(handle, in: process), let capability = world.capabilities[id] else {
      refuse(.badCapability)
      return nil
    }
    refuse(.noRight, if: !capability.rights.includes(rights))
    guard types.isEmpty || types.contains(capability.type) else {
      refuse(.wrongType)
      return nil
    }
    return id
  }

  /// The object that a handle names.
  mutating func object(
    _ handle: UInt64, _ type: ObjectType, needing rights: Rights
  ) -> ObjectID? {
    lookUp(handle, as: [type], needing: rights).flatMap { world.capabilities[$0]?.object }
  }

  /// The process that an argument names, 0 for the caller's own.
  mutating func destination(_ handle: UInt64) -> ObjectID? {
    handle == 0 ? process : object(handle, .process, needing: .manage)
  }

  /// Checks that a new capability can go to argument 2's slot, so that `fill` succeeds.
  mutating func checkSlot(in process: ObjectID?) {
    refuse(.badArgument, value: 2, if: argument(2) == 0 || argument(2) > UInt64(SlotChoice.any))
    scarcities.insert(.noMemory)
    guard let process, let choice = UInt16(exactly: argument(2)) else { return }
    if choice != SlotChoice.any {
      refuse(.slotBusy, if: world.slotsInUse(of: process).contains(choice))
      if world.hiddenSlotCount(of: process) > 0 { scarcities.insert(.slotBusy) }
    }
    refuse(.noSlot, if: world.isTableFull(of: process))
  }

  /// The handle under which the kernel puts a capability into argument 2's slot.
  mutating func takeSlot(in process: ObjectID) -> UInt32 {
    let seen = change.completionSeen(of: caller).map { UInt32(truncatingIfNeeded: $0.value) }
    return change.takeSlot(UInt16(argument(2)), of: process, observed: seen)
  }

  mutating func succeed(value: UInt64 = 0, words: [UInt64] = []) {
    change.complete(caller, Completion(value: value, words: words))
  }

  // MARK: Dispatch

  /// Checks the call word, then makes the call.
  mutating func make() {
    guard request.call.number < SyscallNumber.count,
      let number = SyscallNumber(rawValue: UInt8(request.call.number))
    else { return refuse(.unknownSyscall, value: request.call.number) }
    refuse(.badArgument, value: 11, if: request.callWord & ~number.definedBits != 0)
    switch number {
    case .send: send(isCall: false)
    case .receive: receive()
    case .call: send(isCall: true)
    case .reply: reply()
    case .replyAndReceive: replyAndReceive()
    case .signal: signal()
    case .wait: wait()
    case .copy: copy()
    case .move: move()
    case .delete: delete()
    case .revoke: revoke()
    case .inspect: inspect()
    case .create: create()
    case .derive: derive()
    case .map: map()
    case .unmap: unmap()
    case .protect: protect()
    case .start: start()
    case .suspend: suspend()
    case .resume: resume()
    case .setPriority: setPriority()
    case .bind: bind()
    case .destroy: destroy()
    case .exit: exit()
    case .query: query()
    case .yield: if !isRefused { succeed() }
    case .clock: if !isRefused { succeed(value: change.observed[caller]?.value ?? 0) }
    case .readRegisters, .writeRegisters, .acknowledge, .control, .access:
      change.isPermitted = false
    }
  }
}

extension SyscallNumber {
  /// The bits of the call word that the call defines.
  fileprivate var definedBits: UInt64 {
    let number: UInt64 = 0xff
    let words: UInt64 = 0xf00
    let transfers: UInt64 = 1 << 15
    let leases: UInt64 = 0xf << 16
    let reply: UInt64 = 0xffff_ffff << 32
    return switch self {
    case .send: number | words | transfers
    case .receive: number | transfers
    case .call: number | words | transfers | leases
    case .reply, .replyAndReceive: number | words | transfers | reply
    default: number
    }
  }
}
