import KernelHAL
import MnosABI
import PlatformCommon
import PlatformTesting
import Testing

@testable import PlatformAArch64

@Suite struct MachineLayoutTests {
  private func layout(_ change: (inout ArmBoardTree) -> Void = { _ in }) throws -> MachineLayout {
    var board = ArmBoardTree()
    change(&board)
    return try layout(board.build().bytes())
  }

  private func layout(_ tree: [UInt8]) throws -> MachineLayout {
    let memory = FirmwareMemory(tree)
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    var layout = MachineLayout()
    try layout.discover(boot, processor: 0, in: memory)
    return layout
  }

  @Test func boardIsFoundByItsDeviceTree() throws {
    let layout = try layout()

    #expect(layout.controller == .version3)
    #expect(layout.distributor.base == 0x800_0000)
    #expect(layout.distributor.byteCount == 0x1_0000)
    #expect(layout.redistributors.count == 1)
    #expect(layout.redistributors[0].base == 0x80a_0000)
    #expect(layout.timerInterrupt == 27)
    #expect(layout.timeFrequency == 0)
    #expect(layout.conduit == .hypervisor)
    #expect(layout.entropySeed.bits == 0x71c9_7792_c425_24c9)
  }

  @Test func version2HasItsCPUSideInMemory() throws {
    let layout = try layout { $0.controllerVersion = 2 }

    #expect(layout.controller == .version2)
    #expect(layout.interface.base == 0x801_0000)
    #expect(layout.redistributors.count == 0)
  }

  @Test(arguments: [
    "arm,gic-400", "arm,cortex-a7-gic", "arm,cortex-a9-gic", "arm,pl390", "qcom,msm-qgic2",
  ])
  func everyControllerWithTheseRegistersIsKnown(model: String) throws {
    let layout = try layout {
      $0.controllerVersion = 2
      $0.version2Models = [model]
    }

    #expect(layout.controller == .version2)
    #expect(layout.serialPort.line == 33)
  }

  @Test func smallestCPUSideIsTaken() throws {
    #expect(throws: Never.self) {
      try layout {
        $0.controllerVersion = 2
        $0.interfaceByteCount = 0x100
      }
    }
    #expect(throws: BootFailure.self) {
      try layout {
        $0.controllerVersion = 2
        $0.interfaceByteCount = 0xff
      }
    }
  }

  /// Version 0.1 leaves the numbers to the tree.
  @Test(
    arguments: [(0x8400_0002, .hypervisor), (0xc400_0002, .none), (1, .none), (nil, .none)]
      as [(UInt32?, PowerConduit)])
  func oldFirmwareIsCalledWhereItsNumbersAreThoseOfToday(
    processorOff: UInt32?, conduit: PowerConduit
  ) throws {
    let layout = try layout {
      $0.firmwareModels = ["arm,psci"]
      $0.processorOff = processorOff
    }

    #expect(layout.conduit == conduit)
  }

  @Test func serialPortIsTheConsole() throws {
    let port = try layout().serialPort

    #expect(port.kind == .serialPL011)
    #expect(port.registers == 0x900_0000)
    #expect(port.registerByteCount == 0x1000)
    #expect(port.line == 33)
    #expect(port.clockFrequency == 24_000_000)
    #expect(port.accessWidth == 4)
  }

  @Test func firstSerialPortServesWithoutConsolePath() throws {
    let port = try layout { $0.stdoutPath = nil }.serialPort

    #expect(port.registers == 0x904_0000)
    #expect(port.line == 40)
  }

  @Test(arguments: ["/nothing", "/intc@8000000", ""])
  func noPortServesInPlaceOfOneThatCannotBeDriven(path: String) throws {
    let layout = try layout { $0.stdoutPath = path }

    #expect(layout.serialPort.kind == .none)
    #expect(layout.report.count == 1)
    #expect(layout.report[0] == FirmwareFinding(.deviceTree, .unknownConsole))
  }

  @Test(
    arguments: [("smc", .secureMonitor), ("other", .none), (nil, .none)]
      as [(String?, PowerConduit)])
  func firmwareIsCalledAsTheTreeSays(method: String?, conduit: PowerConduit) throws {
    #expect(try layout { $0.method = method }.conduit == conduit)
  }

  @Test func fifthRegionOfRedistributorsIsNoted() throws {
    let layout = try layout { board in
      for index in 1...4 as ClosedRange<UInt64> {
        board.redistributors.append((index << 38, 0x400_0000))
      }
    }

    #expect(layout.redistributors.count == 4)
    #expect(layout.report.count == 1)
    #expect(layout.report[0] == FirmwareFinding(.deviceTree, .tooManyEntries))
  }

  @Test func everyRegionOfRedistributorsIsKept() throws {
    let layout = try layout { $0.redistributors.append((0x40_0000_0000, 0x400_0000)) }

    #expect(layout.redistributors.count == 2)
    #expect(layout.redistributors[1].base == 0x40_0000_0000)
  }

  @Test func regionsAreWhatTheKernelUses() throws {
    let bases = try (0..<4).map { try layout().region(at: $0)?.base }
    let bases2 = try (0..<4).map {
      try layout { $0.controllerVersion = 2 }.region(at: $0)?.base
    }

    #expect(bases == [0x800_0000, 0x80a_0000, 0x900_0000, nil])
    #expect(bases2 == [0x800_0000, 0x801_0000, 0x900_0000, nil])
  }

  @Test func missingPartsAreNamed() {
    #expect(throws: BootFailure.missing(StaticReason("interrupt controller (GICv2 or GICv3)"))) {
      try layout { $0.controllerVersion = 0 }
    }
    #expect(throws: BootFailure.missing(StaticReason("interrupt of the virtual timer"))) {
      try layout { $0.hasTimer = false }
    }
    #expect(
      throws: BootFailure.missing(StaticReason("redistributor of the interrupt controller"))
    ) {
      try layout { $0.redistributors = [] }
    }
    #expect(throws: BootFailure.self) { try layout([1, 2, 3]) }
  }

  @Test func noTablesAtAllIsAFailure() {
    var layout = MachineLayout()

    #expect(throws: BootFailure.self) {
      try layout.discover(BootEnvironment(), processor: 0, in: FirmwareMemory([]))
    }
  }

  /// The boot report needs the port even if the rest of the machine is of no use.
  @Test(arguments: [(false, 3), (true, 0)])
  func portIsKnownThoughDiscoveryFails(hasTimer: Bool, controllerVersion: Int) {
    var board = ArmBoardTree()
    board.hasTimer = hasTimer
    board.controllerVersion = controllerVersion
    let memory = FirmwareMemory(board.build().bytes())
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    var layout = MachineLayout()

    #expect(throws: BootFailure.self) {
      try layout.discover(boot, processor: 0, in: memory)
    }

    #expect(layout.consoleRegion?.base == 0x900_0000)
  }

  // MARK: ACPI

  private func layout(tables: [[UInt8]], processor: UInt64 = 2) throws -> MachineLayout {
    let base: UInt64 = 0x8000_0000
    let memory = FirmwareMemory(TableBuilder.memory(of: tables, at: base), at: base)
    var boot = BootEnvironment()
    boot.acpiRoot = base
    var layout = MachineLayout()
    try layout.discover(boot, processor: processor, in: memory)
    return layout
  }

  private func tables(_ model: ArmInterruptTable = ArmInterruptTable()) -> [[UInt8]] {
    [model.build(), ArmInterruptTable.timerTable(), fixedTable(flags: 3), serialTable()]
  }

  private func fixedTable(flags: UInt64) -> [UInt8] {
    var table = TableBuilder("FACP", revision: 6)
    table.bytes += [UInt8](repeating: 0, count: 129 - 36)
    table.add(flags, byteCount: 2)
    table.bytes += [UInt8](repeating: 0, count: 276 - 131)
    return table.finished()
  }

  /// A PL011 with line 33, as QEMU describes it.
  private func serialTable(kind: UInt64 = 0x03) -> [UInt8] {
    var serial = TableBuilder("SPCR", revision: 2)
    for (value, count) in [
      (kind, 1), (0, 3), (0, 1), (32, 1), (0, 1), (3, 1), (0x900_0000, 8), (1 << 3, 1), (0, 1),
      (33, 4), (0, 22),
    ] as [(UInt64, Int)] {
      serial.add(value, byteCount: count)
    }
    return serial.finished()
  }

  @Test func boardIsFoundByACPI() throws {
    let layout = try layout(tables: tables())

    #expect(layout.controller == .version3)
    #expect(layout.distributor.base == 0x800_0000)
    #expect(layout.redistributors[0].byteCount == 0xf6_0000)
    #expect(layout.timerInterrupt == 27)
    #expect(layout.conduit == .hypervisor)
    #expect(layout.serialPort.kind == .serialPL011)
    #expect(layout.serialPort.registers == 0x900_0000)
    #expect(layout.serialPort.line == 33)
  }

  @Test func version2IsFoundByACPI() throws {
    var model = ArmInterruptTable()
    model.version = 2
    model.regions = []

    let layout = try layout(tables: tables(model))

    #expect(layout.controller == .version2)
    #expect(layout.interface.base == 0x801_0000)
  }

  @Test func versionIsThatOfItsPartsIfTheTableHasNone() throws {
    var model = ArmInterruptTable()
    model.version = 0
    #expect(try layout(tables: tables(model)).controller == .version3)

    model.regions = []
    #expect(try layout(tables: tables(model), processor: 9).controller == .version2)
  }

  @Test(
    arguments: [(0, .none), (1, .secureMonitor), (2, .none), (3, .hypervisor)]
      as [(UInt64, PowerConduit)])
  func firmwareIsCalledAsTheFADTSays(flags: UInt64, conduit: PowerConduit) throws {
    var tables = tables()
    tables[2] = fixedTable(flags: flags)

    #expect(try layout(tables: tables).conduit == conduit)
  }

  @Test func consoleOfAnotherKindIsNoted() throws {
    var tables = tables()
    tables[3] = serialTable(kind: 0x11)

    let layout = try layout(tables: tables)

    #expect(layout.serialPort.kind == .none)
    #expect(layout.report.count == 1 && layout.report[0].defect == .unknownConsole)
  }

  @Test func onlyControllerAndTimerMustBeThere() throws {
    for missing in 0..<4 {
      var tables = tables()
      tables.remove(at: missing)
      if missing < 2 {
        #expect(throws: BootFailure.self) { try layout(tables: tables) }
      } else {
        #expect(throws: Never.self) { try layout(tables: tables) }
      }
    }
  }

  @Test func damagedFirmwareTablesAreReadWithoutHarm() {
    let seed = UInt64.random(in: .min ... .max)
    print("damagedFirmwareTablesAreReadWithoutHarm: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let tree = ArmBoardTree().build().bytes()
    let tables = TableBuilder.memory(of: tables(), at: 0x8000_0000)
    var accepted = 0

    for round in 0..<4_000 {
      var bytes = round % 2 == 0 ? tree : tables
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bit = UInt8.random(in: 0..<8, using: &random)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << bit
      }
      var boot = BootEnvironment()
      if round % 2 == 0 { boot.deviceTree = 0x8000_0000 } else { boot.acpiRoot = 0x8000_0000 }
      var layout = MachineLayout()
      let memory = FirmwareMemory(bytes, at: 0x8000_0000)
      if (try? layout.discover(boot, processor: 0, in: memory)) != nil { accepted += 1 }
    }

    #expect(accepted > 0)
    #expect(accepted < 4_000)
  }
}
