/// What a program was started with: its own process, thread and budget, the capabilities
/// that its manifest gives, devices, and arguments.
public struct StartContext: ~Copyable {
  public let process: Process
  public let thread: Thread
  public let budget: Budget
  /// What the kernel tells the first program; nil in every other.
  public let boot: BootInfo?
  private let record: StartRecord
  private var isTaken: [16 of Bool] = .init(repeating: false)
  private var isDeviceTaken: [4 of Bool] = .init(repeating: false)

  /// This process's own. Made once, by `Program`.
  ///
  /// - Returns: nil on the host, or if the page is of another version.
  init?(_ page: StartPage) {
    let boot = page.boot
    var record = StartRecord()
    if let boot {
      record.process = Handle(rawValue: boot.process)
      record.thread = Handle(rawValue: boot.thread)
      record.budget = Handle(rawValue: boot.budget)
      record.imageBase = boot.imageBase
      record.imageEnd = boot.imageEnd
      record.stackBase = boot.stackBase
      record.stackEnd = boot.stackEnd
      record.randomSeed = boot.randomSeed
    } else {
      guard let read = StartRecord(page.bytes) else { return nil }
      record = read
    }
    self.init(record, boot: boot)
  }

  private init(_ record: StartRecord, boot: BootInfo?) {
    self.record = record
    self.boot = boot
    process = Process(adopting: record.process)
    thread = Thread(adopting: record.thread)
    budget = Budget(adopting: record.budget)
  }

  /// Takes the capability that was given under `name`.
  ///
  /// - Throws: `unavailable` if none was, `wrongType`, `badState` if it was taken before.
  public mutating func take<Kind>(
    _ name: ShortName, as kind: Capability<Kind>.Type = Capability<Kind>.self
  ) throws(SyscallStatus) -> Capability<Kind> {
    guard let index = record.index(of: name) else { throw .unavailable }
    guard record.capability(at: index).type == Kind.objectType else { throw .wrongType }
    guard !isTaken[index] else { throw .badState }
    isTaken[index] = true
    return Capability(adopting: record.capability(at: index).handle)
  }

  /// How many capabilities were given by name, and which.
  public var capabilityCount: Int { record.capabilityCount }
  public func capability(at index: Int) -> StartRecord.NamedCapability {
    record.capability(at: index)
  }

  /// Takes the first device of this kind.
  ///
  /// - Throws: `unavailable` if none is left.
  public mutating func takeDevice(_ kind: DeviceKind) throws(SyscallStatus) -> Device {
    for index in 0..<record.deviceCount where !isDeviceTaken[index] {
      guard record.device(at: index).kind == kind.rawValue else { continue }
      isDeviceTaken[index] = true
      return Device(record.device(at: index))
    }
    throw .unavailable
  }

  public var imageBase: UInt64 { record.imageBase }
  public var imageEnd: UInt64 { record.imageEnd }
  public var stackBase: UInt64 { record.stackBase }
  public var stackEnd: UInt64 { record.stackEnd }
}

/// The arguments that this process was started with; by convention 0 is its own name.
public enum Arguments {
  public static var count: Int {
    var count = 0
    let bytes = all
    for index in 0..<bytes.count where bytes[index] == 0 { count += 1 }
    return count
  }

  /// The argument at `index`, without its ending zero; empty if there is none.
  @_lifetime(immortal)
  public static func argument(at index: Int) -> Span<UInt8> {
    let bytes = all
    var (start, place) = (0, 0)
    for end in 0..<bytes.count where bytes[end] == 0 {
      if place == index { return bytes.extracting(start..<end) }
      (start, place) = (end + 1, place + 1)
    }
    return bytes.extracting(0..<0)
  }

  private static var all: Span<UInt8> {
    @_lifetime(immortal) get {
      let page = StartPage.current.bytes
      guard page.count == StartRecord.byteCount, StartRecord(page) != nil else {
        return page.extracting(0..<0)
      }
      return StartRecord.arguments(in: page)
    }
  }
}

/// A device and what it takes to drive it.
public struct Device: ~Copyable {
  public let kind: DeviceKind
  /// Where the registers are: memory with an offset, or ports from a first one on.
  public var registers: Memory?
  public let registerOffset: UInt64
  public var ports: PortRange?
  public let firstPort: UInt16
  /// Distance between registers as a power of two, and bytes in one access.
  public let registerShift: UInt8
  public let accessWidth: UInt8
  public var interrupt: Interrupt?
  /// In hertz, or 0 if unknown.
  public let clockFrequency: UInt32

  init(_ record: DeviceRecord) {
    kind = DeviceKind(rawValue: record.kind) ?? .none
    registers = record.registers == 0 ? nil : Memory(adopting: Handle(rawValue: record.registers))
    registerOffset = UInt64(record.registerOffset)
    ports = record.ports == 0 ? nil : PortRange(adopting: Handle(rawValue: record.ports))
    firstPort = UInt16(truncatingIfNeeded: record.firstPort)
    registerShift = record.registerShift
    accessWidth = record.accessWidth
    interrupt =
      record.interrupt == 0 ? nil : Interrupt(adopting: Handle(rawValue: record.interrupt))
    clockFrequency = record.clockFrequency
  }
}
