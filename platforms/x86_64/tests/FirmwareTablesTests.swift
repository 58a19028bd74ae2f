import KernelHAL
import MnosABI
import PlatformCommon
import PlatformTesting
import Testing

@testable import PlatformX86_64

@Suite struct FirmwareTablesTests {
  private static let base: UInt64 = 0x8000_0000
  private static let controllerEntry: [UInt8] = [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]

  /// What the tables gave, or why not, and what was wrong with them.
  private struct Outcome {
    var tables: FirmwareTables?
    var failure: BootFailure?
    var report = FirmwareReport()
  }

  private func read(_ tables: [[UInt8]]) -> Outcome {
    read(memory: TableBuilder.memory(of: tables, at: Self.base), pointer: Self.base)
  }

  private func read(memory: [UInt8], pointer: UInt64) -> Outcome {
    var outcome = Outcome()
    do throws(BootFailure) {
      outcome.tables = try FirmwareTables(
        rootPointer: pointer, in: FirmwareMemory(memory, at: Self.base),
        noting: &outcome.report)
    } catch {
      outcome.failure = error
    }
    return outcome
  }

  private func interrupts(_ entries: [UInt8]) -> [UInt8] {
    var builder = TableBuilder("APIC")
    builder.add(0, byteCount: 8)
    builder.bytes += entries
    return builder.finished()
  }

  private func fixed() -> [UInt8] {
    var builder = TableBuilder("FACP")
    builder.bytes += [UInt8](repeating: 0, count: 240)
    return builder.finished()
  }

  /// A fixed-hardware table whose reset and sleep control registers are at these addresses, in
  /// memory (space 0) or ports (1). Source: ACPI Specification 6.5 §5.2.9 and §5.2.3.2.
  private func fixed(reset: UInt64, sleep: UInt64, space: UInt8) -> [UInt8] {
    var bytes = fixed()
    // RESET_REG_SUP and HW_REDUCED_ACPI.
    bytes[113] = 1 << 2
    bytes[114] = 1 << 4
    for (place, address) in [(116, reset), (244, sleep)] {
      bytes[place] = space
      bytes[place + 1] = 8
      for index in 0..<8 { bytes[place + 4 + index] = UInt8(address >> (8 * UInt64(index)) & 255) }
    }
    bytes[9] = 0 &- bytes.enumerated().reduce(0) { $1.offset == 9 ? $0 : $0 &+ $1.element }
    return bytes
  }

  /// Registers in memory that nobody maps cannot be written.
  @Test func registersOfPowerInMemoryAreRegions() throws {
    let memory = read([
      interrupts(Self.controllerEntry), fixed(reset: 0xfe01_2345, sleep: 0xfe02_0008, space: 0),
    ])
    let ports = read([
      interrupts(Self.controllerEntry), fixed(reset: 0xcf9, sleep: 0x404, space: 1),
    ])

    let tables = try #require(memory.tables)
    #expect(tables.deviceRegion(at: 0) == FirmwareTables.page(at: 0xfe01_2000))
    #expect(tables.deviceRegion(at: 1) == FirmwareTables.page(at: 0xfe02_0000))
    #expect(tables.deviceRegion(at: 2) == FirmwareTables.page(at: 0xfec0_0000))
    #expect(tables.deviceRegion(at: 3) == nil)
    let others = try #require(ports.tables)
    #expect(others.deviceRegion(at: 0) == FirmwareTables.page(at: 0xfec0_0000))
    #expect(others.deviceRegion(at: 1) == nil)
  }

  private func table(_ letters: String) -> FirmwareTable {
    .acpi(letters.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }

  @Test func soundTablesGiveNoFinding() {
    let outcome = read([interrupts(Self.controllerEntry), fixed()])

    #expect(outcome.tables?.interruptModel.controllerCount == 1)
    #expect(outcome.report.count == 0)
  }

  @Test func machineWithoutTablesIsToldSo() {
    let outcome = read(memory: [], pointer: 0)

    let reason = StaticReason("the boot loader gave no ACPI root pointer")
    #expect(outcome.failure == .missing(reason))
  }

  @Test func pointerToNothingIsNoted() {
    let outcome = read(memory: [], pointer: Self.base)

    #expect(outcome.failure == .malformed(StaticReason("ACPI root tables")))
    #expect(outcome.report.count == 1)
    #expect(outcome.report[0] == FirmwareFinding(.acpiRoot, .unreadable))
  }

  @Test(
    arguments: [
      (Self.controllerEntry + [0, 0], .emptyEntry),
      (Self.controllerEntry + [0, 200], .badEntryLength),
      (Self.controllerEntry + [0], .badEntryLength),
    ] as [([UInt8], FirmwareDefect)])
  func damagedInterruptTableIsNotedAndTheBootGoesOn(
    entries: [UInt8], defect: FirmwareDefect
  ) {
    let outcome = read([interrupts(entries)])

    #expect(outcome.tables?.interruptModel.controllerCount == 1)
    #expect(outcome.report.count == 1)
    #expect(outcome.report[0] == FirmwareFinding(table("APIC"), defect))
  }

  @Test func damageBeforeTheControllerEndsTheBootAndIsNoted() {
    let outcome = read([interrupts([0, 0] + Self.controllerEntry)])

    #expect(outcome.failure == .missing(StaticReason("I/O APIC in the ACPI tables")))
    #expect(outcome.report.count == 1)
    #expect(outcome.report[0] == FirmwareFinding(table("APIC"), .emptyEntry))
  }

  @Test(arguments: ["SPCR", "HPET", "FACP"])
  func tableThatIsTooShortIsNotedAndTheBootGoesOn(name: String) {
    let outcome = read([interrupts(Self.controllerEntry), TableBuilder(name).finished()])

    #expect(outcome.tables != nil)
    #expect(outcome.report.count == 1)
    #expect(outcome.report[0] == FirmwareFinding(table(name), .tooShort))
  }

  @Test(arguments: ["SPCR", "HPET", "FACP", "SSDT"])
  func tableWithAWrongChecksumIsPassedOver(name: String) {
    // Only the fixed table leads to a search for the SSDT.
    var damaged = TableBuilder(name).finished()
    damaged[10] ^= 1
    let outcome = read(
      [interrupts(Self.controllerEntry), damaged] + (name == "SSDT" ? [fixed()] : []))

    #expect(outcome.tables != nil)
    #expect(outcome.report.count == 1)
    #expect(outcome.report[0] == FirmwareFinding(table(name), .badChecksum))
  }

  @Test func firstSerialPortServesWhereNoTableNamesOne() throws {
    let tables = try #require(read([interrupts(Self.controllerEntry)]).tables)

    #expect(tables.serialDevice(hasFirstPort: false) == nil)
    #expect(tables.serialDevice(hasFirstPort: true)?.line == 4)
  }

  /// A console table; `clock` needs revision 3.
  private func serial(
    kind: UInt64 = 0, space: UInt64 = 1, address: UInt64 = 0x3f8, types: UInt64 = 3,
    isa: UInt64 = 4, line: UInt64 = 4, clock: UInt64 = 0
  ) -> [UInt8] {
    var table = TableBuilder("SPCR", revision: 3)
    for (value, count) in [
      (kind, 1), (0, 3), (space, 1), (32, 1), (0, 1), (1, 1), (address, 8), (types, 1), (isa, 1),
      (line, 4), (0, 10), (clock, 4), (0, 8),
    ] as [(UInt64, Int)] {
      table.add(value, byteCount: count)
    }
    return table.finished()
  }

  /// With ISA interrupt 0 on line 2, and 3 on line 19.
  private static let overrides: [UInt8] = [
    2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 2, 10, 0, 3, 19, 0, 0, 0, 0, 0,
  ]

  private func readConsole(
    _ serial: [UInt8], hasFirstPort: Bool = false
  ) throws -> (device: DeviceDescription?, report: FirmwareReport) {
    let outcome = read([interrupts(Self.controllerEntry + Self.overrides), serial])
    let tables = try #require(outcome.tables)
    return (tables.serialDevice(hasFirstPort: hasFirstPort), outcome.report)
  }

  @Test func clockIsThatOfThePCForPortsOnly() throws {
    let atPorts = try readConsole(serial()).device
    let inMemory = try readConsole(serial(space: 0, address: 0xfedc_9000)).device
    let stated = try readConsole(serial(space: 0, address: 0xfedc_9000, clock: 48_000_000)).device

    #expect(atPorts?.clockFrequency == 1_843_200)
    #expect(inMemory?.clockFrequency == 0)
    #expect(stated?.clockFrequency == 48_000_000)
  }

  @Test(
    arguments: [
      // Types, ISA interrupt, line; the line that comes of it.
      (3, 4, 4, 4), (3, 4, 0, 4), (3, 3, 0, 19), (3, 3, 3, 19), (1, 3, 0, 19), (2, 0, 20, 20),
      (0, 0, 0, 4), (0, 4, 20, 4), (1, 0, 0, 4), (2, 0, 0, 4),
    ] as [(UInt64, UInt64, UInt64, UInt32)])
  func lineIsOneThatTheConsoleCanHave(
    types: UInt64, isa: UInt64, line: UInt64, expected: UInt32
  ) throws {
    let (device, report) = try readConsole(serial(types: types, isa: isa, line: line))

    #expect(device?.line == expected)
    #expect(report.count == 0)
  }

  @Test func secondPortHasItsOwnInterrupt() throws {
    let device = try readConsole(serial(address: 0x2f8, types: 0)).device

    #expect(device?.ports.first == 0x2f8)
    #expect(device?.line == 19)
  }

  @Test func firstPortComesBeforeAConsoleWithoutInterrupt() throws {
    let silent = serial(address: 0xe000, types: 0)

    let (first, report) = try readConsole(silent, hasFirstPort: true)
    let alone = try readConsole(silent).device

    #expect(first?.ports.first == 0x3f8 && first?.line == 4)
    #expect(alone?.ports.first == 0xe000 && alone?.line == nil)
    #expect(report.count == 1)
    #expect(report[0] == FirmwareFinding(table("SPCR"), .consoleWithoutInterrupt))
  }

  @Test(arguments: [(2, 1), (3, 0), (0, 2)] as [(UInt64, UInt64)])
  func consoleThatCannotBeDrivenIsNoted(kind: UInt64, space: UInt64) throws {
    let (device, report) = try readConsole(serial(kind: kind, space: space), hasFirstPort: true)

    #expect(device?.ports.first == 0x3f8)
    #expect(report.count == 1)
    #expect(report[0] == FirmwareFinding(table("SPCR"), .unknownConsole))
  }

  @Test func randomDamageNeverTraps() {
    let seed = UInt64.random(in: .min ... .max)
    print("randomDamageNeverTraps: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let sound = TableBuilder.memory(
      of: [interrupts(Self.controllerEntry), fixed()], at: Self.base)
    // A table whose name is damaged is a table of another name.
    let lastName = sound.count - fixed().count..<sound.count - fixed().count + 4
    var accepted = 0

    for _ in 0..<3_000 {
      var bytes = sound
      let place = Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let outcome = read(memory: bytes, pointer: Self.base)
      if outcome.tables != nil { accepted += 1 }
      // Every byte is under a checksum: no damage goes unnoticed.
      #expect(
        outcome.report.count > 0 || outcome.failure != nil || lastName.contains(place))
    }

    #expect(accepted > 0 && accepted < 3_000)
  }
}
