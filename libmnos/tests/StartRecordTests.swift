import Testing

@testable import Libmnos

@Suite struct StartRecordTests {
  private func page(_ record: StartRecord, arguments: [UInt8] = []) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0xaa, count: StartRecord.byteCount)
    var span = bytes.mutableSpan
    return record.write(into: &span, arguments: arguments.span) ? bytes : nil
  }

  private func fullRecord() -> StartRecord {
    var record = StartRecord()
    record.process = Handle(rawValue: 0x1_0001)
    record.thread = Handle(rawValue: 0x1_0002)
    record.budget = Handle(rawValue: 0xffff_0003)
    (record.imageBase, record.imageEnd) = (0x1_2345_6000, 0x1_2346_0000)
    (record.stackBase, record.stackEnd) = (0x10_0000_0000, 0x10_0002_0000)
    record.randomSeed = .max
    _ = record.append(
      .init(name: ShortName("directory"), handle: Handle(rawValue: 7), type: .endpoint))
    var device = DeviceRecord()
    device.kind = DeviceKind.serial16550.rawValue
    (device.registers, device.registerOffset) = (9, 0x40)
    (device.registerShift, device.accessWidth) = (2, 4)
    (device.ports, device.firstPort, device.interrupt) = (10, 0x3f8, 11)
    device.clockFrequency = 1_843_200
    _ = record.append(device)
    return record
  }

  @Test func whatIsWrittenIsRead() throws {
    let bytes = try #require(page(fullRecord(), arguments: Array("shell\0-c\0\0".utf8)))

    let read = StartRecord(bytes.span)
    let record = try #require(read)

    #expect(record.process.rawValue == 0x1_0001 && record.thread.rawValue == 0x1_0002)
    #expect(record.budget.rawValue == 0xffff_0003 && record.randomSeed == .max)
    #expect(record.imageBase == 0x1_2345_6000 && record.imageEnd == 0x1_2346_0000)
    #expect(record.stackBase == 0x10_0000_0000 && record.stackEnd == 0x10_0002_0000)
    #expect(record.capabilityCount == 1 && record.index(of: ShortName("directory")) == 0)
    #expect(record.index(of: ShortName("director")) == nil)
    #expect(record.capability(at: 0).handle.rawValue == 7)
    #expect(record.capability(at: 0).type == .endpoint)
    let device = record.device(at: 0)
    #expect(device.kind == 1 && device.registers == 9 && device.registerOffset == 0x40)
    #expect(device.registerShift == 2 && device.accessWidth == 4 && device.ports == 10)
    #expect(device.firstPort == 0x3f8 && device.interrupt == 11)
    #expect(device.clockFrequency == 1_843_200)
    let arguments = StartRecord.arguments(in: bytes.span)
    let isWhole = arguments.count == 10 && arguments[9] == 0 && arguments[5] == 0
    #expect(isWhole)
  }

  @Test func argumentsThatDoNotFitOrDoNotEndAreRefused() {
    let most = [UInt8](repeating: 0x61, count: StartRecord.argumentCapacity - 1) + [0]

    #expect(page(StartRecord(), arguments: most) != nil)
    #expect(page(StartRecord(), arguments: [0x61] + most) == nil)
    #expect(page(StartRecord(), arguments: [0x61]) == nil)
    #expect(page(StartRecord()) != nil)
  }

  @Test func noMoreThanTheCapacityIsTaken() {
    var record = StartRecord()
    for _ in 0..<StartRecord.capabilityCapacity {
      let didFit = record.append(.init(name: ShortName("a"), handle: .none, type: .memory))
      #expect(didFit)
    }
    for _ in 0..<StartRecord.deviceCapacity {
      let didFit = record.append(DeviceRecord())
      #expect(didFit)
    }

    let capability = record.append(.init(name: ShortName("a"), handle: .none, type: .memory))
    let device = record.append(DeviceRecord())
    #expect(!capability && !device)
  }

  @Test func aDamagedPageIsRefusedOrReadWithinItsBounds() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = RandomState(seed: seed)
    let sound = try #require(page(fullRecord(), arguments: [0x61, 0]))
    for offset in 0..<12 {
      var bytes = sound
      bytes[offset] ^= 1
      let isRefused = StartRecord(bytes.span) == nil
      #expect(isRefused)
    }
    let short = Array(sound[0..<4095])
    let isShortRefused = StartRecord(short.span) == nil
    #expect(isShortRefused)
    for _ in 0..<2000 {
      var bytes = sound
      for _ in 0..<4 {
        bytes[Int.random(in: 12..<1000, using: &random)] = UInt8(truncatingIfNeeded: random.next())
      }
      let count = StartRecord.arguments(in: bytes.span).count
      #expect(count <= StartRecord.argumentCapacity)
      if let record = StartRecord(bytes.span) {
        #expect(record.capabilityCount <= StartRecord.capabilityCapacity, "seed \(seed)")
      }
    }
  }
}
