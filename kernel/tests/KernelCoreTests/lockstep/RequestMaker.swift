import KernelModel
import MnosABI

/// Chooses what a thread asks of the kernel: mostly something that makes sense.
struct RequestMaker {
  private let lockstep: Lockstep
  private let caller: ModelObject
  private let process: ModelObject
  /// What the caller's process can name, by handle.
  private let table: [(handle: UInt64, capability: ModelCapability)]
  /// Whether all handles are to be live ones of fitting types.
  private var isHonest = true
  var random: RandomSource
  /// What the caller writes at argument 2 before it makes the call.
  private(set) var record: Record?

  static let scratch: UInt64 = 0x40_0000

  init(_ lockstep: Lockstep, for caller: ModelObject) {
    self.lockstep = lockstep
    self.caller = caller
    process = lockstep.world.threads[caller]?.process ?? caller
    table = lockstep.world.namedCapabilities(of: process)
    random = lockstep.random
  }

  /// Calls by how often they are made.
  private static let weights: [(SyscallNumber, Int)] = [
    (.send, 9), (.receive, 10), (.call, 11), (.reply, 8), (.replyAndReceive, 8), (.signal, 6),
    (.wait, 5), (.copy, 14), (.move, 5), (.delete, 7), (.revoke, 4), (.inspect, 2),
    (.create, 12), (.derive, 3), (.map, 5), (.unmap, 2), (.protect, 2), (.start, 5),
    (.suspend, 3), (.resume, 6), (.setPriority, 2), (.bind, 7), (.destroy, 2), (.exit, 1),
    (.yield, 1), (.clock, 1), (.query, 3),
  ]
  private static let lottery: [SyscallNumber] = weights.flatMap {
    Array(repeating: $0.0, count: $0.1)
  }

  mutating func make() -> Request {
    isHonest = random.chance(70)
    if random.chance(2) { return makeWild() }
    let number = random.pick(Self.lottery)
    switch number {
    case .send, .receive, .call, .reply, .replyAndReceive: return makeMessage(number)
    case .create: return makeCreation()
    default:
      let (arguments, words) = arguments(of: number)
      return Request(callWord: CallWord(number).rawValue, arguments: arguments, words: words)
    }
  }

  /// Bits that the call does not define, or no call at all.
  private mutating func makeWild() -> Request {
    let word = CallWord(random.pick(Self.lottery)).rawValue | 1 << UInt64(random.below(64))
    return Request(
      callWord: word, arguments: [handle(), Deadline.poll, 0], words: [handle(), handle()])
  }

  // MARK: Parts

  /// A handle: a live one of one of the types, or, in a dishonest request, perhaps anything.
  mutating func handle(_ types: ObjectType...) -> UInt64 {
    guard isHonest || random.chance(50) else { return badHandle() }
    let fitting = table.filter { types.isEmpty || types.contains($0.capability.type) }
    return fitting.isEmpty ? badHandle() : random.pick(fitting).handle
  }

  private mutating func badHandle() -> UInt64 {
    switch random.below(6) {
    case 0, 1: table.isEmpty ? 1 : random.pick(table).handle
    case 2, 3: lockstep.usedHandles.isEmpty ? 0 : random.pick(lockstep.usedHandles)
    case 4:
      (table.isEmpty ? 1 : random.pick(table).handle) ^ 1 << UInt64(random.below(33))
    default: random.pick([0, 1, 0xffff, 0x1_ffff, 1 << 32, .max])
    }
  }

  private mutating func ownOr(_ type: ObjectType, percent: Int) -> UInt64 {
    random.chance(percent) ? 0 : handle(type)
  }

  private mutating func rights() -> UInt64 {
    random.chance(60)
      ? UInt64(Rights.all.bits) : random.chance(97) ? UInt64(random.below(256)) : 0x100
  }

  private mutating func slot() -> UInt64 {
    if random.chance(70) { return UInt64(SlotChoice.any) }
    return random.chance(95) ? UInt64(1 + random.below(60)) : random.pick([0, 0x1_0000, .max])
  }

  /// When to wait no longer.
  private mutating func deadline() -> UInt64 {
    switch random.below(10) {
    case 0, 1: Deadline.poll
    case 2...5: lockstep.deadline(&random)
    default: Deadline.never
    }
  }

  static func page(_ random: inout RandomSource) -> UInt64 {
    scratch + UInt64(random.below(4)) * Limits.pageByteCount
  }

  private mutating func pageRights() -> UInt64 {
    random.chance(80) ? random.pick([1, 3, 5]) : UInt64(random.below(9))
  }

  private mutating func address() -> UInt64 {
    if random.chance(92) { return Self.page(&random) }
    let end = lockstep.world.userEnd
    return random.pick([0, 0xf000, 0x1_0000, 0x40_0004, end - 4096, end, .max - 4095])
  }

  private mutating func pages(_ limit: Int) -> UInt64 {
    random.chance(95)
      ? UInt64(1 + random.below(limit)) * Limits.pageByteCount : random.pick([0, 5, 1 << 41])
  }

  // MARK: Messages

  private mutating func makeMessage(_ number: SyscallNumber) -> Request {
    let isSending = number != .receive
    let isAnswer = number == .reply || number == .replyAndReceive
    let reply = number == .reply || isAnswer && random.chance(60) ? handle(.reply) : 0
    let isBare = number == .receive || isAnswer && reply == 0
    var count = isBare && isHonest ? 0 : UInt64(random.below(9))
    var words = (0..<8).map { _ in UInt64(random.below(3)) }
    var leases = Leases.none
    if number == .call, random.chance(15) {
      leases = Leases(bits: UInt8(random.below(16)))
      if isHonest { count = min(count, 4) }
      words.replaceSubrange(4..., with: [Self.scratch, 100, address(), pages(2)])
    }
    if random.chance(60) { makeRecord(attaches: isSending && !(isBare && isHonest)) }
    let word = CallWord(
      number, wordCount: count, hasTransfers: record != nil, leases: leases,
      reply: Handle(rawValue: UInt32(truncatingIfNeeded: reply)))
    let place = random.chance(97) ? Self.scratch : address()
    return Request(
      callWord: word.rawValue, arguments: [handle(.endpoint), deadline(), place], words: words)
  }

  private mutating func makeRecord(attaches: Bool) {
    let count = attaches ? random.below(isHonest ? 4 : 6) : 0
    var accepts: UInt64 = 0
    for _ in 0..<4 { accepts = accepts << 16 | slot() & 0xffff }
    if random.chance(60) { accepts = .max }
    let transfers = (0..<4).map { _ in
      let named = random.chance(10) ? handle(.reply) : handle()
      return CapabilityTransfer(
        Handle(rawValue: UInt32(truncatingIfNeeded: named)),
        rights: Rights(bits: UInt16(rights())), isMove: random.chance(40)
      ).rawValue
    }
    record = Record(count: UInt64(count), accepts: accepts, transfers: transfers)
  }

  // MARK: Everything else

  private mutating func makeCreation() -> Request {
    let type = random.pick([
      ObjectType.endpoint, .endpoint, .notification, .notification, .memory, .process, .thread,
      .thread, .thread, .budget,
    ])
    let words: [UInt64] =
      switch type {
      case .memory: [pages(3), random.chance(80) ? 0 : 2]
      case .thread: [handle(.process), UInt64(97 + random.below(isHonest ? 4 : 6))]
      case .budget: [UInt64(random.below(40)) * Limits.pageByteCount, UInt64(random.below(30))]
      default: []
      }
    let code = isHonest || random.chance(90) ? UInt64(type.rawValue) : UInt64(random.below(300))
    return Request(
      callWord: CallWord(.create).rawValue, arguments: [handle(.budget), code, slot()],
      words: words)
  }

  private mutating func arguments(
    of number: SyscallNumber
  ) -> (arguments: [UInt64], words: [UInt64]) {
    switch number {
    case .signal: ([handle(.notification)], [])
    case .wait: ([handle(.notification), deadline()], [])
    case .copy:
      (
        [handle(), ownOr(.process, percent: 40), slot()],
        [rights(), random.chance(20) ? UInt64(random.below(4)) : 0]
      )
    case .move: ([handle(), ownOr(.process, percent: 50), slot()], [])
    case .inspect: ([handle(), random.chance(50) ? 0 : handle()], [])
    case .derive:
      ([handle(.memory), pages(2) &- Limits.pageByteCount, slot()], [pages(2), rights()])
    case .map:
      (
        [handle(.memory), ownOr(.process, percent: 60), address()],
        [
          UInt64(random.below(2)) * Limits.pageByteCount, pages(3),
          pageRights() | (random.chance(40) ? pageRights() << 8 : 0),
        ]
      )
    case .unmap: ([ownOr(.process, percent: 60), address(), pages(3)], [])
    case .protect: ([ownOr(.process, percent: 60), address(), pages(3)], [pageRights()])
    case .start:
      ([handle(.thread), random.chance(95) ? 0x10_0000 : .max, 0x20_0000], [1])
    case .suspend, .resume: ([handle(.thread)], [])
    case .setPriority: ([handle(.thread), UInt64(97 + random.below(5))], [])
    case .bind: bindArguments()
    case .destroy:
      (
        [random.chance(60) ? handle(.endpoint, .notification) : handle(.thread, .process, .budget)],
        []
      )
    case .exit: ([random.pick([0, 1, 7, 1 << 62, .max])], [])
    default: ([handle()], [])
    }
  }

  private mutating func bindArguments() -> ([UInt64], [UInt64]) {
    let pairs: [(ObjectType, ObjectType)] = [
      (.notification, .thread), (.thread, .endpoint), (.thread, .endpoint),
      (.thread, .notification), (.process, .notification),
    ]
    let (source, target) = random.pick(pairs)
    return ([handle(source), random.chance(20) ? 0 : handle(target)], [])
  }
}

extension World {
  /// What a process can name, by handle.
  fileprivate func namedCapabilities(
    of process: ModelObject
  ) -> [(handle: UInt64, capability: ModelCapability)] {
    capabilities.values.compactMap { capability in
      guard case .slot(process, let handle) = capability.place else { return nil }
      return (UInt64(handle), capability)
    }.sorted { $0.handle < $1.handle }
  }
}
