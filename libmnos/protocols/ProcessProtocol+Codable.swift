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
    }
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
      message.append(4)
      message.append(UInt64(info.state.rawValue) | UInt64(info.process) << 32)
      message.append(UInt64(info.restartCount))
      message.append(info.name)
    case .endOfList: message.append(5)
    }
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
    switch first & 0xf {
    case 0: self = .done
    case 1: self = .started(process: try reader.nextHalf())
    case 2: self = .process(try Self.processInfo(first, from: &reader))
    case 3: self = .ended(exitValue: try reader.next())
    case 4: self = .service(try Self.serviceInfo(from: &reader))
    case 5: self = .endOfList
    default: throw MalformedMessage()
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

  private static func serviceInfo(
    from reader: inout MessageReader
  ) throws(MalformedMessage) -> ServiceInfo {
    let first = try reader.next()
    guard let state = ServiceState(rawValue: UInt8(first & 0xff)), first >> 8 & 0xff_ffff == 0
    else { throw MalformedMessage() }
    let restarts = try reader.nextHalf()
    return ServiceInfo(
      state: state, process: UInt32(first >> 32), restartCount: restarts,
      name: try reader.nextShortName())
  }
}
