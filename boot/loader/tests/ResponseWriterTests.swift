import PlatformCommon
import Testing

@testable import LoaderCore

/// A kernel's image with requests, answered by the loader and read by the kernel's accessor.
private struct Image {
  var words: [UInt64]

  static let markers: (start: [UInt64], end: [UInt64]) = (
    [
      0xf6b8_f4b3_9de7_d1ae, 0xfab9_1a69_40fc_b9cf, 0x785c_6ed0_15d3_e316,
      0x181e_920a_7852_b9d9,
    ], [0xadc0_e053_1bb1_0d03, 0x9572_709f_3176_4c62]
  )
  static let tag: [UInt64] = [0xf956_2b2d_5c95_a6c8, 0x6a7b_3849_4453_6bdc]

  static func request(_ first: UInt64, _ second: UInt64, _ more: UInt64...) -> [UInt64] {
    [0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b, first, second] + [0, 0] + more
  }

  var bytes: [UInt8] {
    words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }
}

private let directMapRequest = Image.request(0x48dc_f1cb_8ad2_b852, 0x6398_4e95_9a98_244b)
private let memoryMapRequest = Image.request(0x67cf_3d9d_378a_806f, 0xe304_acdf_c50c_3c62)
private let modulesRequest = Image.request(0x3e7e_2797_02be_32af, 0xca1c_4f3b_d128_0cee)

private func scan(_ words: [UInt64]) throws(LoaderFailure) -> RequestScan {
  try RequestScan(Image(words: words).bytes.span)
}

@Suite struct RequestScanTests {
  @Test func requestsAreFoundBetweenTheMarkers() throws {
    let found = try scan(
      directMapRequest + Image.markers.start + Image.tag + [2] + memoryMapRequest
        + Image.markers.end + modulesRequest)

    #expect(found.requestedRevision == 2)
    #expect(found.asks(for: .memoryMap))
    #expect(!found.asks(for: .directMap))
    #expect(!found.asks(for: .modules))
  }

  @Test func withoutMarkersTheWholeImageCounts() throws {
    let found = try scan([1] + Image.tag + [1] + modulesRequest)

    #expect(found.asks(for: .modules))
  }

  @Test func requestTwiceIsRefused() {
    #expect(throws: LoaderFailure.self) {
      try scan(Image.tag + [2] + modulesRequest + modulesRequest)
    }
  }

  @Test func revisionZeroIsRefused() {
    #expect(throws: LoaderFailure.self) { try scan(modulesRequest) }
    #expect(throws: LoaderFailure.self) { try scan(Image.tag + [0] + modulesRequest) }
  }

  @Test func unknownRequestIsLeftAlone() throws {
    let found = try scan(Image.tag + [2] + Image.request(1, 2))

    for number in 0..<19 { #expect(!found.asks(for: try #require(.init(rawValue: number)))) }
  }

  @Test func requestCutOffByTheEndIsLeftAlone() throws {
    let found = try scan(Image.tag + [2] + modulesRequest.dropLast())

    #expect(!found.asks(for: .modules))
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func supportedRevisionIsAcknowledged(revision: UInt64) throws {
    var bytes = Image(words: Image.tag + [revision]).bytes
    let found = try RequestScan(bytes.span)

    var span = bytes.mutableSpan
    found.acknowledgeRevision(in: &span)

    #expect(bytes.span.number64(at: 16) == 0)
    #expect(bytes.span.number64(at: 8) == revision)
  }

  @Test func newerRevisionIsNotAcknowledged() throws {
    var bytes = Image(words: Image.tag + [9]).bytes
    let found = try RequestScan(bytes.span)

    var span = bytes.mutableSpan
    found.acknowledgeRevision(in: &span)

    #expect(found.revision == 3)
    #expect(bytes.span.number64(at: 16) == 9)
  }
}

@Suite struct ResponseWriterTests {
  private let text = Array("/m\npath: /k\ncmdline: a b\nmodule_path: /i\nmodule_cmdline: x".utf8)

  private func facts() -> HandoffFacts {
    var facts = HandoffFacts()
    facts.directMapOffset = 0
    facts.imageAddress = 0xe00_0000
    facts.imageBase = 0xffff_ffff_8000_0000
    facts.kernelFile = LoadedFile(address: 0x7000, byteCount: 11)
    facts.modules[0] = LoadedFile(address: 0x9000, byteCount: 4097)
    facts.acpiRoot = 0xf_0000
    facts.bootTime = -5
    facts.bootProcessor = 3
    facts.bootProcessorACPINumber = 0x1_0005
    var framebuffer = FramebufferFacts()
    framebuffer.address = 0x8000_0000
    framebuffer.width = 1280
    framebuffer.height = 800
    framebuffer.pitch = 5120
    framebuffer.red = ColourMask(mask: 0x00ff_0000)
    framebuffer.green = ColourMask(mask: 0xff00)
    framebuffer.blue = ColourMask(mask: 0xff)
    facts.framebuffer = framebuffer
    return facts
  }

  /// Answers the requests of a kernel and lends what the kernel's accessor makes of it.
  private func answer(
    _ facts: HandoffFacts, arenaByteCount: Int = 65_536, _ body: (LimineBoot) -> Void
  ) throws {
    let requests = [
      Image.request(0xf550_38d8_e2a1_202f, 0x2794_26fc_f5f5_9740), directMapRequest,
      memoryMapRequest, modulesRequest,
      Image.request(0x71ba_7686_3cc5_5f63, 0xb264_4a48_c516_a487),
      Image.request(0xad97_e90e_83f1_ed67, 0x31eb_5d1c_5ff2_3b69),
      Image.request(0xc5e7_7b6b_397e_7b43, 0x2763_7845_accd_cf3c),
      Image.request(0x9d58_27dc_d881_dd75, 0xa314_8604_f6fa_b11b),
      Image.request(0x5027_46e1_84c0_88aa, 0xfbc5_ec83_e632_7893),
      Image.request(0x95a6_7b81_9a1b_857e, 0xa0b6_1b72_3b6a_73e0, 0),
      Image.request(0x95c1_a0ed_ab09_44cb, 0xa4e5_cb38_42f7_488a, 0, 0, 0),
      Image.request(0xb40d_db48_fb54_bac7, 0x5450_8149_3f81_ffb7),
    ]
    var image = Image(words: Image.tag + [2] + requests.flatMap { $0 }).bytes
    let map = [
      range(0x1000, 0x8000, .usable), range(0x8000, 0x9000, .reserved),
      range(0x9000, 0xb000, .runtimeServices),
    ]
    let arena = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: arenaByteCount / 8)
    unsafe arena.initialize(repeating: 0)
    defer { unsafe arena.deallocate() }

    try unsafe write(facts, map: map, image: &image, arena: UnsafeMutableRawBufferPointer(arena))

    var responses = LimineResponses()
    func response(_ index: Int) -> UInt64 {
      let offset = 24 + requests[..<index].reduce(0) { $0 + $1.count * 8 }
      return image.span.number64(at: offset + 40) ?? 0
    }
    responses.isBaseRevisionSupported = image.span.number64(at: 16) == 0
    responses.loaderInfo = response(0)
    responses.directMap = response(1)
    responses.memoryMap = response(2)
    responses.modules = response(3)
    responses.kernelAddress = response(4)
    responses.kernelFile = response(5)
    responses.acpiRoot = response(6)
    responses.framebuffers = response(7)
    responses.bootTime = response(8)
    responses.processors = response(9)
    responses.pagingMode = response(10)
    responses.deviceTree = response(11)
    body(unsafe LimineBoot(responses: responses))
  }

  @unsafe private func write(
    _ facts: HandoffFacts, map: [MemoryRange], image: inout [UInt8],
    arena: UnsafeMutableRawBufferPointer
  ) throws(LoaderFailure) {
    let configuration = try BootConfiguration(text.span)
    let scan = try RequestScan(image.span)
    let address = UInt64(UInt(bitPattern: arena.baseAddress))
    let memory = unsafe MutableSpan<UInt8>(
      _unsafeStart: arena.baseAddress!.assumingMemoryBound(to: UInt8.self), count: arena.count)
    var writer = ResponseWriter(
      scan: scan, facts: facts, arena: ResponseArena(memory, at: address),
      image: image.mutableSpan)
    try writer.answerAll(
      configuration: configuration, text: text.span, map: map.span, mapCount: map.count)
  }

  @Test func kernelReadsWhatTheLoaderTells() throws {
    try answer(facts()) { boot in
      #expect(boot.isBaseRevisionSupported)
      #expect(boot.loaderName?.equals("mnos boot loader") == true)
      #expect(boot.directMapOffset == 0)
      #expect(boot.kernelPhysicalBase == 0xe00_0000)
      #expect(boot.kernelVirtualBase == 0xffff_ffff_8000_0000)
      #expect(boot.memoryMapCount == 3)
      #expect(
        boot.memoryMapEntry(at: 2)
          == LimineMemoryEntry(base: 0x9000, byteCount: 0x2000, kind: .reserved))
      #expect(
        boot.memoryMapEntry(at: 1)
          == LimineMemoryEntry(base: 0x8000, byteCount: 0x1000, kind: .reserved))
      #expect(boot.kernelFile?.path?.equals("/k") == true)
      #expect(boot.kernelFile?.commandLine?.equals("a b") == true)
      #expect(boot.moduleCount == 1)
      #expect(boot.module(at: 0)?.address == 0x9000)
      #expect(boot.module(at: 0)?.byteCount == 4097)
      #expect(boot.module(at: 0)?.path?.equals("/i") == true)
      #expect(boot.module(at: 0)?.commandLine?.equals("x") == true)
      #expect(boot.acpiRoot == 0xf_0000)
      #expect(boot.deviceTree == nil)
      #expect(boot.bootTime == -5)
      #expect(boot.pagingMode == 0)
      #expect(boot.framebufferCount == 1)
      #expect(boot.framebuffer(at: 0)?.pitch == 5120)
      #expect(boot.framebuffer(at: 0)?.bitsPerPixel == 32)
      #expect(boot.framebuffer(at: 0)?.redMaskShift == 16)
      #expect(boot.framebuffer(at: 0)?.blueMaskSize == 8)
    }
  }

  @Test(arguments: [
    (ProcessorLayout.narrow, LimineProcessorLayout.x86), (.mixed, .aarch64), (.wide, .wide),
  ])
  func bootProcessorIsToldInTheMachinesLayout(
    loader: ProcessorLayout, kernel: LimineProcessorLayout
  ) throws {
    var facts = facts()
    facts.processorLayout = loader
    try answer(facts) { boot in
      #expect(boot.bootProcessor(layout: kernel) == 3)
      #expect(boot.processorCount(layout: kernel) == 1)
      #expect(boot.processor(at: 0, layout: kernel)?.hardwareNumber == 3)
      #expect(boot.processor(at: 0, layout: kernel)?.acpiNumber == 0x1_0005)
    }
  }

  @Test func whatIsNotKnownStaysUnanswered() throws {
    try answer(HandoffFacts()) { boot in
      #expect(boot.acpiRoot == nil)
      #expect(boot.bootTime == nil)
      #expect(boot.framebufferCount == 0)
      #expect(boot.processorCount(layout: .wide) == 0)
    }
  }

  @Test func arenaTooSmallIsAFailure() {
    for byteCount in stride(from: 0, to: 700, by: 8) {
      #expect(throws: LoaderFailure.self) {
        try answer(facts(), arenaByteCount: byteCount) { _ in }
      }
    }
  }
}
