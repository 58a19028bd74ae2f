import KernelHAL
import PlatformTesting
import Testing

@testable import PlatformCommon

/// A table in memory of its own.
private func table(
  _ signature: ACPISignature, _ bytes: [UInt8]
) throws -> ACPITable<FirmwareMemory> {
  let memory = FirmwareMemory(bytes)
  return try ACPITable(signature, at: memory.base, in: memory)
}

@Suite struct ACPIInterruptModelTests {
  /// Entries after the local APIC's address and the flags.
  private func parse(_ entries: [[UInt8]]) throws -> ACPIInterruptModel {
    try read(entries).model
  }

  private func read(
    _ entries: [[UInt8]]
  ) throws -> (model: ACPIInterruptModel, report: FirmwareReport) {
    var builder = TableBuilder("APIC")
    builder.add(0xfee0_0000, byteCount: 4)
    builder.add(1, byteCount: 4)
    builder.bytes += entries.flatMap { $0 }
    var report = FirmwareReport()
    let model = ACPIInterruptModel(
      try table(.interruptControllers, builder.finished()), noting: &report)
    return (model, report)
  }

  private let cpu: [UInt8] = [0, 8, 0, 0, 1, 0, 0, 0]
  private let controller: [UInt8] = [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]
  /// ISA interrupt 0 to line 2, as the bus has it.
  private let timer: [UInt8] = [2, 10, 0, 0, 2, 0, 0, 0, 0, 0]
  /// ISA interrupt 9, level and active high.
  private let power: [UInt8] = [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0]

  @Test func controllersAreFound() throws {
    let second: [UInt8] = [1, 12, 1, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0]

    let model = try parse([cpu, controller, second])

    #expect(model.controllerCount == 2)
    #expect(model.controller(at: 0) == .init(address: 0xfec0_0000, firstLine: 0))
    #expect(model.controller(at: 1) == .init(address: 0xfec0_1000, firstLine: 24))
  }

  @Test(arguments: [(8, 0), (9, 1), (12, 1)])
  func moreControllersThanThereIsRoomForAreLeftOutAndNoted(count: Int, noted: Int) throws {
    let (model, report) = try read(Array(repeating: controller, count: count))

    #expect(model.controllerCount == ACPIInterruptModel.controllerLimit)
    #expect(report.count == noted)
    if noted > 0 { #expect(report[0].defect == .tooManyEntries) }
  }

  @Test func interruptsWithoutOverrideKeepTheirLine() throws {
    let model = try parse([controller, timer, power])

    #expect(model.route(isa: 4) == .init(line: 4, signal: .isa))
    #expect(model.signal(line: 4) == .isa)
    #expect(model.signal(line: 16) == .pci)
  }

  @Test func overridesMoveAndChangeInterrupts() throws {
    let model = try parse([controller, timer, power])

    #expect(model.route(isa: 0) == .init(line: 2, signal: .isa))
    #expect(model.signal(line: 9) == .init(isActiveLow: false, isLevel: true))
  }

  @Test func lineThatAnInterruptWasMovedFromIsNotWired() throws {
    let model = try parse([controller, timer])

    #expect(!model.isWired(line: 0))
    #expect(model.isWired(line: 2))
    #expect(model.isWired(line: 4))
    #expect(model.isWired(line: 20))
  }

  @Test(
    arguments: [
      (0b0000, false, false), (0b0101, false, false), (0b1101, false, true),
      (0b0111, true, false), (0b1111, true, true),
    ] as [(UInt16, Bool, Bool)])
  func flagsSayHowALineIsDriven(_ flags: UInt16, _ isActiveLow: Bool, _ isLevel: Bool) {
    let signal = ACPIInterruptModel.signal(flags: flags)

    #expect(signal == .init(isActiveLow: isActiveLow, isLevel: isLevel))
  }

  @Test(
    arguments: [
      ([1, 0], .emptyEntry), ([9, 1], .badEntryLength), ([1, 12, 0, 0], .badEntryLength),
      ([1], .badEntryLength), ([9, 1, 4, 0, 0], .badEntryLength), ([1, 4, 0, 0], .badEntryLength),
    ] as [([UInt8], FirmwareDefect)])
  func damagedEntryIsNotedAndThoseBeforeItServe(
    _ entry: [UInt8], _ defect: FirmwareDefect
  ) throws {
    let (model, report) = try read([controller, entry])

    #expect(model.controllerCount == 1)
    #expect(report.count == 1)
    #expect(
      report[0] == FirmwareFinding(.acpi(ACPISignature.interruptControllers.rawValue), defect))
  }

  @Test func soundEntriesGiveNoFinding() throws {
    #expect(try read([cpu, controller, timer, power]).report == FirmwareReport())
  }

  @Test func tableThatEndsBeforeItsEntriesIsNoted() throws {
    var report = FirmwareReport()

    let model = ACPIInterruptModel(
      try table(.interruptControllers, TableBuilder("APIC").finished()), noting: &report)

    #expect(model.controllerCount == 0)
    #expect(report.count == 1 && report[0].defect == .tooShort)
  }

  @Test func overrideOfNoISAInterruptIsLeftOut() throws {
    let model = try parse([controller, [2, 10, 0, 16, 3, 0, 0, 0, 0x0f, 0]])

    #expect(model.signal(line: 3) == .isa)
  }
}

@Suite struct ACPISleepStateTests {
  private func parse(_ code: [UInt8]) throws -> ACPISleepState? {
    var builder = TableBuilder("DSDT")
    builder.bytes += code
    return ACPISleepState(off: try table(.definitionBlock, builder.finished()))
  }

  private let name = Array("_S5_".utf8)

  @Test func packageOfBytesIsRead() throws {
    let state = try parse([0x10, 0x08] + name + [0x12, 0x08, 0x04, 0x0a, 5, 0x0a, 7, 0, 0])

    #expect(state?.typeA == 5)
    #expect(state?.typeB == 7)
  }

  @Test func zeroAndOneHaveCodesOfTheirOwn() throws {
    let state = try parse([0x08] + name + [0x12, 0x06, 0x04, 0x00, 0x01, 0, 0])

    #expect(state?.typeA == 0)
    #expect(state?.typeB == 1)
  }

  @Test func nameMayStartAtTheRoot() throws {
    #expect(try parse([0x08, 0x5c] + name + [0x12, 0x05, 0x02, 0x0a, 3, 0])?.typeA == 3)
  }

  @Test func longPackageLengthIsSkipped() throws {
    #expect(try parse([0x08] + name + [0x12, 0x48, 0x00, 0x02, 0x0b, 6, 0, 0])?.typeA == 6)
  }

  @Test func oneNumberServesBothRegisters() throws {
    #expect(try parse([0x08] + name + [0x12, 0x04, 0x01, 0x0a, 4])?.typeB == 4)
  }

  @Test func nameInAnotherPlaceIsNotTaken() throws {
    #expect(try parse(name + [0x12, 0x04, 0x01, 0x0a, 4]) == nil)
    #expect(try parse([0x08] + name + [0x0a, 4, 0, 0, 0, 0]) == nil)
    #expect(try parse([0x08] + name + [0x12, 0x04, 0x00, 0, 0, 0]) == nil)
    #expect(try parse([0x08] + name + [0x12, 0x04, 0x01, 0x0d, 4, 0]) == nil)
  }

  @Test(arguments: 0...8)
  func objectCutShortIsNotTaken(_ count: Int) throws {
    let object: [UInt8] = [0x08] + name + [0x12, 0x04, 0x01, 0x0a]

    #expect(try parse(Array(object.prefix(count))) == nil)
  }
}

@Suite struct ACPIFixedHardwareTests {
  /// A table of 276 bytes with numbers at some offsets.
  private func parse(
    _ fields: [(offset: Int, value: UInt64, byteCount: Int)]
  ) throws -> ACPIFixedHardware {
    var builder = TableBuilder("FACP")
    builder.bytes += [UInt8](repeating: 0, count: 240)
    for field in fields {
      for index in 0..<field.byteCount {
        builder.bytes[field.offset + index] = UInt8(truncatingIfNeeded: field.value >> (8 * index))
      }
    }
    var report = FirmwareReport()
    let hardware = ACPIFixedHardware(
      try table(.fixedHardware, builder.finished()), noting: &report)
    #expect(report.count == 0)
    return hardware
  }

  @Test func portsComeFromTheOldFields() throws {
    let hardware = try parse([
      (40, 0x7fe_0040, 4), (48, 0xb2, 4), (52, 2, 1), (64, 0x604, 4), (76, 0x608, 4),
      (112, 1 << 8, 4),
    ])

    #expect(hardware.definitionBlock == 0x7fe_0040)
    #expect(hardware.commandPort == 0xb2 && hardware.enableCommand == 2)
    #expect(hardware.controlPortA == 0x604 && hardware.controlPortB == 0)
    #expect(hardware.timerPort == 0x608 && hardware.isTimer32Bit)
    #expect(hardware.resetRegister == nil)
  }

  @Test func extendedFieldsWin() throws {
    let hardware = try parse([
      (40, 1, 4), (140, 2, 8), (64, 0x604, 4), (172, 1, 1), (176, 0x1804, 8),
    ])

    #expect(hardware.definitionBlock == 2)
    #expect(hardware.controlPortA == 0x1804)
  }

  @Test func resetNeedsItsFlag() throws {
    let register: [(Int, UInt64, Int)] = [(116, 1, 1), (120, 0xcf9, 8), (128, 0x0f, 1)]

    let without = try parse(register)
    let with = try parse(register + [(112, 1 << 10, 4)])

    #expect(without.resetRegister == nil)
    #expect(with.resetRegister?.port == 0xcf9 && with.resetValue == 0x0f)
  }

  @Test func reducedHardwareHasASleepRegisterOnly() throws {
    let hardware = try parse([(112, 1 << 20, 4), (64, 0x604, 4), (248, 0x1000, 8)])

    #expect(hardware.isHardwareReduced)
    #expect(hardware.controlPortA == 0)
    #expect(hardware.sleepControl?.memoryAddress == 0x1000)
  }

  @Test func shortTableHasNothing() throws {
    var report = FirmwareReport()

    let empty = ACPIFixedHardware(
      try table(.fixedHardware, TableBuilder("FACP").finished()), noting: &report)

    #expect(empty == ACPIFixedHardware())
    #expect(report.count == 1 && report[0].defect == .tooShort)
  }
}

@Suite struct ACPISerialConsoleTests {
  private func parse(
    type: UInt8, space: UInt8 = 1, access: UInt8 = 1, interrupts: UInt8 = 3, isa: UInt8 = 4,
    line: UInt64 = 20
  ) throws -> ACPISerialConsole? {
    var report = FirmwareReport()
    return try parse(
      type: type, space: space, access: access, interrupts: interrupts, isa: isa, line: line,
      noting: &report)
  }

  private func parse(
    type: UInt8, space: UInt8 = 1, access: UInt8 = 1, interrupts: UInt8 = 3, isa: UInt8 = 4,
    line: UInt64 = 20, noting report: inout FirmwareReport
  ) throws -> ACPISerialConsole? {
    var builder = TableBuilder("SPCR", revision: 2)
    builder.bytes += [type, 0, 0, 0, space, 32, 0, access]
    builder.add(0x3f8, byteCount: 8)
    builder.bytes += [interrupts, isa]
    builder.add(line, byteCount: 4)
    builder.bytes += [UInt8](repeating: 0, count: 22)
    return ACPISerialConsole(try table(.serialConsole, builder.finished()), noting: &report)
  }

  @Test func portOfA16550IsFound() throws {
    let console = try #require(try parse(type: 0))

    #expect(console.kind == .uart16550)
    #expect(console.register.port == 0x3f8)
    #expect(console.line == 20)
    #expect(console.isaInterrupt == 4)
  }

  @Test(
    arguments: [(0, nil, nil), (1, nil, 4), (2, 20, nil), (3, 20, 4), (8, 20, nil)]
      as [(UInt8, UInt32?, UInt8?)])
  func interruptsAreThoseThatTheTypeNames(types: UInt8, line: UInt32?, isa: UInt8?) throws {
    let console = try parse(type: 1, interrupts: types)

    #expect(console?.line == line)
    #expect(console?.isaInterrupt == isa)
  }

  /// 0 is the timer's, 2 leads to the second controller, and there are 16.
  @Test(arguments: [0, 2, 16, 255] as [UInt8])
  func interruptOfNoDeviceIsNone(isa: UInt8) throws {
    #expect(try parse(type: 1, interrupts: 1, isa: isa)?.isaInterrupt == nil)
  }

  @Test func accessSizeSpreadsTheRegisters() throws {
    #expect(try parse(type: 0x12, space: 0, access: 3)?.registerShift == 2)
    #expect(try parse(type: 0x12, space: 0, access: 1)?.registerShift == 0)
  }

  @Test func consoleBecomesADevice() throws {
    let atPorts = try #require(try parse(type: 0)?.device)
    let inMemory = try #require(try parse(type: 0x12, space: 0, access: 3)?.device)
    let arm = try #require(try parse(type: 3, space: 0)?.device)

    #expect(atPorts.kind == .serial16550 && atPorts.registers == 0)
    #expect(atPorts.ports == PortRange(first: 0x3f8, count: 8))
    #expect(inMemory.registers == 0x3f8 && inMemory.registerByteCount == 32)
    #expect(inMemory.registerShift == 2 && inMemory.accessWidth == 4)
    #expect(arm.kind == .serialPL011 && arm.registerByteCount == 0x1000)
    #expect(arm.accessWidth == 4 && arm.line == nil)
  }

  @Test func consoleInAnotherSpaceIsNoDevice() throws {
    #expect(try #require(try parse(type: 0, space: 2)).device == nil)
  }

  @Test func shortTableIsNoted() throws {
    var report = FirmwareReport()

    let console = ACPISerialConsole(
      try table(.serialConsole, TableBuilder("SPCR").finished()), noting: &report)

    #expect(console == nil)
    #expect(report.count == 1 && report[0].defect == .tooShort)
  }

  @Test func otherKindsAreRefusedAndNoted() throws {
    #expect(try parse(type: 3)?.kind == .uartPL011)
    var report = FirmwareReport()
    #expect(try parse(type: 2, noting: &report) == nil)
    #expect(report.count == 1 && report[0].defect == .unknownConsole)
  }
}

/// No bytes whatever stop a parser; bad ones give nil or something harmless.
@Suite struct ACPIRandomBytesTests {
  private func open(
    _ signature: ACPISignature, _ memory: FirmwareMemory
  ) -> ACPITable<FirmwareMemory>? {
    try? ACPITable(signature, at: memory.base, in: memory)
  }

  @Test func garbledTablesNeverTrap() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3_000 {
      let signatures = ["APIC", "FACP", "SPCR", "HPET", "DSDT"]
      var builder = TableBuilder(signatures.randomElement(using: &random)!)
      for _ in 0..<Int.random(in: 0...300, using: &random) {
        let common: [UInt8] = [0, 1, 2, 8, 10, 12, 0x12, 0x5c, 0x5f, 0x53, 0x35, 0xff]
        builder.bytes.append(
          Bool.random(using: &random)
            ? common.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random))
      }
      let memory = FirmwareMemory(builder.finished())

      var report = FirmwareReport()
      _ = open(.interruptControllers, memory).map { ACPIInterruptModel($0, noting: &report) }
      _ = open(.fixedHardware, memory).map { ACPIFixedHardware($0, noting: &report) }
      _ = open(.serialConsole, memory).flatMap { ACPISerialConsole($0, noting: &report) }
      _ = open(.eventTimer, memory).flatMap { ACPIEventTimer($0, noting: &report) }
      _ = open(.definitionBlock, memory).flatMap { ACPISleepState(off: $0) }
      #expect(memory.bytes.count >= 36)
    }
  }
}
