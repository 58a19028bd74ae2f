import KernelHAL
import MnosABI
import PlatformCommon
import PlatformTesting
import Testing

@testable import PlatformLoongArch64

/// A machine's tables, to be varied.
private struct Board {
  static let base: UInt64 = 0x8000_0000
  var cascade: UInt64 = 3
  var bridgeBase: UInt64 = 0x1000_0000
  var bridgeByteCount: UInt64 = 0x1000
  var serialInterruptType: UInt64 = 0
  var serialLine: UInt64 = 66
  var left = Set<String>()

  private func entry(_ table: inout TableBuilder, _ fields: [(UInt64, Int)]) {
    for (value, count) in fields { table.add(value, byteCount: count) }
  }

  private var interrupts: TableBuilder {
    var table = TableBuilder("APIC", revision: 1)
    table.add(0, byteCount: 8)
    // A core; then its extended controller, node 0; then the bridge chip's, from line 64 on.
    entry(&table, [(0x11, 1), (15, 1), (1, 1), (0, 4), (0, 4), (1, 4)])
    if !left.contains("EIO") {
      entry(&table, [(0x14, 1), (13, 1), (1, 1), (cascade, 1), (0, 1), (0xffff, 8)])
    }
    entry(&table, [(0x15, 1), (19, 1), (1, 1), (0x2ff0_0000, 8), (64, 4), (192, 4)])
    if !left.contains("BIO") {
      entry(
        &table,
        [(0x16, 1), (17, 1), (0, 1), (bridgeBase, 8), (bridgeByteCount, 2), (0, 2), (64, 2)])
    }
    return table
  }

  /// A 16550 in memory whose registers are bytes side by side.
  private var serial: TableBuilder {
    var table = TableBuilder("SPCR", revision: 2)
    entry(
      &table,
      [
        (0, 1), (0, 3), (0, 1), (32, 1), (0, 1), (1, 1), (0x1fe0_01e0, 8),
        (serialInterruptType, 1), (0, 1), (serialLine, 4), (0, 22),
      ])
    return table
  }

  /// Hardware-reduced, with a reset register and a sleep control register of a byte each.
  private func power(definitionBlock: UInt64) -> TableBuilder {
    var table = TableBuilder("FACP", revision: 6)
    table.add(0, byteCount: 8)
    while table.bytes.count < 276 { table.add(0, byteCount: 1) }
    func put(_ value: UInt64, _ count: Int, at offset: Int) {
      for index in 0..<count {
        table.bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    put(1 << 20 | 1 << 10, 4, at: 112)
    put(1 << 24 | 8 << 8, 4, at: 116)
    put(0x100e_0022, 8, at: 120)
    put(0x42, 1, at: 128)
    put(definitionBlock, 8, at: 140)
    put(1 << 24 | 8 << 8, 4, at: 244)
    put(0x100e_0020, 8, at: 248)
    return table
  }

  /// _S5_ as a package of 5 and three more.
  private var definitionBlock: [UInt8] {
    var table = TableBuilder("DSDT", revision: 2)
    table.bytes += [0x08] + Array("_S5_".utf8) + [0x12, 0x08, 0x04, 0x0a, 5, 0x0a, 5, 0, 0]
    return table.finished()
  }

  func memory() -> FirmwareMemory {
    // The block goes last: the lengths of the others do not depend on where it is.
    var end: UInt64 = 0
    for _ in 0..<2 {
      var tables: [[UInt8]] = []
      if !left.contains("APIC") { tables.append(interrupts.finished()) }
      if !left.contains("SPCR") { tables.append(serial.finished()) }
      if !left.contains("FACP") { tables.append(power(definitionBlock: end).finished()) }
      let bytes = TableBuilder.memory(of: tables, at: Self.base)
      if end != 0 { return FirmwareMemory(bytes + definitionBlock, at: Self.base) }
      end = Self.base + UInt64(bytes.count)
    }
    return FirmwareMemory([])
  }
}

@Suite struct MachineLayoutTests {
  private func layout(_ change: (inout Board) -> Void = { _ in }) throws -> MachineLayout {
    var board = Board()
    change(&board)
    return try layout(in: board.memory())
  }

  private func layout(in memory: FirmwareMemory) throws -> MachineLayout {
    var boot = BootEnvironment()
    boot.acpiRoot = Board.base
    var layout = MachineLayout()
    try layout.discover(boot, processor: 0, in: memory)
    return layout
  }

  @Test func boardIsFoundByItsTables() throws {
    let layout = try layout()

    #expect(layout.interruptPin == 1)
    #expect(layout.controllerBase == 0x1000_0000)
    #expect(layout.controllerByteCount == 0x1000)
    #expect(layout.serialPort.kind == .serial16550)
    #expect(layout.serialPort.registers == 0x1fe0_01e0)
    #expect(layout.serialPort.registerByteCount == 8)
    #expect(layout.report.count == 0)
  }

  /// The line counts from the bridge chip's first; with or without an interrupt type.
  @Test(
    arguments: [(0, 66, 2), (0x10, 66, 2), (0, 64, 0), (0, 127, 63)]
      as [(UInt64, UInt64, UInt32)])
  func serialLineIsTheControllersOwn(type: UInt64, line: UInt64, expected: UInt32) throws {
    let layout = try layout {
      $0.serialInterruptType = type
      $0.serialLine = line
    }

    #expect(layout.serialPort.line == expected)
  }

  @Test(arguments: [0, 2, 63, 128, 0xffff_ffff] as [UInt64])
  func serialLineOfNoControllerIsNone(line: UInt64) throws {
    #expect(try layout { $0.serialLine = line }.serialPort.line == nil)
  }

  @Test func powerIsTurnedOffAndOnByRegisters() throws {
    let layout = try layout()

    // Sleep type 5 and the enable bit; the reset value as it is.
    let off = PowerControl(address: 0x100e_0020, value: 5 << 2 | 1 << 5, byteCount: 1)
    #expect(layout.powerOff == off)
    #expect(layout.reboot == PowerControl(address: 0x100e_0022, value: 0x42, byteCount: 1))
  }

  @Test func regionsAreAllThatTheKernelUses() throws {
    let layout = try layout()

    let bases = (0..<5).map { layout.region(at: $0)?.base }

    #expect(bases == [0x1000_0000, 0x1fe0_01e0, 0x100e_0020, 0x100e_0022, nil])
  }

  @Test func machineWithoutConsoleOrPowerStillRuns() throws {
    let layout = try layout { $0.left = ["SPCR", "FACP"] }

    #expect(layout.serialPort.kind == .none)
    #expect(layout.powerOff == nil && layout.reboot == nil)
    #expect(layout.region(at: 0) != nil && layout.region(at: 1) == nil)
  }

  @Test(arguments: ["APIC", "EIO", "BIO"])
  func missingControllerIsRefused(part: String) {
    #expect(throws: BootFailure.self) { try layout { $0.left = [part] } }
  }

  @Test(arguments: [0, 1, 10, 255] as [UInt64])
  func cascadeToNoPinIsRefused(cascade: UInt64) {
    #expect(throws: BootFailure.self) { try layout { $0.cascade = cascade } }
  }

  @Test(arguments: [(2, 0), (3, 1), (9, 7)] as [(UInt64, UInt8)])
  func pinsAreCountedAfterTheSoftwareInterrupts(cascade: UInt64, pin: UInt8) throws {
    #expect(try layout { $0.cascade = cascade }.interruptPin == pin)
  }

  @Test func impossibleRegistersAreRefused() {
    #expect(throws: BootFailure.self) { try layout { $0.bridgeBase = 0x1000_0010 } }
    #expect(throws: BootFailure.self) { try layout { $0.bridgeByteCount = 0x100 } }
  }

  @Test func noTablesAtAllIsAFailure() {
    #expect(throws: BootFailure.self) {
      var layout = MachineLayout()
      try layout.discover(BootEnvironment(), processor: 0, in: FirmwareMemory([]))
    }
  }

  @Test func damagedTablesAreReadWithoutHarm() {
    let seed = UInt64.random(in: .min ... .max)
    print("damagedTablesAreReadWithoutHarm: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let sound = Board().memory()
    var accepted = 0

    for _ in 0..<2_000 {
      var memory = sound
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bit = UInt8.random(in: 0..<8, using: &random)
        memory.bytes[Int.random(in: 0..<memory.bytes.count, using: &random)] ^= 1 << bit
      }
      if (try? layout(in: memory)) != nil { accepted += 1 }
    }

    // Damage outside the tables that are needed is survived.
    #expect(accepted > 0 && accepted < 2_000)
  }
}
