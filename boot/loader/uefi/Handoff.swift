import FirmwareCall
import LoaderCore

/// The last stage: builds the address space and the answers, ends the firmware's boot
/// services, and enters the kernel.
struct Handoff: ~Copyable {
  let firmware: Firmware
  private var facts: HandoffFacts
  private var additions: FirmwareMap.Additions

  /// - Parameters:
  ///   - facts: What is known of the files.
  ///   - additions: Where the files are.
  init(_ firmware: Firmware, _ facts: HandoffFacts, _ additions: FirmwareMap.Additions) {
    self.firmware = firmware
    self.facts = facts
    self.additions = additions
  }

  /// Enters the kernel; comes back only by an error, with the firmware still in charge.
  consuming func run(
    _ kernel: inout KernelImage, _ configuration: BootConfiguration, text: Span<UInt8>
  ) throws(LoaderFailure) {
    try gatherFacts(kernel)
    let asked = kernel.word(6, of: .stackSize) ?? 0
    let stack = try firmware.allocate(
      max(Self.stackByteCount, asked), for: "too little memory for the kernel's stack; KiB needed")
    var map = try FirmwareMap(firmware)
    let answerByteCount = UInt64(65_536 + text.count + map.capacity * 32)
    var answers = try firmware.allocate(
      answerByteCount, for: "too little memory for the boot answers; KiB needed")
    let roots = try buildTables(&map, kernel)
    let stackTop = facts.directMapOffset + stack.address + UInt64(stack.byteCount)
    let entry = kernel.word(6, of: .entryPoint) ?? kernel.plan.entry
    try map.exitBootServices()
    // From here on the firmware cannot print, and nothing below can fail: `answers` has room
    // for as many entries as the map can have, and the map for all that the firmware told.
    try map.normalise(adding: additions)
    let machine = try writeAnswers(configuration, text: text, map, &kernel, into: &answers)
    mnos_memory_barrier()
    Machine.publishCode(at: kernel.pages.address, byteCount: kernel.plan.imageByteCount)
    mnos_enter_kernel(
      Machine.rootWord(table: roots.upper, mode: facts.pagingMode), entry, stackTop, machine,
      Machine.rootWord(table: roots.lower, mode: facts.pagingMode))
  }

  /// Stack that a kernel gets that does not ask for more.
  private static var stackByteCount: UInt64 { 65_536 }

  /// Asks the firmware all that the kernel may want to know.
  private mutating func gatherFacts(_ kernel: borrowing KernelImage) throws(LoaderFailure) {
    additions.add(kernel.pages.address, kernel.plan.imageByteCount, .kernelAndModules)
    facts.pagingMode = try kernel.pagingMode()
    facts.directMapOffset = Machine.directMapOffset(mode: facts.pagingMode)
    facts.imageAddress = kernel.pages.address
    facts.imageBase = kernel.plan.imageBase
    facts.systemTable = firmware.systemTable
    facts.bootTime = firmware.secondsSince1970()
    facts.processorLayout = Machine.processorLayout
    facts.bootProcessor = Machine.bootProcessor(firmware)
    facts.acpiRoot = acpiRoot()
    if let number = facts.bootProcessor {
      facts.bootProcessorACPINumber =
        ACPIProcessors(rootPointer: facts.acpiRoot, in: firmware)?
        .number(of: number, layout: facts.processorLayout) ?? 0
    }
    facts.deviceTree = try copyDeviceTree()
    facts.framebuffer = firmware.framebuffer()
    if let framebuffer = facts.framebuffer {
      additions.add(framebuffer.address, framebuffer.byteCount, .framebuffer)
    }
  }

  /// The ACPI root pointer of version 2 or later, else the first one; 0 for none.
  ///
  /// Source: UEFI 2.10 §4.6.1.1.
  private func acpiRoot() -> UInt64 {
    let current = FirmwareGUID(0x8868_e871, 0xe4f1, 0x11d3, 0xbc22_0080_c73c_8881)
    let first = FirmwareGUID(0xeb9d_2d30, 0x2d88, 0x11d3, 0x9a16_0090_273f_c14d)
    return firmware.configurationTable(current) ?? firmware.configurationTable(first) ?? 0
  }

  /// Copies the device tree into memory of the loader's own, because the firmware's copy may
  /// be in memory that is free after the handoff. Returns its address, or 0 without one.
  ///
  /// Source: Devicetree 0.4 §5.2: magic and total size, big endian, in the first 8 bytes.
  private func copyDeviceTree() throws(LoaderFailure) -> UInt64 {
    let guid = FirmwareGUID(0xb1b6_21d5, 0xf19c, 0x41a5, 0x830b_d915_2c69_aae0)
    guard let tree = firmware.configurationTable(guid) else { return 0 }
    // SAFETY: the firmware says that a device tree, with a header of 40 bytes, is there.
    let magic = unsafe Firmware.half(tree).byteSwapped
    let byteCount = unsafe Firmware.half(tree + 4).byteSwapped
    guard magic == 0xd00d_feed, byteCount >= 40, byteCount <= 1 << 24 else { return 0 }
    let copy = try firmware.allocate(
      UInt64(byteCount), for: "too little memory for the device tree; KiB needed")
    // SAFETY: both ranges are `byteCount` long, and the copy belongs to nobody else.
    unsafe Firmware.copy(from: tree, to: copy.address, byteCount: Int(byteCount))
    return copy.address
  }

  /// Builds the page tables that the kernel starts with, and returns the roots of both halves.
  private mutating func buildTables(
    _ map: inout FirmwareMap, _ kernel: borrowing KernelImage
  ) throws(LoaderFailure) -> (upper: UInt64, lower: UInt64) {
    try map.read()
    try map.normalise(adding: additions)
    let end = DirectMapRanges.end(of: map.entries(), count: map.count)
    guard end <= ELFLoadPlan.lowestAddress - facts.directMapOffset else {
      throw LoaderFailure("the machine has more memory than the page tables reach", value: end)
    }
    let count = PageTableBuilder<Machine.Format>.tablesNeeded(
      for: mappedByteCount(map) + kernel.plan.imageByteCount,
      rangeCount: map.count + kernel.plan.segmentCount + 2)
    var pages = try firmware.allocate(
      count * 4096, for: "too little memory for page tables; KiB needed")
    let address = pages.address
    var tables = PageTableBuilder(
      Machine.pageFormat(mode: facts.pagingMode), in: pages.mutableContents(of: UInt64.self),
      at: address)
    try mapDirectly(map, in: &tables)
    try mapKernel(kernel, in: &tables)
    try mapLoader(in: &tables)
    return (tables.upperRoot, tables.lowerRoot)
  }

  private func mappedByteCount(_ map: borrowing FirmwareMap) -> UInt64 {
    var ranges = DirectMapRanges()
    var byteCount: UInt64 = 0
    while let part = ranges.next(map.entries(), count: map.count) { byteCount += part.byteCount }
    return byteCount
  }

  /// The direct map: everything may be done to it. Source: Limine PROTOCOL.md, "Entry memory
  /// layout".
  private func mapDirectly(
    _ map: borrowing FirmwareMap, in tables: inout PageTableBuilder<Machine.Format>
  ) throws(LoaderFailure) {
    var ranges = DirectMapRanges()
    while let part = ranges.next(map.entries(), count: map.count) {
      let use = PageUse(
        isWritable: true, isExecutable: !part.isFramebuffer, isFramebuffer: part.isFramebuffer)
      try tables.map(
        facts.directMapOffset + part.base, to: part.base, byteCount: part.byteCount, use: use)
    }
  }

  /// The kernel's segments, each with its own rights.
  private func mapKernel(
    _ kernel: borrowing KernelImage, in tables: inout PageTableBuilder<Machine.Format>
  ) throws(LoaderFailure) {
    for index in 0..<kernel.plan.segmentCount {
      let segment = kernel.plan[segment: index]
      let use = PageUse(isWritable: segment.isWritable, isExecutable: segment.isExecutable)
      try tables.map(
        segment.firstPage, to: kernel.pages.address + (segment.firstPage - facts.imageBase),
        byteCount: segment.pageEnd - segment.firstPage, use: use)
    }
  }

  /// The loader's own code where it is, for the few instructions after the switch.
  private func mapLoader(
    in tables: inout PageTableBuilder<Machine.Format>
  ) throws(LoaderFailure) {
    let start = mnos_text_start()
    try tables.map(
      start, to: start, byteCount: mnos_text_end() - start,
      use: PageUse(isWritable: false, isExecutable: true))
  }

  /// Writes all answers; returns what the machine's entry needs.
  private mutating func writeAnswers(
    _ configuration: BootConfiguration, text: Span<UInt8>, _ map: borrowing FirmwareMap,
    _ kernel: inout KernelImage, into answers: inout LoadedPages
  ) throws(LoaderFailure) -> UInt64 {
    facts.firmwareMap = map.rawPlace
    facts.firmwareMapEntryByteCount = map.entryByteCount
    facts.firmwareMapVersion = map.version
    let scan = kernel.scan
    let address = facts.directMapOffset + answers.address
    var arena = ResponseArena(answers.mutableContents(of: UInt8.self), at: address)
    let machine = try Machine.prepareEntry(&arena)
    var writer = ResponseWriter(
      scan: scan, facts: facts, arena: arena,
      image: kernel.pages.mutableContents(of: UInt8.self))
    try writer.answerAll(
      configuration: configuration, text: text, map: map.entries(), mapCount: map.count)
    return machine
  }
}
