import KernelHAL
import MnosABI
import PlatformCommon
import PlatformTesting
import Testing

@testable import PlatformRISCV64

@Suite struct MachineLayoutTests {
  private func layout(
    bootHart: UInt64 = 0, _ change: (inout BoardTree) -> Void = { _ in }
  ) throws -> MachineLayout {
    var board = BoardTree()
    change(&board)
    return try layout(board.build().bytes(), bootHart: bootHart)
  }

  private func layout(_ tree: [UInt8], bootHart: UInt64 = 0) throws -> MachineLayout {
    let memory = FirmwareMemory(tree)
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    boot.bootCPU = bootHart
    var layout = MachineLayout()
    try layout.discover(boot, processor: boot.bootCPU, in: memory)
    return layout
  }

  @Test func boardIsFoundByItsDeviceTree() throws {
    let layout = try layout()

    #expect(layout.timeFrequency == 10_000_000)
    #expect(layout.controllerBase == 0xc00_0000)
    #expect(layout.controllerByteCount == 0x60_0000)
    #expect(layout.controllerSourceCount == 95)
    #expect(layout.controllerKind == .plic(context: 1))
    #expect(layout.entropySeed.bits == 0x71c9_7792_c425_24c9)
  }

  @Test(arguments: [(0, 1), (1, 3), (3, 7)] as [(UInt64, UInt64)])
  func contextIsThatOfTheBootHart(hart: UInt64, context: UInt64) throws {
    #expect(try layout(bootHart: hart) { $0.harts = 4 }.controllerKind == .plic(context: context))
  }

  @Test(
    arguments: [
      (.aplic, .aplic(.direct(context: 2))),
      (.aplicWithMessages, .aplic(.messages(file: 2, identityCount: 255))),
    ] as [(BoardTree.Controller, InterruptControllerKind)])
  func advancedControllerIsThatOfSupervisorMode(
    controller: BoardTree.Controller, kind: InterruptControllerKind
  ) throws {
    let layout = try layout(bootHart: 2) {
      $0.harts = 3
      $0.controller = controller
    }

    #expect(layout.controllerKind == kind)
    #expect(layout.controllerBase == 0xd00_0000 && layout.controllerByteCount == 0x8000)
    #expect(layout.controllerSourceCount == 96)
    #expect(layout.serialPort.line == 10)
  }

  @Test func controllerOfTHeadIsAPLIC() throws {
    let layout = try layout {
      $0.platformControllerModels = ["thead,th1520-plic", "thead,c900-plic"]
      $0.platformInterruptCells = 2
    }

    #expect(layout.controllerKind == .plic(context: 1))
    #expect(layout.serialPort.line == 10)
  }

  @Test func hartWithoutPageTablesIsRefused() throws {
    #expect(
      throws: BootFailure.missing(StaticReason("page tables of the hart that boots"))
    ) {
      try layout { $0.mmuType = "riscv,none" }
    }
    #expect(throws: Never.self) { try layout { $0.mmuType = "riscv,sv48" } }
  }

  @Test func extensionsAreThoseOfTheListOrTheText() throws {
    let both = RISCVExtensions(hasPageTypes: true, hasCacheBlocks: true)

    #expect(try layout().extensions == RISCVExtensions())
    #expect(try layout().cacheBlockByteCount == 0)
    #expect(
      try layout { $0.extensionText = "rv64imafdc_zicbom_svpbmt" }.extensions == both)
    #expect(try layout { $0.extensionList = ["i", "svpbmt", "zicbom"] }.extensions == both)
    #expect(
      try layout {
        $0.extensionText = "rv64imafdc_zicbom_svpbmt"
        $0.extensionList = ["i", "svpbmt"]
      }.extensions == RISCVExtensions(hasPageTypes: true))
    #expect(try layout { $0.cacheBlockByteCount = 64 }.cacheBlockByteCount == 64)
  }

  @Test func serialPortIsTheConsole() throws {
    let port = try layout().serialPort

    #expect(port.kind == .serial16550)
    #expect(port.registers == 0x1000_0000)
    #expect(port.registerByteCount == 0x100)
    #expect(port.line == 10)
    #expect(port.clockFrequency == 3_686_400)
    #expect(port.registerShift == 0)
    #expect(port.accessWidth == 1)
  }

  @Test func firstSerialPortServesWithoutConsolePath() throws {
    #expect(try layout { $0.stdoutPath = nil }.serialPort.registers == 0x1000_1000)
  }

  @Test(arguments: ["/soc/nothing", "/soc/plic@c000000"])
  func noPortServesInPlaceOfOneThatCannotBeDriven(path: String) throws {
    let layout = try layout { $0.stdoutPath = path }

    #expect(layout.serialPort.kind == .none)
    #expect(layout.report.count == 1)
    #expect(layout.report[0] == FirmwareFinding(.deviceTree, .unknownConsole))
  }

  /// The boot report needs the port even if the rest of the machine is of no use.
  @Test func portIsKnownWithoutAController() {
    var board = BoardTree()
    board.controller = .none
    let memory = FirmwareMemory(board.build().bytes())
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    var layout = MachineLayout()

    #expect(throws: BootFailure.self) {
      try layout.discover(boot, processor: 0, in: memory)
    }

    #expect(layout.serialPort.registers == 0x1000_0000)
    #expect(layout.serialPort.line == nil)
  }

  @Test func powerRegistersAreFound() throws {
    let layout = try layout()

    #expect(layout.powerOff?.base == 0x10_0000)
    #expect(layout.powerOff?.value == 0x5555)
    #expect(layout.reboot?.value == 0x7777)
    #expect(layout.powerOff?.mask == .max)
  }

  @Test func regionsAreTheControllerAndThePowerRegister() throws {
    let layout = try layout()

    #expect(layout.region(at: 0)?.base == 0xc00_0000)
    #expect(layout.region(at: 1)?.base == 0x10_0000)
    #expect(layout.region(at: 2) == nil)
  }

  @Test func missingPartsAreNamed() {
    #expect(throws: BootFailure.missing(StaticReason("interrupt controller (PLIC or APLIC)"))) {
      try layout { $0.controller = .none }
    }
    #expect(throws: BootFailure.self) { try layout { $0.timeFrequency = 0 } }
    #expect(throws: BootFailure.self) { try layout(bootHart: 5) }
    #expect(throws: BootFailure.self) { try layout([1, 2, 3]) }
  }

  @Test func noTablesAtAllIsAFailure() {
    let memory = FirmwareMemory([])

    #expect(throws: BootFailure.self) {
      var layout = MachineLayout()
      try layout.discover(BootEnvironment(), processor: 0, in: memory)
    }
  }

  @Test func controllerTooSmallForTheContextIsRefused() {
    // Hart 4096 would be context 8193: its registers are past the block.
    var board = BoardTree()
    board.harts = 1_100

    #expect(throws: BootFailure.self) {
      try layout(board.build().bytes(), bootHart: 1_099)
    }
  }

  // MARK: ACPI

  private func tables() -> [[UInt8]] {
    var time = TableBuilder("RHCT")
    time.add(0, byteCount: 4)
    time.add(10_000_000, byteCount: 8)
    // Two nodes from byte 56 on: a string of 22 bytes, and blocks of 2^7 bytes.
    for (value, count) in [(2, 4), (56, 4), (0, 2), (30, 2), (1, 2), (22, 2)] as [(UInt64, Int)] {
      time.add(value, byteCount: count)
    }
    time.bytes += Array("rv64gc_zicbom_svpbmt".utf8) + [0, 0]
    for (value, count) in [(1, 2), (10, 2), (1, 2), (0, 1), (7, 1), (6, 1), (6, 1)]
      as [(UInt64, Int)]
    {
      time.add(value, byteCount: count)
    }
    var interrupts = TableBuilder("APIC", revision: 6)
    interrupts.add(0, byteCount: 8)
    // The hart with number 2: context 5 of controller 0.
    for (value, count) in [
      (0x18, 1), (36, 1), (1, 1), (0, 1), (1, 4), (2, 8), (0, 4), (5, 4), (0, 12),
    ]
      as [(UInt64, Int)]
    {
      interrupts.add(value, byteCount: count)
    }
    // Controller 0: 96 sources from line 32 on, at 0xc000000.
    for (value, count) in [
      (0x1b, 1), (36, 1), (1, 1), (0, 1), (0, 8), (96, 2), (7, 2), (0, 4), (0x60_0000, 4),
      (0xc00_0000, 8), (32, 4),
    ] as [(UInt64, Int)] {
      interrupts.add(value, byteCount: count)
    }
    return [time.finished(), interrupts.finished(), serialTable()]
  }

  /// A 16550 in memory whose registers are bytes side by side, with line 42.
  private func serialTable() -> [UInt8] {
    var serial = TableBuilder("SPCR", revision: 2)
    for (value, count) in [
      (0x12, 1), (0, 3), (0, 1), (32, 1), (0, 1), (1, 1), (0x1000_0000, 8), (1 << 4, 1), (0, 1),
      (42, 4), (0, 22),
    ] as [(UInt64, Int)] {
      serial.add(value, byteCount: count)
    }
    return serial.finished()
  }

  private func layout(tables: [[UInt8]], hart: UInt64) throws -> MachineLayout {
    let base: UInt64 = 0x8000_0000
    let memory = FirmwareMemory(TableBuilder.memory(of: tables, at: base), at: base)
    var boot = BootEnvironment()
    boot.acpiRoot = base
    boot.bootCPU = hart
    var layout = MachineLayout()
    try layout.discover(boot, processor: boot.bootCPU, in: memory)
    return layout
  }

  @Test func boardIsFoundByACPI() throws {
    let layout = try layout(tables: tables(), hart: 2)

    #expect(layout.timeFrequency == 10_000_000)
    #expect(layout.extensions == RISCVExtensions(hasPageTypes: true, hasCacheBlocks: true))
    #expect(layout.cacheBlockByteCount == 128)
    #expect(layout.controllerKind == .plic(context: 5))
    #expect(layout.controllerSourceCount == 96)
    #expect(layout.serialPort.registers == 0x1000_0000)
    #expect(layout.serialPort.registerShift == 0)
    #expect(layout.serialPort.line == 10)
    #expect(layout.powerOff == nil)
  }

  @Test func missingACPITablesAreNamed() {
    for missing in 0..<2 {
      var tables = tables()
      tables.remove(at: missing)
      #expect(throws: BootFailure.self) { try layout(tables: tables, hart: 2) }
    }
    #expect(throws: BootFailure.self) { try layout(tables: tables(), hart: 3) }
  }

  @Test func damagedFirmwareTablesAreReadWithoutHarm() {
    let seed = UInt64.random(in: .min ... .max)
    print("damagedFirmwareTablesAreReadWithoutHarm: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let sound = BoardTree().build().bytes()
    var accepted = 0

    for _ in 0..<3_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bit = UInt8.random(in: 0..<8, using: &random)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << bit
      }
      if (try? layout(bytes)) != nil { accepted += 1 }
    }

    #expect(accepted > 0)
    #expect(accepted < 3_000)
  }
}
