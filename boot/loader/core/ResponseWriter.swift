/// Writes the answers to a kernel's requests.
///
/// Source: Limine PROTOCOL.md, "Feature List"; every response begins with its revision.
public struct ResponseWriter: ~Copyable, ~Escapable {
  private let scan: RequestScan
  private let facts: HandoffFacts
  private var arena: ResponseArena
  private var image: MutableSpan<UInt8>

  @_lifetime(copy arena, copy image)
  public init(
    scan: RequestScan, facts: HandoffFacts, arena: consuming ResponseArena,
    image: consuming MutableSpan<UInt8>
  ) {
    self.scan = scan
    self.facts = facts
    self.arena = arena
    self.image = image
  }

  /// Answers everything that this loader has and the kernel asks for.
  ///
  /// - Parameters:
  ///   - text: The configuration's text, where the command lines are.
  ///   - map: The memory map, of which the first `mapCount` entries count.
  public mutating func answerAll(
    configuration: BootConfiguration, text: Span<UInt8>, map: Span<MemoryRange>, mapCount: Int
  ) throws(LoaderFailure) {
    try answerLoaderInfo()
    try answerWord(.firmwareType, 2)
    try answerWord(.stackSize, 0)
    try answerWord(.entryPoint, 0)
    try answerWord(.directMap, facts.directMapOffset)
    try answerWord(.pagingMode, facts.pagingMode)
    try answerMemoryMap(map, count: mapCount)
    try answerFiles(configuration, text)
    try answer(.executableAddress, 0, facts.imageAddress, facts.imageBase)
    try answerTables()
    try answerFramebuffer()
    try answerProcessors()
    if let time = facts.bootTime { try answerWord(.bootTime, UInt64(bitPattern: time)) }
    scan.acknowledgeRevision(in: &image)
  }

  /// The address in the direct map of something at a physical address.
  private func direct(_ address: UInt64) -> UInt64 { address &+ facts.directMapOffset }

  private mutating func answer(
    _ feature: LimineFeature, _ revision: UInt64, _ second: UInt64, _ third: UInt64 = 0
  ) throws(LoaderFailure) {
    guard scan.asks(for: feature) else { return }
    scan.answer(feature, with: try arena.words(revision, second, third), in: &image)
  }

  private mutating func answerWord(
    _ feature: LimineFeature, _ value: UInt64
  ) throws(LoaderFailure) {
    try answer(feature, 0, value)
  }

  private mutating func answerLoaderInfo() throws(LoaderFailure) {
    guard scan.asks(for: .loaderInfo) else { return }
    let name = try arena.text(BootPath("mnos boot loader"))
    let version = try arena.text(BootPath("1.0"))
    try answer(.loaderInfo, 0, name, version)
  }

  /// Tables of the firmware. In base revision 3 two of them are told as physical addresses.
  private mutating func answerTables() throws(LoaderFailure) {
    let offset = scan.revision >= 3 ? 0 : facts.directMapOffset
    if facts.acpiRoot != 0 { try answerWord(.acpiRoot, facts.acpiRoot &+ offset) }
    if facts.systemTable != 0 { try answerWord(.systemTable, facts.systemTable &+ offset) }
    if facts.deviceTree != 0 { try answerWord(.deviceTree, direct(facts.deviceTree)) }
    guard scan.asks(for: .firmwareMemoryMap), facts.firmwareMap.byteCount > 0 else { return }
    let response = try arena.reserve(40)
    arena.store(direct(facts.firmwareMap.address), at: response + 8)
    arena.store(facts.firmwareMap.byteCount, at: response + 16)
    arena.store(facts.firmwareMapEntryByteCount, at: response + 24)
    arena.store(facts.firmwareMapVersion, at: response + 32)
    scan.answer(.firmwareMemoryMap, with: response, in: &image)
  }

  private mutating func answerMemoryMap(
    _ map: Span<MemoryRange>, count: Int
  ) throws(LoaderFailure) {
    guard scan.asks(for: .memoryMap) else { return }
    let list = try arena.reserve(count * 8)
    let entries = try arena.reserve(count * 24)
    for index in 0..<count {
      let entry = entries + UInt64(index) * 24
      arena.store(map[index].base, at: entry)
      arena.store(map[index].byteCount, at: entry + 8)
      arena.store(map[index].kind.protocolNumber, at: entry + 16)
      arena.store(entry, at: list + UInt64(index) * 8)
    }
    try answer(.memoryMap, 0, UInt64(count), list)
  }

  private mutating func answerFiles(
    _ configuration: BootConfiguration, _ text: Span<UInt8>
  ) throws(LoaderFailure) {
    let kernel = try fileRecord(
      facts.kernelFile, path: configuration.kernelPath, text, configuration.commandLine)
    try answerWord(.executableFile, kernel.record)
    try answerWord(.executableCommandLine, kernel.commandLine)
    guard scan.asks(for: .modules) else { return }
    let list = try arena.reserve(configuration.moduleCount * 8)
    for index in 0..<configuration.moduleCount {
      let module = configuration[module: index]
      let file = try fileRecord(
        facts.modules[index], path: module.path, text, module.commandLine)
      arena.store(file.record, at: list + UInt64(index) * 8)
    }
    try answer(.modules, 0, UInt64(configuration.moduleCount), list)
  }

  /// Source: Limine PROTOCOL.md, "File Structure"; the fields about disks stay 0.
  private mutating func fileRecord(
    _ file: LoadedFile, path: BootPath, _ text: Span<UInt8>, _ commandLine: Range<Int>
  ) throws(LoaderFailure) -> (record: UInt64, commandLine: UInt64) {
    let record = try arena.reserve(112)
    let line = try arena.text(text, commandLine)
    arena.store(direct(file.address), at: record + 8)
    arena.store(file.byteCount, at: record + 16)
    arena.store(try arena.text(path), at: record + 24)
    arena.store(line, at: record + 32)
    return (record, line)
  }

  private mutating func answerFramebuffer() throws(LoaderFailure) {
    guard let framebuffer = facts.framebuffer, scan.asks(for: .framebuffer) else { return }
    let record = try arena.reserve(88)
    arena.store(direct(framebuffer.address), at: record)
    arena.store(framebuffer.width, at: record + 8)
    arena.store(framebuffer.height, at: record + 16)
    arena.store(framebuffer.pitch, at: record + 24)
    arena.store(32, at: record + 32, byteCount: 2)
    arena.store(1, at: record + 34, byteCount: 1)
    storeMask(framebuffer.red, at: record + 35)
    storeMask(framebuffer.green, at: record + 37)
    storeMask(framebuffer.blue, at: record + 39)
    let list = try arena.words(record, 0)
    try answer(.framebuffer, 0, 1, list)
  }

  private mutating func storeMask(_ mask: ColourMask, at address: UInt64) {
    arena.store(mask.bitCount, at: address, byteCount: 1)
    arena.store(mask.shift, at: address + 1, byteCount: 1)
  }

  /// Tells of the processor that boots, and of no other: none is started.
  private mutating func answerProcessors() throws(LoaderFailure) {
    guard let number = facts.bootProcessor else { return }
    if facts.processorLayout == .wide { try answerWord(.bootHart, number) }
    guard scan.asks(for: .processors) else { return }
    let record = try arena.reserve(40)
    let list = try arena.words(record, 0)
    let response = try arena.reserve(40)
    switch facts.processorLayout {
    case .narrow:
      arena.store(facts.bootProcessorACPINumber, at: record, byteCount: 4)
      arena.store(number, at: record + 4, byteCount: 4)
      arena.store(number, at: response + 12, byteCount: 4)
      arena.store(1, at: response + 16)
      arena.store(list, at: response + 24)
    case .mixed, .wide:
      // 32 bits, and 32 that are not used, or 64.
      arena.store(facts.bootProcessorACPINumber, at: record)
      arena.store(number, at: record + 8)
      arena.store(number, at: response + 16)
      arena.store(1, at: response + 24)
      arena.store(list, at: response + 32)
    }
    scan.answer(.processors, with: response, in: &image)
  }
}
