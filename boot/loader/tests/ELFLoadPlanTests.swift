import Testing

@testable import LoaderCore

/// A kernel's ELF file to be spoiled.
private struct SampleKernel {
  struct Program {
    var type: UInt32 = 1
    var flags: UInt32
    var offset: UInt64
    var address: UInt64
    var fileByteCount: UInt64
    var byteCount: UInt64
    var alignment: UInt64 = 4096
  }

  static let base: UInt64 = 0xffff_ffff_8000_0000
  var type: UInt16 = 3
  var machine: UInt16 = 62
  var entry = base + 0x10
  var headerOffset: UInt64 = 64
  var headerByteCount: UInt16 = 56
  var headerCount: UInt16?
  var relocation: (place: UInt64, kind: UInt64, addend: UInt64) = (base + 0x2008, 8, base + 0x20)
  var relocationByteCount: UInt64 = 24
  var relocationTable = base + 0x1000
  var extraTag: (tag: UInt64, value: UInt64) = (0, 0)
  var programs = [
    Program(
      flags: 5, offset: 0x1000, address: base, fileByteCount: 0x100, byteCount: 0x100),
    Program(
      flags: 4, offset: 0x2000, address: base + 0x1000, fileByteCount: 0x18, byteCount: 0x18),
    Program(
      flags: 6, offset: 0x3000, address: base + 0x2000, fileByteCount: 0x80, byteCount: 0x1800),
    Program(
      type: 2, flags: 6, offset: 0x3020, address: base + 0x2020, fileByteCount: 0x60,
      byteCount: 0x60),
  ]

  var bytes: [UInt8] {
    var file = [UInt8](repeating: 0, count: 0x3080)
    func put(_ value: UInt64, _ offset: Int, _ byteCount: Int = 8) {
      for index in 0..<byteCount where offset + index < file.count {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    put(0x0001_0102_464c_457f, 0)
    put(UInt64(type), 16, 2)
    put(UInt64(machine), 18, 2)
    put(1, 20, 4)
    put(entry, 24)
    put(headerOffset, 32)
    put(64, 52, 2)
    put(UInt64(headerByteCount), 54, 2)
    put(UInt64(headerCount ?? UInt16(programs.count)), 56, 2)
    for (index, program) in programs.enumerated() {
      let offset = 64 + index * 56
      put(UInt64(program.type), offset, 4)
      put(UInt64(program.flags), offset + 4, 4)
      put(program.offset, offset + 8)
      put(program.address, offset + 16)
      put(program.fileByteCount, offset + 32)
      put(program.byteCount, offset + 40)
      put(program.alignment, offset + 48)
    }
    for offset in 0..<0x100 { put(UInt64(offset & 0xff), 0x1000 + offset, 1) }
    put(relocation.place, 0x2000)
    put(relocation.kind, 0x2008)
    put(relocation.addend, 0x2010)
    put(7, 0x3020)
    put(relocationTable, 0x3028)
    put(8, 0x3030)
    put(relocationByteCount, 0x3038)
    put(9, 0x3040)
    put(24, 0x3048)
    put(extraTag.tag, 0x3050)
    put(extraTag.value, 0x3058)
    return file
  }

  /// The failure that planning and loading end in, or nil.
  func failure() -> LoaderFailure? { loadFailure(bytes) }
}

private func loadFailure(_ bytes: [UInt8], machine: UInt16 = 62) -> LoaderFailure? {
  do throws(LoaderFailure) {
    _ = try load(bytes, machine: machine)
    return nil
  } catch {
    return error
  }
}

private func load(
  _ bytes: [UInt8], machine: UInt16 = 62
) throws(LoaderFailure) -> (plan: ELFLoadPlan, image: [UInt8]) {
  let plan = try ELFLoadPlan(bytes.span, machine: machine)
  guard plan.imageByteCount < 1 << 26 else { return (plan, []) }
  var image = [UInt8](repeating: 0, count: Int(plan.imageByteCount))
  var span = image.mutableSpan
  try plan.load(bytes.span, into: &span, machine: machine)
  return (plan, image)
}

/// Pages of 4 KiB and of 2 MiB.
private struct LargePageFormat: BootPageFormat {
  var levelCount: Int { 4 }
  var largestLeafLevel: Int { 1 }
  func table(at address: UInt64) -> UInt64 { address | 1 }
  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & 2 == 0 ? entry & ~4095 : nil
  }
  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 { address | 2 }
}

private func spoiled(_ change: (inout SampleKernel) -> Void) -> LoaderFailure? {
  var kernel = SampleKernel()
  change(&kernel)
  return kernel.failure()
}

@Suite struct ELFLoadPlanTests {
  @Test func soundKernelIsPlannedAndLoaded() throws {
    let (plan, image) = try load(SampleKernel().bytes)

    #expect(plan.imageBase == SampleKernel.base)
    #expect(plan.imageByteCount == 0x4000)
    #expect(plan.entry == SampleKernel.base + 0x10)
    #expect(plan.slide == 0)
    #expect(plan.segmentCount == 3)
    #expect(plan[segment: 0].isExecutable && !plan[segment: 0].isWritable)
    #expect(plan[segment: 2].isWritable && !plan[segment: 2].isExecutable)
    #expect(image[0x42] == 0x42)
    #expect(image.span.number64(at: 0x2008) == SampleKernel.base + 0x20)
    #expect(image[0x2080...].allSatisfy { $0 == 0 }, "bss is zero")
  }

  @Test func relocatableKernelAtZeroIsMoved() throws {
    var kernel = SampleKernel()
    for index in kernel.programs.indices { kernel.programs[index].address -= SampleKernel.base }
    kernel.entry -= SampleKernel.base
    kernel.relocation.place -= SampleKernel.base
    kernel.relocation.addend -= SampleKernel.base
    kernel.relocationTable -= SampleKernel.base

    let (plan, image) = try load(kernel.bytes)

    #expect(plan.slide == SampleKernel.base)
    #expect(plan.imageBase == SampleKernel.base)
    #expect(image.span.number64(at: 0x2008) == SampleKernel.base + 0x20)
  }

  @Test func segmentsMayComeInAnyOrder() throws {
    var kernel = SampleKernel()
    kernel.programs.swapAt(0, 2)

    #expect(try load(kernel.bytes).plan[segment: 0].address == SampleKernel.base)
  }

  @Test(arguments: Array(0...64) + [100, 0x1000, 0x10ff, 0x2017, 0x3000, 0x307f])
  func truncatedFileIsRefused(byteCount: Int) {
    #expect(loadFailure(Array(SampleKernel().bytes[..<byteCount])) != nil)
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 16, 20, 52, 54])
  func wrongHeaderFieldIsRefused(offset: Int) {
    var bytes = SampleKernel().bytes
    bytes[offset] ^= 0x41

    #expect(loadFailure(bytes) != nil)
  }

  @Test(arguments: [UInt16(183), 243, 258, 0, 3])
  func otherMachineIsNamedByItsNumber(machine: UInt16) {
    #expect(spoiled { $0.machine = machine }?.value == UInt64(machine))
  }

  @Test(arguments: [UInt64(0), 63, 0x3080, 0x3081, 1 << 63, .max])
  func headerOffsetOutsideTheFileIsRefused(offset: UInt64) {
    #expect(spoiled { $0.headerOffset = offset } != nil)
  }

  @Test(arguments: [UInt16(0), 300, 65535])
  func headerCountOutsideTheFileIsRefused(count: UInt16) {
    #expect(spoiled { $0.headerCount = count } != nil)
  }

  @Test func segmentsKeepTheRightsTheyAskFor() throws {
    var kernel = SampleKernel()
    kernel.programs[2].flags = 7

    let plan = try load(kernel.bytes).plan

    #expect(plan[segment: 2].isWritable && plan[segment: 2].isExecutable)
    #expect(!plan[segment: 0].isWritable && !plan[segment: 1].isExecutable)
  }

  /// A stack with the right to execute is what GNU ld asks for, for any assembly file without a
  /// `.note.GNU-stack` section; an interpreter, for every position-independent executable.
  @Test(arguments: [(UInt32(0x6474_e551), UInt32(7)), (3, 4)])
  func whatConcernsProcessesOnlyIsPassedOver(type: UInt32, flags: UInt32) throws {
    var kernel = SampleKernel()
    kernel.programs.append(
      .init(
        type: type, flags: flags, offset: 0x1000, address: SampleKernel.base, fileByteCount: 28,
        byteCount: 28))

    #expect(try load(kernel.bytes).plan.segmentCount == 3)
  }

  @Test(arguments: [UInt64(0x0), 0x80, 0xff])
  func overlappingSegmentsAreRefused(offset: UInt64) {
    let failure = spoiled { $0.programs[1].address = SampleKernel.base + offset }

    #expect(failure?.problem == StaticText("two segments overlap"))
  }

  @Test func segmentsThatShareAPageWithOtherRightsAreRefused() {
    let failure = spoiled { $0.programs[1].address = SampleKernel.base + 0x800 }

    #expect(
      failure?.problem == StaticText("two segments with different rights share a page"))
  }

  @Test func segmentLargerInTheFileThanInMemoryIsRefused() {
    #expect(spoiled { $0.programs[0].byteCount = 0xff } != nil)
  }

  @Test(arguments: [UInt64(0x3081), 1 << 63, .max, .max - 0xff])
  func segmentBeyondTheFileIsRefused(offset: UInt64) {
    #expect(spoiled { $0.programs[0].offset = offset } != nil)
  }

  @Test(arguments: [UInt64(1) << 31, 1 << 40, 1 << 63, .max])
  func enormousSegmentIsRefused(byteCount: UInt64) {
    #expect(spoiled { $0.programs[2].byteCount = byteCount } != nil)
  }

  @Test func kernelBelowTheUpperHalfIsRefused() {
    let failure = spoiled {
      $0.type = 2
      $0.programs = [
        .init(flags: 5, offset: 0x1000, address: 0x40_0000, fileByteCount: 16, byteCount: 16)
      ]
      $0.entry = 0x40_0000
    }

    #expect(failure?.value == 0x40_0000)
  }

  @Test(arguments: [UInt64(0), SampleKernel.base + 0x100, SampleKernel.base + 0x2000, .max])
  func entryOutsideCodeIsRefused(entry: UInt64) {
    #expect(spoiled { $0.entry = entry } != nil)
  }

  @Test(arguments: [UInt64(1), 6, 1 << 32])
  func relocationOfAnotherKindIsRefused(kind: UInt64) {
    let failure = spoiled { $0.relocation.kind = kind }

    #expect((failure == nil) == (kind == 1 << 32), "kind 0 with a symbol does nothing")
  }

  @Test(arguments: [UInt64(0), SampleKernel.base - 1, SampleKernel.base + 0x3ff9, .max])
  func relocationOutsideTheImageIsRefused(place: UInt64) {
    #expect(spoiled { $0.relocation.place = place } != nil)
  }

  @Test(arguments: [UInt64(23), 25, 0x4000, .max, 24 * 1024])
  func relocationTableOutsideTheImageIsRefused(byteCount: UInt64) {
    #expect(spoiled { $0.relocationByteCount = byteCount } != nil)
  }

  @Test(arguments: [UInt64(1), 2, 18, 35])
  func dynamicLinkingIsRefused(tag: UInt64) {
    #expect(spoiled { $0.extraTag = (tag, 24) } != nil)
  }

  @Test(arguments: [UInt64(0), 1, 0x1000, 0x1_0000, 0x20_0000, 1 << 30])
  func imageIsPlacedAsItsSegmentsAreAligned(alignment: UInt64) throws {
    var kernel = SampleKernel()
    kernel.programs[2].alignment = alignment

    let placement = try load(kernel.bytes).plan.placement

    #expect(
      placement
        == ImagePlacement(byteCount: 0x4000, alignment: max(alignment, 0x1000), offset: 0))
  }

  @Test(arguments: [UInt64(3), 0x1800, 1 << 31, 1 << 63, .max])
  func alignmentThatIsNoneIsRefused(alignment: UInt64) {
    #expect(spoiled { $0.programs[1].alignment = alignment }?.value == alignment)
  }

  @Test(arguments: [UInt64(0), 0x1000, 0xe000, 0x1f_f000, 0x20_0000])
  func pageTablesSufficeForALargeImage(linkedAt offset: UInt64) throws {
    var kernel = SampleKernel()
    for index in kernel.programs.indices { kernel.programs[index].address += offset }
    kernel.entry += offset
    kernel.relocation.place += offset
    kernel.relocationTable += offset
    kernel.programs[2].byteCount = 700 << 20
    let (plan, _) = try load(kernel.bytes)

    for start: UInt64 in [0x10_0000, 0x1e_e000, 0x7e00_f000, 1 << 32] {
      let address = plan.placement.address(from: start)
      #expect(address >= start)
      #expect(address + plan.imageByteCount <= start + plan.placement.roomByteCount)
      let count = PageTableBuilder<LargePageFormat>.tablesNeeded(
        for: plan.imageByteCount, rangeCount: plan.segmentCount)
      var tables = [UInt64](repeating: 0, count: Int(count) * 512)
      var builder = PageTableBuilder(LargePageFormat(), in: tables.mutableSpan, at: 0x10_0000)
      for index in 0..<plan.segmentCount {
        let segment = plan[segment: index]
        try builder.map(
          segment.firstPage, to: address + (segment.firstPage - plan.imageBase),
          byteCount: segment.pageEnd - segment.firstPage,
          use: PageUse(isWritable: segment.isWritable, isExecutable: segment.isExecutable))
      }
    }
  }

  @Test func damagedFilesGiveAResult() {
    var random = SeededRandom("elf")
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = SampleKernel().bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let places = [0..<64, 64..<288, 0x2000..<0x2018, 0x3020..<0x3080]
        let place = Int.random(in: places.randomElement(using: &random)!, using: &random)
        let value = random.edgy()
        for index in 0..<[1, 2, 4, 8].randomElement(using: &random)!
        where place + index < bytes.count {
          bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
      }
      guard let (plan, _) = try? load(bytes) else { continue }
      accepted += 1
      #expect(plan.imageBase >= ELFLoadPlan.lowestAddress)
      #expect(plan.isCode(plan.entry))
      for index in 1..<max(plan.segmentCount, 1) {
        #expect(plan[segment: index].address >= plan[segment: index - 1].end)
      }
    }
    #expect(accepted > 0)
  }
}
