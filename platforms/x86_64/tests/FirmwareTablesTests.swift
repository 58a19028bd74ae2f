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
