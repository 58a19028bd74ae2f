import KernelHAL
import PlatformCommon
import PlatformTesting
import Testing

@Suite struct ACPIArmTests {
  private var report = FirmwareReport()

  private func table(
    _ signature: ACPISignature, _ bytes: [UInt8]
  ) throws -> ACPITable<FirmwareMemory> {
    let memory = FirmwareMemory(bytes)
    return try ACPITable(signature, at: memory.base, in: memory)
  }

  private mutating func interrupts(
    _ bytes: [UInt8], processor: UInt64 = 1
  ) throws -> ACPIGenericInterrupts? {
    ACPIGenericInterrupts(
      try table(.interruptControllers, bytes), processor: processor, noting: &report)
  }

  @Test mutating func controllerIsReadFromItsEntries() throws {
    let model = try #require(try interrupts(ArmInterruptTable().build()))

    #expect(model.distributor == 0x800_0000)
    #expect(model.version == 3)
    #expect(model.processorInterface == 0x801_0000)
    #expect(model.redistributors.count == 1)
    #expect(report.count == 0)
  }

  @Test(arguments: [(0, 0x80a_0000), (2, 0x80e_0000)] as [(UInt64, UInt64)])
  mutating func redistributorOfTheCPUServesWithoutRegions(
    processor: UInt64, base: UInt64
  ) throws {
    var builder = ArmInterruptTable()
    builder.regions = []

    let model = try #require(try interrupts(builder.build(), processor: processor))

    #expect(model.redistributors[0].base == base)
    #expect(model.redistributors[0].byteCount == 0x2_0000)
  }

  @Test mutating func regionsThatAreEmptyOrWrapAreLeftOut() throws {
    var builder = ArmInterruptTable()
    builder.regions = [(0x1000_0000, 0), (.max, 2), (0x2000_0000, 0x10_0000)]

    let model = try #require(try interrupts(builder.build()))

    #expect(model.redistributors.count == 1)
    #expect(model.redistributors[0].base == 0x2000_0000)
  }

  @Test mutating func moreRegionsThanFitAreLeftOut() throws {
    var builder = ArmInterruptTable()
    builder.regions = (1...9).map { ($0 << 28, 0x2_0000) }

    #expect(try interrupts(builder.build())?.redistributors.count == MemoryRegionList.limit)
  }

  @Test mutating func tableWithoutDistributorIsRefused() throws {
    var builder = ArmInterruptTable()
    builder.hasDistributor = false

    #expect(try interrupts(builder.build()) == nil)
  }

  /// Each kind of entry with its length set to less than its fields.
  @Test(arguments: [0x0b, 0x0c, 0x0e] as [UInt64])
  mutating func shortEntryIsNotedAndPassedOver(kind: UInt64) throws {
    let bytes = ArmInterruptTable().build { table in
      table.add(kind, byteCount: 1)
      table.add(4, byteCount: 1)
      table.add(.max, byteCount: 2)
    }

    #expect(try interrupts(bytes)?.distributor == 0x800_0000)
    #expect(report[0].defect == .badEntryLength)
  }

  @Test(arguments: [(0, .emptyEntry), (200, .badEntryLength)] as [(UInt64, FirmwareDefect)])
  mutating func entryThatLeadsNowhereEndsTheList(
    length: UInt64, defect: FirmwareDefect
  ) throws {
    let bytes = ArmInterruptTable().build { table in
      table.add(0x0c, byteCount: 1)
      table.add(length, byteCount: 1)
    }

    #expect(try interrupts(bytes)?.distributor == 0x800_0000)
    #expect(report[0].defect == defect)
  }

  @Test mutating func virtualTimerHasItsInterrupt() throws {
    let sound = try table(.genericTimer, ArmInterruptTable.timerTable())
    let without = try table(.genericTimer, ArmInterruptTable.timerTable(interrupt: 0))

    #expect(ACPIGenericTimer(sound, noting: &report)?.virtualInterrupt == 27)
    #expect(ACPIGenericTimer(without, noting: &report) == nil)
    #expect(report.count == 0)
  }

  @Test mutating func shortTablesAreNoted() throws {
    let timer = try table(.genericTimer, TableBuilder("GTDT").finished())
    let fixed = try table(.fixedHardware, TableBuilder("FACP").finished())

    #expect(ACPIGenericTimer(timer, noting: &report) == nil)
    #expect(ACPIArmFirmware(fixed, noting: &report) == nil)
    #expect(report.count == 2)
  }
}
