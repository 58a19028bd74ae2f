import FuzzHarness
import KernelHAL
import PlatformCommon

/// What a boot loader answers: each response there or not, and every number in it any number.
///
/// Addresses are those of readable memory, 0, or off their boundary: a loader that names memory
/// that is not there cannot be told from one that does.
enum BootResponseTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("boot-responses", "answers of boot loaders", mostBytes: 1024) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { seeds }
    return target
  }()

  /// The first byte says how processors are laid out, the next two which responses there are.
  private static var seeds: [FuzzSeed] {
    let numbers: [(String, [UInt8])] = [
      ("zeros", []), ("ones", (0..<400).map { $0 % 9 == 0 ? 7 : 0xff }),
      ("wrapping", (0..<200).map { $0 % 2 == 0 ? 2 : UInt8($0) }),
      ("powers", (0..<200).map { $0 % 2 == 0 ? 3 : UInt8($0) }),
    ]
    return [FuzzSeed("nothing-answered", [0, 0, 0], "accepted: 0 ranges, 0 modules, 0 processors")]
      + (0..<13).map { missing in
        let mask = 0x1fff ^ 1 << missing
        return FuzzSeed(
          "response-\(missing)-missing",
          [UInt8(missing), UInt8(mask & 255), UInt8(mask >> 8)] + (0..<120).map { UInt8($0) }, "accepted")
      }
      + numbers.map { FuzzSeed("numbers-\($0.0)", [1, 0xff, 0x1f] + $0.1, "accepted") }
  }

  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    let memory = LoaderMemory()
    var script = ByteScript(bytes)
    let layout = [LimineProcessorLayout.x86, .aarch64, .wide][script.below(3)]
    let responses = responses(&script, memory, layout)
    // SAFETY: every address in them is 0, off its boundary, or leads into `memory`.
    let boot = unsafe LimineBoot(responses: responses)
    defer { withExtendedLifetime(memory) {} }
    try readMap(boot)
    try readFiles(boot)
    try readProcessors(boot, layout)
    for index in indices(boot.framebufferCount) {
      if boot.framebuffer(at: index) != nil {
        try promise((0..<boot.framebufferCount).contains(index), "a framebuffer past the last")
      }
    }
    _ = (boot.acpiRoot, boot.deviceTree, boot.bootTime, boot.pagingMode, boot.loaderName)
    _ = (boot.kernelPhysicalBase, boot.kernelVirtualBase, boot.directMapOffset)
    let processors = boot.processorCount(layout: layout)
    return .accepted(
      "\(boot.memoryMapCount) ranges, \(boot.moduleCount) modules, \(processors) processors")
  }

  // MARK: Reading

  private static func indices(_ count: Int) -> [Int] {
    Array(0..<min(count, 12)) + [-1, count, count - 1, 65_535, .max, .min]
  }

  private static func readMap(_ boot: LimineBoot) throws(BrokenPromise) {
    try promise((0...65_536).contains(boot.memoryMapCount), "a count beyond anything real")
    for index in indices(boot.memoryMapCount) {
      guard let entry = boot.memoryMapEntry(at: index) else { continue }
      try promise((0..<boot.memoryMapCount).contains(index), "a range past the last")
      _ = entry.windowRights(boot.acpiRoot, boot.deviceTree)
      let wraps = entry.base.addingReportingOverflow(entry.byteCount).overflow
      let region = MemoryRegion(base: entry.base, byteCount: entry.byteCount, kind: .usable)
      try promise(!wraps || region.pages(below: 1 << 52) == nil, "pages of a range that wraps")
    }
  }

  private static func readFiles(_ boot: LimineBoot) throws(BrokenPromise) {
    try promise((0...65_536).contains(boot.moduleCount), "a count beyond anything real")
    for index in indices(boot.moduleCount) {
      guard let module = boot.module(at: index) else { continue }
      try promise((0..<boot.moduleCount).contains(index), "a module past the last")
      try check(module)
    }
    if let kernel = boot.kernelFile { try check(kernel) }
    for text in [boot.loaderName, boot.loaderVersion].compactMap({ $0 }) { try check(text) }
  }

  private static func check(_ file: LimineFile) throws(BrokenPromise) {
    try promise(
      !file.address.addingReportingOverflow(file.byteCount).overflow, "a file that wraps around")
    for text in [file.path, file.commandLine].compactMap({ $0 }) { try check(text) }
  }

  private static func check(_ text: LimineText) throws(BrokenPromise) {
    try promise(text.byteCount <= LimineText.limit, "a text longer than the limit")
    for index in [-1, text.byteCount, .max, .min] {
      try promise(text[index] == 0, "a byte outside the text")
    }
    text.withBytes { (bytes: Span<UInt8>) in
      for index in 0..<bytes.count { precondition(bytes[index] != 0, "a text with a zero inside") }
    }
  }

  private static func readProcessors(
    _ boot: LimineBoot, _ layout: LimineProcessorLayout
  ) throws(BrokenPromise) {
    let count = boot.processorCount(layout: layout)
    try promise((0...65_536).contains(count), "a count beyond anything real")
    _ = boot.bootProcessor(layout: layout)
    for index in indices(count) where boot.processor(at: index, layout: layout) != nil {
      try promise((0..<count).contains(index), "a processor past the last")
    }
  }

  // MARK: Writing

  private static func responses(
    _ script: inout ByteScript, _ memory: LoaderMemory, _ layout: LimineProcessorLayout
  ) -> LimineResponses {
    let mask = Int(script.byte()) | Int(script.byte()) << 8
    var responses = LimineResponses()
    let fields: [(WritableKeyPath<LimineResponses, UInt64>, Int?)] = [
      (\.directMap, nil), (\.memoryMap, 3), (\.kernelAddress, nil), (\.kernelFile, 0),
      (\.modules, 5), (\.acpiRoot, nil), (\.deviceTree, nil), (\.framebuffers, 6),
      (\.bootTime, nil), (\.bootHart, nil), (\.processors, 4), (\.loaderInfo, 0),
      (\.pagingMode, nil),
    ]
    for (bit, (field, recordWords)) in fields.enumerated() where mask & 1 << bit != 0 {
      switch field {
      case \.kernelFile:
        let file = file(&script, memory)
        responses.kernelFile = memory.place([0, pointer(file, &script)])
      case \.loaderInfo:
        responses.loaderInfo = memory.place([0, text(&script, memory), text(&script, memory)])
      default:
        guard let recordWords else {
          responses[keyPath: field] = pointer(
            memory.place([0, script.number(), script.number(), 0]), &script)
          continue
        }
        responses[keyPath: field] = pointer(
          list(
            &script, memory, of: recordWords, countAt: field == \.processors ? layout : nil),
          &script)
      }
    }
    return responses
  }

  /// The address, or now and then 0 or one off its boundary.
  private static func pointer(_ address: UInt64, _ script: inout ByteScript) -> UInt64 {
    switch script.byte() {
    case 0xff: 0
    case 0xfe: address + 1
    case 0xfd: .max
    default: address
    }
  }

  /// A response with a list: a few records, and a count that need not be theirs.
  ///
  /// - Parameter layout: Of a list of processors, which has flags and the boot processor first.
  private static func list(
    _ script: inout ByteScript, _ memory: LoaderMemory, of recordWords: Int,
    countAt layout: LimineProcessorLayout?
  ) -> UInt64 {
    let count = script.below(6)
    let records = (0..<count).map { _ in
      let record =
        recordWords == 5
        ? file(&script, memory)
        : memory.place((0..<recordWords).map { _ in script.number() })
      return pointer(record, &script)
    }
    var stated = script.byte() < 0xc0 ? UInt64(count) : script.number()
    let list = memory.place(records, saying: stated)
    if list == nil { stated = UInt64(count) }
    let place = pointer(list ?? memory.place(records), &script)
    switch layout {
    case nil: return memory.place([0, stated, place, 0])
    case .x86: return memory.place([0, script.number(), stated, place])
    case .aarch64, .wide: return memory.place([0, 0, script.number(), stated, place])
    }
  }

  private static func file(_ script: inout ByteScript, _ memory: LoaderMemory) -> UInt64 {
    memory.place([
      0, script.number(), script.number(), text(&script, memory), text(&script, memory),
    ])
  }

  private static func text(_ script: inout ByteScript, _ memory: LoaderMemory) -> UInt64 {
    switch script.below(4) {
    case 0: 0
    case 1: memory.place(text: [])
    default: memory.place(text: script.array(script.below(40)))
    }
  }
}
