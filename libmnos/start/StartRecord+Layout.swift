/// Little-endian numbers in a page.
enum RecordField {
  static func read(_ page: Span<UInt8>, _ offset: Int, width: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<width).reversed() { value = value << 8 | UInt64(page[offset + index]) }
    return value
  }

  static func write(_ page: inout MutableSpan<UInt8>, _ offset: Int, width: Int, _ value: UInt64) {
    for index in 0..<width {
      page[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
    }
  }
}

extension StartRecord {
  public static var byteCount: Int { 4096 }
  static var capabilityOffset: Int { 80 }
  static var capabilityByteCount: Int { 40 }
  static var deviceOffset: Int { 720 }
  static var deviceByteCount: Int { 32 }
  static var argumentOffset: Int { 896 }

  /// Reads a page that a loader wrote.
  ///
  /// - Returns: nil if it is no start record of this version.
  public init?(_ page: Span<UInt8>) {
    guard page.count >= Self.byteCount,
      RecordField.read(page, 0, width: 8) == Self.expectedMagic,
      RecordField.read(page, 8, width: 4) == UInt64(Self.currentVersion)
    else { return nil }
    process = Handle(value: RecordField.read(page, 16, width: 4))
    thread = Handle(value: RecordField.read(page, 20, width: 4))
    budget = Handle(value: RecordField.read(page, 24, width: 4))
    imageBase = RecordField.read(page, 32, width: 8)
    imageEnd = RecordField.read(page, 40, width: 8)
    stackBase = RecordField.read(page, 48, width: 8)
    stackEnd = RecordField.read(page, 56, width: 8)
    randomSeed = RecordField.read(page, 64, width: 8)
    for index in 0..<Int(RecordField.read(page, 12, width: 4)) {
      guard let capability = Self.readCapability(page, index), append(capability) else {
        return nil
      }
    }
    for index in 0..<Int(RecordField.read(page, 72, width: 4)) {
      guard index < Self.deviceCapacity, append(Self.readDevice(page, index)) else { return nil }
    }
  }

  /// Writes the page that a program is started with.
  ///
  /// - Parameter arguments: Each followed by a zero byte.
  /// - Returns: false, with nothing written, if the arguments do not fit or are unended.
  public func write(into page: inout MutableSpan<UInt8>, arguments: Span<UInt8>) -> Bool {
    let last = arguments.count - 1
    guard arguments.count <= Self.argumentCapacity, last < 0 || arguments[last] == 0 else {
      return false
    }
    for index in 0..<Self.byteCount { page[index] = 0 }
    RecordField.write(&page, 0, width: 8, Self.expectedMagic)
    RecordField.write(&page, 8, width: 4, UInt64(Self.currentVersion))
    RecordField.write(&page, 12, width: 4, UInt64(capabilityCount))
    RecordField.write(&page, 16, width: 4, UInt64(process.rawValue))
    RecordField.write(&page, 20, width: 4, UInt64(thread.rawValue))
    RecordField.write(&page, 24, width: 4, UInt64(budget.rawValue))
    RecordField.write(&page, 32, width: 8, imageBase)
    RecordField.write(&page, 40, width: 8, imageEnd)
    RecordField.write(&page, 48, width: 8, stackBase)
    RecordField.write(&page, 56, width: 8, stackEnd)
    RecordField.write(&page, 64, width: 8, randomSeed)
    RecordField.write(&page, 72, width: 4, UInt64(deviceCount))
    for index in 0..<capabilityCount { writeCapability(index, into: &page) }
    for index in 0..<deviceCount { writeDevice(index, into: &page) }
    writeArguments(arguments, into: &page)
    return true
  }

  /// The arguments in a page: each followed by a zero byte.
  @_lifetime(copy page)
  public static func arguments(in page: Span<UInt8>) -> Span<UInt8> {
    let count = min(Int(RecordField.read(page, 76, width: 4)), argumentCapacity)
    return page.extracting(argumentOffset..<(argumentOffset + count))
  }

  private func writeArguments(_ arguments: Span<UInt8>, into page: inout MutableSpan<UInt8>) {
    var count: UInt64 = 0
    for index in 0..<arguments.count {
      page[Self.argumentOffset + index] = arguments[index]
      if arguments[index] == 0 { count += 1 }
    }
    RecordField.write(&page, 28, width: 4, count)
    RecordField.write(&page, 76, width: 4, UInt64(arguments.count))
  }

  private static func readCapability(_ page: Span<UInt8>, _ index: Int) -> NamedCapability? {
    guard index < capabilityCapacity else { return nil }
    let start = capabilityOffset + index * capabilityByteCount
    var words: [4 of UInt64] = .init(repeating: 0)
    for word in 0..<4 { words[word] = RecordField.read(page, start + 8 * word, width: 8) }
    guard let name = ShortName(words: words) else { return nil }
    let type = UInt8(truncatingIfNeeded: RecordField.read(page, start + 36, width: 4))
    return NamedCapability(
      name: name, handle: Handle(value: RecordField.read(page, start + 32, width: 4)),
      type: ObjectType(rawValue: type) ?? .none)
  }

  private func writeCapability(_ index: Int, into page: inout MutableSpan<UInt8>) {
    let start = Self.capabilityOffset + index * Self.capabilityByteCount
    let capability = capability(at: index)
    for word in 0..<4 {
      RecordField.write(&page, start + 8 * word, width: 8, capability.name.words[word])
    }
    RecordField.write(&page, start + 32, width: 4, UInt64(capability.handle.rawValue))
    RecordField.write(&page, start + 36, width: 4, UInt64(capability.type.rawValue))
  }

  private static func readDevice(_ page: Span<UInt8>, _ index: Int) -> DeviceRecord {
    let start = deviceOffset + index * deviceByteCount
    func field(_ offset: Int) -> UInt32 {
      UInt32(truncatingIfNeeded: RecordField.read(page, start + offset, width: 4))
    }
    var device = DeviceRecord()
    device.kind = field(0)
    device.registers = field(4)
    device.registerOffset = field(8)
    device.registerShift = UInt8(truncatingIfNeeded: field(12))
    device.accessWidth = UInt8(truncatingIfNeeded: field(12) >> 8)
    device.ports = field(16)
    device.firstPort = field(20)
    device.interrupt = field(24)
    device.clockFrequency = field(28)
    return device
  }

  private func writeDevice(_ index: Int, into page: inout MutableSpan<UInt8>) {
    let start = Self.deviceOffset + index * Self.deviceByteCount
    let device = device(at: index)
    let shape = UInt32(device.registerShift) | UInt32(device.accessWidth) << 8
    let fields: [8 of UInt32] = [
      device.kind, device.registers, device.registerOffset, shape, device.ports,
      device.firstPort, device.interrupt, device.clockFrequency,
    ]
    for field in 0..<8 {
      RecordField.write(&page, start + 4 * field, width: 4, UInt64(fields[field]))
    }
  }
}
