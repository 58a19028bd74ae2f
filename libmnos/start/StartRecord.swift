/// What a program finds in the read-only page that its start argument names.
///
/// All numbers are little endian, at fixed places:
///
/// | offset | bytes | |
/// | --- | --- | --- |
/// | 0 | 8 | magic |
/// | 8 | 4 | version |
/// | 12, 16, 20, 24 | 4 each | capabilities; handles of process, thread, budget |
/// | 28, 72, 76 | 4 each | arguments; devices; bytes of all arguments |
/// | 32, 40, 48, 56 | 8 each | image base and end, stack base and end |
/// | 64 | 8 | random seed |
/// | 80 | 16 x 40 | capabilities: name (32), handle (4), type (4) |
/// | 720 | 4 x 32 | devices: the fields of a `DeviceRecord` |
/// | 896 | 3200 | arguments, each followed by a zero byte |
public struct StartRecord {
  /// "mnosstrt" as bytes.
  public static var expectedMagic: UInt64 { 0x7472_7473_736f_6e6d }
  public static var currentVersion: UInt32 { 1 }
  public static var capabilityCapacity: Int { 16 }
  public static var deviceCapacity: Int { 4 }
  public static var argumentCapacity: Int { 3200 }

  public struct NamedCapability: Equatable, Sendable {
    public let name: ShortName
    public let handle: Handle
    public let type: ObjectType

    public init(name: ShortName, handle: Handle, type: ObjectType) {
      self.name = name
      self.handle = handle
      self.type = type
    }
  }

  public var process = Handle.none
  public var thread = Handle.none
  public var budget = Handle.none
  public var imageBase: UInt64 = 0
  public var imageEnd: UInt64 = 0
  public var stackBase: UInt64 = 0
  public var stackEnd: UInt64 = 0
  public var randomSeed: UInt64 = 0
  public private(set) var capabilityCount = 0
  private var capabilities: [16 of NamedCapability?] = .init(repeating: nil)
  public private(set) var deviceCount = 0
  private var devices: [4 of DeviceRecord] = .init(repeating: DeviceRecord())

  public init() {}

  /// - Returns: false if there is no place left.
  public mutating func append(_ capability: NamedCapability) -> Bool {
    guard capabilityCount < Self.capabilityCapacity else { return false }
    capabilities[capabilityCount] = capability
    capabilityCount += 1
    return true
  }

  /// - Returns: false if there is no place left.
  public mutating func append(_ device: DeviceRecord) -> Bool {
    guard deviceCount < Self.deviceCapacity else { return false }
    devices[deviceCount] = device
    deviceCount += 1
    return true
  }

  /// - Precondition: `0 <= index < capabilityCount`.
  public func capability(at index: Int) -> NamedCapability {
    guard let capability = capabilities[index] else { preconditionFailure("no capability") }
    return capability
  }

  /// - Precondition: `0 <= index < deviceCount`.
  public func device(at index: Int) -> DeviceRecord {
    precondition(index < deviceCount)
    return devices[index]
  }

  /// Where the capability of this name is.
  public func index(of name: ShortName) -> Int? {
    for index in 0..<capabilityCount where capabilities[index]?.name == name { return index }
    return nil
  }
}
