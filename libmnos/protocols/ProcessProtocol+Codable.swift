extension ProcessProtocol.Request {
  public static var operations: ClosedRange<UInt64> { 0x200...0x2ff }

  public func encode(into message: inout Message) {
    switch self {
    case .spawn(let request):
      message.append(0x200)
      message.append(UInt64(request.argumentByteCount))
      message.append(request.programByteCount)
      message.append((request.hasConsole ? 1 : 0) | (request.hasFiles ? 2 : 0))
    case .list(let first):
      message.append(0x201)
      message.append(UInt64(first))
    case .kill(let process):
      message.append(0x202)
      message.append(UInt64(process))
    case .wait(let process):
      message.append(0x203)
      message.append(UInt64(process))
    case .service(let index):
      message.append(0x204)
      message.append(UInt64(index))
    case .power(let operation):
      message.append(0x205)
      message.append(operation.rawValue)
    case .capability(let process, let position):
      Self.encode(0x206, of: process, from: position, into: &message)
    case .thread(let process, let number):
      Self.encode(0x207, of: process, from: number, into: &message)
    case .stray(let number):
      message.append(0x208)
      message.append(number)
    }
  }

  private static func encode(
    _ operation: UInt64, of process: UInt32, from position: UInt64, into message: inout Message
  ) {
    message.append(operation)
    message.append(UInt64(process))
    message.append(position)
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    switch try reader.next() {
    case 0x200: self = .spawn(try Self.spawnRequest(from: &reader))
    case 0x201: self = .list(from: try reader.nextHalf())
    case 0x202: self = .kill(try reader.nextHalf())
    case 0x203: self = .wait(try reader.nextHalf())
    case 0x204: self = .service(at: try reader.nextHalf())
    case 0x205:
      guard let operation = PowerOperation(rawValue: try reader.next()) else {
        throw MalformedMessage()
      }
      self = .power(operation)
    case 0x206: self = .capability(of: try reader.nextHalf(), from: try reader.next())
    case 0x207: self = .thread(of: try reader.nextHalf(), from: try reader.next())
    case 0x208: self = .stray(from: try reader.next())
    default: throw MalformedMessage()
    }
  }

  private static func spawnRequest(
    from reader: inout MessageReader
  ) throws(MalformedMessage) -> SpawnRequest {
    let arguments = try reader.nextHalf()
    let program = try reader.next()
    let flags = try reader.next()
    guard flags <= 3 else { throw MalformedMessage() }
    return SpawnRequest(
      argumentByteCount: arguments, programByteCount: program, hasConsole: flags & 1 != 0,
      hasFiles: flags & 2 != 0)
  }
}

extension MessageReader {
  /// A word that must fit 32 bits.
  public mutating func nextHalf() throws(MalformedMessage) -> UInt32 {
    guard let value = UInt32(exactly: try next()) else { throw MalformedMessage() }
    return value
  }
}

extension ProcessProtocol.Reply {
  public func encode(into message: inout Message) {
    switch self {
    case .done: message.append(0)
    case .started(let process):
      message.append(1)
      message.append(UInt64(process))
    case .process(let info): Self.encode(info, into: &message)
    case .ended(let value):
      message.append(3)
      message.append(value)
    case .service(let info):
      // Neither part of a share is more than a second, so 24 bits hold it.
      let share = (info.share?.microseconds ?? 0, info.share?.period ?? 0)
      message.append(4)
      message.append(
        UInt64(info.state.rawValue) | share.0 << 8 | UInt64(info.process) << 32)
      message.append(
        UInt64(info.restartCount) | share.1 << 32 | (info.keepsQueue ? Self.keepsQueueBit : 0))
      message.append(info.name)
    case .endOfList: message.append(5)
    case .capability(let listing): Self.encode(listing, into: &message)
    case .thread(let listing): Self.encode(listing, into: &message)
    case .stray(let info): Self.encode(info, into: &message)
    case .goOn(let position):
      message.append(9)
      message.append(position)
    }
  }

  private static func encode(_ listing: CapabilityListing, into message: inout Message) {
    let use = UInt64(listing.state.rawValue) << 4 | UInt64(listing.role.rawValue) << 8
    let right = UInt64(listing.type.rawValue) << 16 | UInt64(listing.rights.bits) << 32
    message.append(6 | use | right)
    message.append(UInt64(listing.slot) | UInt64(listing.generation) << 16)
    message.append(listing.badge)
  }

  private static func encode(_ listing: ThreadListing, into message: inout Message) {
    let isSuspended: UInt64 = listing.isSuspended ? 1 << 8 : 0
    let isThrottled: UInt64 = listing.isThrottled ? 1 << 9 : 0
    let state = UInt64(listing.state.rawValue) << 4 | UInt64(listing.priority) << 16
    message.append(7 | state | isSuspended | isThrottled)
    message.append(listing.number)
    message.append(listing.processorNanoseconds)
  }

  private static func encode(_ info: StrayInfo, into message: inout Message) {
    let counts = UInt64(info.threadCount) << 16 | UInt64(info.capabilityCount) << 32
    message.append(8 | UInt64(info.state.rawValue) << 4 | counts)
    message.append(info.number)
    message.append(UInt64(info.memoryKibibytes) | UInt64(info.processorMilliseconds) << 32)
    message.append(UInt64(info.maker))
  }

  /// Two words beside the name: which, in what shape; memory and time.
  private static func encode(_ info: ProcessInfo, into message: inout Message) {
    message.append(
      2 | UInt64(info.state.rawValue) << 4 | UInt64(info.priority) << 8
        | UInt64(info.threadCount) << 16 | UInt64(info.number) << 32)
    message.append(UInt64(info.memoryKibibytes) | UInt64(info.processorMilliseconds) << 32)
    message.append(info.name)
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    let first = try reader.next()
    guard first & Self.unusedBits(of: first & 0xf) == 0 else { throw MalformedMessage() }
    switch first & 0xf {
    case 0: self = .done
    case 1: self = .started(process: try reader.nextHalf())
    case 2: self = .process(try Self.processInfo(first, from: &reader))
    case 3: self = .ended(exitValue: try reader.next())
    case 4: self = .service(try Self.serviceInfo(from: &reader))
    case 5: self = .endOfList
    case 6: self = .capability(try Self.capability(first, from: &reader))
    case 7: self = .thread(try Self.thread(first, from: &reader))
    case 8: self = .stray(try Self.strayInfo(first, from: &reader))
    case 9: self = .goOn(from: try reader.next())
    default: throw MalformedMessage()
    }
  }

  /// Bits of a reply's first word that say nothing, by which reply it is.
  private static func unusedBits(of reply: UInt64) -> UInt64 {
    switch reply {
    case 2: 0
    case 6: 0xffff_0000_ff00_0000
    case 7: 0xffff_ffff_ff00_fc00
    case 8: 0xff00
    default: ~0xf
    }
  }

  private static func processInfo(
    _ first: UInt64, from reader: inout MessageReader
  ) throws(MalformedMessage) -> ProcessInfo {
    guard let state = ProcessState(rawValue: UInt8(first >> 4 & 0xf)) else {
      throw MalformedMessage()
    }
    let usage = try reader.next()
    return ProcessInfo(
      number: UInt32(first >> 32), state: state, priority: UInt8(first >> 8 & 0xff),
      threadCount: UInt16(first >> 16 & 0xffff), memoryKibibytes: UInt32(usage & 0xffff_ffff),
      processorMilliseconds: UInt32(usage >> 32), name: try reader.nextShortName())
  }

  private static var keepsQueueBit: UInt64 { 1 << 63 }

  private static func serviceInfo(
    from reader: inout MessageReader
  ) throws(MalformedMessage) -> ServiceInfo {
    let first = try reader.next()
    let second = try reader.next()
    let (part, period) = (first >> 8 & 0xff_ffff, (second & ~keepsQueueBit) >> 32)
    guard let state = ServiceState(rawValue: UInt8(first & 0xff)), part <= period,
      period < 1 << 24
    else { throw MalformedMessage() }
    return ServiceInfo(
      state: state, process: UInt32(first >> 32), restartCount: UInt32(second & 0xffff_ffff),
      share: period == 0 ? nil : CPUShare(microseconds: part, period: period),
      keepsQueue: second & keepsQueueBit != 0,
      name: try reader.nextShortName())
  }

  private static func capability(
    _ first: UInt64, from reader: inout MessageReader
  ) throws(MalformedMessage) -> CapabilityListing {
    guard let state = SlotState(rawValue: UInt8(first >> 4 & 0xf)),
      let role = BindingRole(rawValue: UInt8(first >> 8 & 0xff)),
      let type = ObjectType(rawValue: UInt8(first >> 16 & 0xff))
    else { throw MalformedMessage() }
    let place = try reader.nextHalf()
    return CapabilityListing(
      slot: UInt16(place & 0xffff), generation: UInt16(place >> 16 & 0xffff), type: type,
      rights: Rights(bits: UInt16(first >> 32 & 0xffff)), badge: try reader.next(), state: state,
      role: role)
  }

  private static func thread(
    _ first: UInt64, from reader: inout MessageReader
  ) throws(MalformedMessage) -> ThreadListing {
    guard let state = ThreadState(rawValue: UInt8(first >> 4 & 0xf)) else {
      throw MalformedMessage()
    }
    return ThreadListing(
      number: try reader.next(), state: state, priority: UInt8(first >> 16 & 0xff),
      processorNanoseconds: try reader.next(), isSuspended: first & 1 << 8 != 0,
      isThrottled: first & 1 << 9 != 0)
  }

  private static func strayInfo(
    _ first: UInt64, from reader: inout MessageReader
  ) throws(MalformedMessage) -> StrayInfo {
    guard let state = ProcessState(rawValue: UInt8(first >> 4 & 0xf)) else {
      throw MalformedMessage()
    }
    let number = try reader.next()
    let usage = try reader.next()
    return StrayInfo(
      number: number, state: state, threadCount: UInt16(first >> 16 & 0xffff),
      capabilityCount: UInt32(first >> 32), memoryKibibytes: UInt32(usage & 0xffff_ffff),
      processorMilliseconds: UInt32(usage >> 32),
      maker: try reader.nextHalf())
  }
}
