import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Which call a random program makes, and with what.
extension RandomWorld {
  /// Calls by how often they are made.
  private static let weights: [(SyscallNumber, Int)] = [
    (.send, 8), (.receive, 9), (.call, 9), (.reply, 7), (.replyAndReceive, 6), (.signal, 5),
    (.wait, 3), (.copy, 10), (.move, 4), (.delete, 6), (.revoke, 4), (.inspect, 1),
    (.create, 10), (.derive, 4), (.map, 6), (.unmap, 3), (.protect, 2), (.start, 2),
    (.suspend, 2), (.resume, 3), (.readRegisters, 1), (.writeRegisters, 1),
    (.setPriority, 2), (.bind, 5), (.acknowledge, 2), (.destroy, 3), (.exit, 1), (.yield, 2),
    (.clock, 1), (.query, 2), (.control, 1), (.access, 6),
  ]
  private static let lottery: [SyscallNumber] = weights.flatMap {
    Array(repeating: $0.0, count: $0.1)
  }

  /// A random call by `thread`: mostly one that makes sense.
  mutating func act(_ thread: ThreadID) {
    let number = random.pick(Self.lottery)
    if random.chance(8) { return actWildly(thread, number) }
    let process = machine.kernel.objects[thread].process
    switch number {
    case .send, .receive, .call, .reply, .replyAndReceive: communicate(thread, number)
    case .create: create(thread)
    default:
      let (a0, a1, a2, words) = arguments(of: number, process)
      let padded = words + Array(repeating: 0, count: 8 - words.count)
      invoke(thread, CallWord(number), a0, a1, a2, padded)
    }
  }

  /// Any register contents at all.
  private mutating func actWildly(_ thread: ThreadID, _ number: SyscallNumber) {
    let process = machine.kernel.objects[thread].process
    var word = CallWord(number).rawValue
    if random.chance(30) { word |= UInt64(random.below(16)) << 8 }
    if random.chance(20) { word |= 1 << 15 }
    if random.chance(20) { word |= handle(process) << 32 }
    if random.chance(10) { word ^= 1 << UInt64(random.below(32)) }
    if random.chance(5) { word = random.next() }
    let number = word & 0xff
    // Powering off is no failure of the kernel's, but ends nothing here either.
    let values = (0..<11).map { _ in
      random.chance(40) ? handle(process) : boundary()
    }
    if number == UInt64(SyscallNumber.create.rawValue) { return create(thread) }
    invoke(
      thread, CallWord(rawValue: word), values[0], values[1], values[2], Array(values[3...]))
  }

  private mutating func boundary() -> UInt64 {
    random.pick([
      0, 1, 2, 3, 7, 8, 63, 64, 100, 255, 256, 4095, 4096, 4097, 65_534, 65_535, 65_536,
      1 << 31, UInt64(UInt32.max), 1 << 32, 1 << 62, 1 << 63, .max, .max - 7, Actor.scratch,
      machine.now + 500,
    ])
  }

  /// A handle of `process`: usually a live one, of `type` if there is one.
  private mutating func handle(_ process: ProcessID, _ type: ObjectType? = nil) -> UInt64 {
    if random.chance(4) { return boundary() }
    var wanted = handles(of: process, random.chance(92) ? type : nil)
    if wanted.isEmpty { wanted = handles(of: process) }
    guard !wanted.isEmpty else { return UInt64(random.below(12)) | 1 << 16 }
    let handle = UInt64(random.pick(wanted).rawValue)
    return random.chance(3) ? handle ^ 1 << UInt64(random.below(40)) : handle
  }

  private mutating func processHandle(_ process: ProcessID) -> UInt64 {
    random.chance(60) ? 0 : handle(process, .process)
  }

  private mutating func slotChoice() -> UInt64 {
    if random.chance(70) { return 0xffff }
    return random.chance(90) ? UInt64(random.below(70)) : random.pick([0, 130, 65_536, .max])
  }

  private mutating func deadline() -> UInt64 {
    switch random.below(10) {
    case 0...2: Deadline.poll
    case 3...5: machine.now + UInt64(random.below(4_000))
    case 6: UInt64(random.below(900))
    default: Deadline.never
    }
  }

  private mutating func rights() -> UInt64 {
    // Rights that a capability lacks are refused, so mostly ask for what many have.
    random.chance(50) ? 0xff : random.chance(90) ? UInt64(random.below(256)) : 256
  }

  private mutating func mapRights() -> UInt64 {
    if random.chance(60) { return random.pick([1, 3, 5]) }
    return UInt64(random.below(9))
  }

  /// Rights of a mapping, at times with what protect may give later.
  private mutating func mapRightsWithLater() -> UInt64 {
    mapRights() | (random.chance(40) ? UInt64(random.below(9)) << 8 : 0)
  }

  // MARK: Messages

  private mutating func communicate(_ thread: ThreadID, _ number: SyscallNumber) {
    let process = machine.kernel.objects[thread].process
    let isSending = number != .receive
    let count = isSending ? UInt64(random.below(9)) : 0
    var reply = Handle.none
    if number == .reply || number == .replyAndReceive && random.chance(70) {
      reply = Handle(rawValue: UInt32(truncatingIfNeeded: handle(process, .reply)))
    }
    let hasTransfers = random.chance(45)
    if hasTransfers { writeRecord(thread, attaches: isSending) }
    var words = (0..<8).map { _ in UInt64(random.below(3)) }
    var leases = Leases.none
    if number == .call, random.chance(40) {
      leases = Leases(bits: UInt8(random.below(16)))
      words.replaceSubrange(4..., with: lentRange() + lentRange())
    }
    let isLending = leases != .none && random.chance(95)
    invoke(
      thread,
      CallWord(
        number, wordCount: isLending ? min(count, 4) : count, hasTransfers: hasTransfers,
        leases: leases, reply: reply),
      handle(process, .endpoint), deadline(),
      random.chance(95) ? Actor.scratch : pageAddress(), words)
  }

  /// Address and length: mostly within what is mapped, or a little more.
  private mutating func lentRange() -> [UInt64] {
    if random.chance(5) { return [boundary(), boundary()] }
    let base = random.chance(40) ? Actor.scratch : pageAddress()
    return [base &+ UInt64(random.below(5000)), UInt64(random.below(20_000))]
  }

  private mutating func writeRecord(_ thread: ThreadID, attaches: Bool) {
    let process = machine.kernel.objects[thread].process
    let count = attaches ? random.below(random.chance(95) ? 4 : 6) : 0
    var accepts: UInt64 = 0
    for index in 0..<4 as Range<UInt64> { accepts |= (slotChoice() & 0xffff) << (index * 16) }
    if random.chance(30) { accepts = .max }
    var record = [UInt64(count), accepts]
    for _ in 0..<min(count, 4) {
      let isMove = random.chance(50)
      let transfer = CapabilityTransfer(
        Handle(
          rawValue: UInt32(
            truncatingIfNeeded: handle(process, random.chance(20) ? .reply : nil))),
        rights: Rights(
          bits: UInt16(random.chance(70) ? 0xff : random.below(256))),
        isMove: isMove)
      record.append(transfer.rawValue)
    }
    machine.become(thread)
    for (index, word) in record.enumerated() {
      _ = machine.kernel.platform.store(word, at: Actor.scratch + UInt64(index) * 8)
    }
  }

  // MARK: Everything else

  private mutating func create(_ thread: ThreadID) {
    let process = machine.kernel.objects[thread].process
    let type = random.pick([
      ObjectType.endpoint, .endpoint, .notification, .notification, .memory, .memory,
      .process, .thread, .thread, .interrupt, .portRange, .budget, .dmaSpace, .dmaSpace, .reply,
    ])
    let machineHandle = handle(process, .machine)
    let words: [UInt64] =
      switch type {
      case .memory:
        random.chance(80)
          ? memoryWords()
          : [4096, 1, machineHandle, random.pick([0, 0x1000, 0xfee0_0000, 0x8_0000_3000, 5])]
      case .thread: [handle(process, .process), UInt64(97 + random.below(4))]
      case .interrupt: [machineHandle, UInt64(random.below(9))]
      case .dmaSpace: [machineHandle, random.pick([0, 0, 0x8_0010_0000, 4096, boundary()])]
      case .portRange: [machineHandle, UInt64(random.below(300)), UInt64(random.below(20))]
      case .budget:
        [UInt64(random.below(40)) * 4096, UInt64(random.below(30))]
          + (random.chance(40) ? [UInt64(random.below(300)), UInt64(900 + random.below(400))] : [])
      default: []
      }
    invoke(
      thread, CallWord(.create), handle(process, .budget),
      random.chance(97) ? UInt64(type.rawValue) : boundary(), slotChoice(),
      words + Array(repeating: 0, count: 8 - words.count))
  }

  /// Bytes, options, limit and alignment of new memory: mostly such as can be.
  private mutating func memoryWords() -> [UInt64] {
    let byteCount = UInt64(random.below(random.chance(10) ? 80 : 20)) * 4096
    guard random.chance(40) else { return [byteCount, 0] }
    let ram = machine.kernel.platform.ramRange
    let limit = random.pick([
      0, 0, 0, ram.lowerBound + UInt64(random.below(600)) * 4096, ram.upperBound, 4096, boundary(),
    ])
    let caching = UInt64(random.below(5)) << 4
    return random.chance(60)
      ? [byteCount, 2 | caching, limit, random.pick([0, 0, 4096, 8192, 1 << 16, boundary()])]
      : [byteCount, caching, limit, 0]
  }

  /// Arguments that fit a call.
  private mutating func arguments(
    of number: SyscallNumber, _ process: ProcessID
  ) -> (UInt64, UInt64, UInt64, [UInt64]) {
    switch number {
    case .signal: (handle(process, .notification), 0, 0, [])
    case .wait: (handle(process, .notification), deadline(), 0, [])
    case .copy:
      (
        handle(process), processHandle(process), slotChoice(),
        [rights(), random.chance(20) ? UInt64(random.below(3)) : 0]
      )
    case .move: (handle(process), processHandle(process), slotChoice(), [])
    case .delete, .revoke: (handle(process), 0, 0, [])
    case .query:
      (
        handle(process), random.chance(50) ? 0 : UInt64(random.below(5)),
        random.chance(80) ? UInt64(random.below(200)) : random.next(), []
      )
    case .inspect: (handle(process), random.chance(50) ? 0 : handle(process), 0, [])
    case .derive:
      (
        handle(process, random.chance(80) ? .memory : .portRange),
        random.chance(80) ? UInt64(random.below(3)) * 4096 : UInt64(random.below(9)),
        slotChoice(),
        [random.chance(80) ? UInt64(random.below(3)) * 4096 : 2, rights()]
      )
    case .map:
      random.chance(20) ? deviceMapping(process) : (
        handle(process, .memory), processHandle(process), pageAddress(),
        [
          UInt64(random.below(2)) * 4096, UInt64(random.below(4)) * 4096,
          mapRightsWithLater(),
        ]
      )
    case .unmap:
      random.chance(20)
        ? (
          handle(process, .dmaSpace), deviceAddress(), UInt64(1 + random.below(3)) * 4096, []
        )
        : (processHandle(process), pageAddress(), UInt64(1 + random.below(3)) * 4096, [])
    case .protect:
      (
        processHandle(process), pageAddress(), UInt64(1 + random.below(3)) * 4096,
        [mapRights()]
      )
    case .start: (handle(process, .thread), 0x10_0000, 0x20_0000, [1])
    case .suspend, .resume: (handle(process, .thread), 0, 0, [])
    case .readRegisters, .writeRegisters:
      (handle(process, .thread), Actor.scratch, UInt64(random.below(36)) * 8, [])
    case .setPriority: (handle(process, .thread), UInt64(97 + random.below(5)), 0, [])
    case .bind: bindArguments(process)
    case .acknowledge: (handle(process, .interrupt), 0, 0, [])
    case .destroy:
      (handle(process, random.pick([.budget, .dmaSpace, nil, nil, nil])), 0, 0, [])
    case .exit: (boundary(), 0, 0, [])
    case .access:
      (
        handle(process, .reply), UInt64(random.below(2)),
        (random.chance(40) ? Actor.scratch : pageAddress()) &+ UInt64(random.below(4096)),
        [
          UInt64(random.below(3000)), UInt64(random.below(random.chance(50) ? 9 : 12_000)),
          UInt64(random.below(2)),
        ]
      )
    case .control: (handle(process, .machine), UInt64(random.below(4)), 3, [0x41_4141])
    default: (0, 0, 0, [])
    }
  }

  /// Memory for a device.
  private mutating func deviceMapping(
    _ process: ProcessID
  ) -> (UInt64, UInt64, UInt64, [UInt64]) {
    (
      handle(process, .memory), handle(process, .dmaSpace), random.chance(95) ? 0 : pageAddress(),
      [
        UInt64(random.below(3)) * 4096, UInt64(1 + random.below(3)) * 4096,
        UInt64(random.below(random.chance(90) ? 4 : 9)),
      ]
    )
  }

  /// Mostly one at which a device reaches something.
  private mutating func deviceAddress() -> UInt64 {
    let mappings = Census(machine.kernel).dmaMappings
    guard !mappings.isEmpty, random.chance(90) else { return pageAddress() }
    return machine.kernel.objects[random.pick(mappings)].address
  }

  private mutating func bindArguments(
    _ process: ProcessID
  ) -> (UInt64, UInt64, UInt64, [UInt64]) {
    let pairs: [(ObjectType, ObjectType)] = [
      (.notification, .thread), (.thread, .endpoint), (.thread, .notification),
      (.process, .notification), (.interrupt, .notification), (.portRange, .process),
    ]
    let (source, target) = random.pick(pairs)
    return (
      handle(process, source), random.chance(20) ? 0 : handle(process, target), 0, []
    )
  }
}
