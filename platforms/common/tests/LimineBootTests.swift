import KernelHAL
import PlatformCommon
import Testing

/// Memory laid out as a loader would, addressed as the kernel would.
@safe private final class LoaderMemory {
  private let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
  private var used = 0

  init() { unsafe words.initialize(repeating: 0, count: 512) }
  deinit { unsafe words.deallocate() }

  /// Places `values` and returns their address.
  func place(_ values: UInt64...) -> UInt64 {
    let start = unsafe words + used
    for value in values {
      unsafe words[used] = value
      used += 1
    }
    return UInt64(UInt(bitPattern: start))
  }

  /// Places `text` with a zero at its end and returns its address.
  func place(_ text: String) -> UInt64 {
    let start = unsafe UnsafeMutableRawPointer(words + used)
    for (offset, byte) in text.utf8.enumerated() {
      unsafe start.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    used += text.utf8.count / 8 + 1
    return UInt64(UInt(bitPattern: start))
  }
}

private func boot(_ change: (inout LimineResponses) -> Void) -> LimineBoot {
  var responses = LimineResponses()
  change(&responses)
  return unsafe LimineBoot(responses: responses)
}

@Suite struct LimineBootTests {
  @Test func requestsStartUnanswered() {
    let answers = LimineBoot.answers(pagingMode: 0)

    #expect(!answers.isBaseRevisionSupported)
    #expect(answers.directMapOffset == nil)
    #expect(answers.memoryMapCount == 0)
    #expect(answers.memoryMapEntry(at: 0) == nil)
    #expect(answers.kernelFile == nil)
    #expect(answers.moduleCount == 0)
    #expect(answers.acpiRoot == nil)
    #expect(answers.framebuffer(at: 0) == nil)
    #expect(answers.bootProcessor(layout: .wide) == nil)
    #expect(answers.loaderName == nil)
  }

  @Test func memoryMapEntriesAreReadByIndex() {
    let memory = LoaderMemory()
    let first = memory.place(0x1000, 0x2000, 0)
    let second = memory.place(0x8000, 0x1000, 77)
    let list = memory.place(first, second)
    let answers = boot { $0.memoryMap = memory.place(0, 2, list) }

    #expect(answers.memoryMapCount == 2)
    #expect(
      answers.memoryMapEntry(at: 0)
        == LimineMemoryEntry(base: 0x1000, byteCount: 0x2000, kind: .usable))
    #expect(answers.memoryMapEntry(at: 1)?.kind == .reserved)
  }

  @Test(arguments: [-1, 2, Int.max, Int.min])
  func indexOutsideTheMapIsNil(index: Int) {
    let memory = LoaderMemory()
    let entry = memory.place(0, 0, 0)
    let list = memory.place(entry, entry)
    let answers = boot { $0.memoryMap = memory.place(0, 2, list) }

    #expect(answers.memoryMapEntry(at: index) == nil)
  }

  @Test(arguments: [65_537, UInt64(Int.max) + 1, UInt64.max])
  func absurdCountReadsAsNone(count: UInt64) {
    let memory = LoaderMemory()
    let answers = boot { $0.memoryMap = memory.place(0, count, 0) }

    #expect(answers.memoryMapCount == 0)
    #expect(answers.memoryMapEntry(at: 0) == nil)
  }

  @Test(arguments: [1, 7, UInt64.max, UInt64.max - 7])
  func responseAtAnImpossibleAddressIsMissing(address: UInt64) {
    let answers = boot { $0.directMap = address }

    #expect(answers.directMapOffset == nil)
  }

  @Test func listAtZeroHasNoEntries() {
    let memory = LoaderMemory()
    let answers = boot { $0.modules = memory.place(0, 3, 0) }

    #expect(answers.moduleCount == 3)
    #expect(answers.module(at: 0) == nil)
  }

  @Test func rootPointerIsPhysicalWhicheverWayItWasGiven() {
    let memory = LoaderMemory()
    let map = memory.place(0, 0xffff_8000_0000_0000)

    let virtual = boot {
      $0.directMap = map
      $0.acpiRoot = memory.place(0, 0xffff_8000_000f_52c0)
    }
    let physical = boot {
      $0.directMap = map
      $0.acpiRoot = memory.place(0, 0xf52c0)
    }

    #expect(virtual.acpiRoot == 0xf52c0)
    #expect(physical.acpiRoot == 0xf52c0)
  }

  @Test func moduleCarriesItsTextsAndBothAddresses() throws {
    let memory = LoaderMemory()
    let path = memory.place("/boot/init")
    let commandLine = memory.place("")
    let file = memory.place(0, 0xffff_8000_0123_4000, 4097, path, commandLine)
    let answers = boot {
      $0.directMap = memory.place(0, 0xffff_8000_0000_0000)
      $0.modules = memory.place(0, 1, memory.place(file))
    }

    let module = try #require(answers.module(at: 0))

    #expect(module.address == 0xffff_8000_0123_4000)
    #expect(module.physicalAddress == 0x123_4000)
    #expect(module.byteCount == 4097)
    #expect(module.path?.equals("/boot/init") == true)
    #expect(module.path?.equals("/boot/inix") == false)
    #expect(module.commandLine?.byteCount == 0)
  }

  @Test func fileThatWrapsAroundIsMissing() {
    let memory = LoaderMemory()
    let file = memory.place(0, 0xffff_ffff_ffff_f000, 0x1001, 0, 0)
    let answers = boot { $0.kernelFile = memory.place(0, file) }

    #expect(answers.kernelFile == nil)
  }

  @Test func framebufferFieldsAreUnpacked() throws {
    let memory = LoaderMemory()
    let format: UInt64 = 0x0808_0810_0801_0020  // 32 bits, RGB, red 8 at 16, green 8 at 8
    let record = memory.place(0xffff_8000_8000_0000, 1280, 800, 5120, format, 0x00)
    let answers = boot {
      $0.directMap = memory.place(0, 0xffff_8000_0000_0000)
      $0.framebuffers = memory.place(0, 1, memory.place(record))
    }

    let framebuffer = try #require(answers.framebuffer(at: 0))

    #expect(framebuffer.physicalAddress == 0x8000_0000)
    #expect(framebuffer.bitsPerPixel == 32)
    #expect(framebuffer.redMaskSize == 8)
    #expect(framebuffer.redMaskShift == 16)
    #expect(framebuffer.greenMaskShift == 8)
    #expect(framebuffer.blueMaskShift == 0)
  }

  @Test func framebufferThatIsNotRGBIsMissing() {
    let memory = LoaderMemory()
    let record = memory.place(0xffff_8000_8000_0000, 1280, 800, 5120, 0x0808_0810_0802_0020, 0)
    let answers = boot { $0.framebuffers = memory.place(0, 1, memory.place(record)) }

    #expect(answers.framebuffer(at: 0) == nil)
  }

  @Test func processorsFollowTheLayoutOfTheMachine() {
    let memory = LoaderMemory()
    let x86 = boot {
      let record = memory.place(0x0000_0007_0000_0003, 0, 0, 0)
      $0.processors = memory.place(0, 0x0000_0007_0000_0000, 1, memory.place(record))
    }
    let wide = boot {
      let record = memory.place(2, 5, 0, 0, 0)
      $0.processors = memory.place(0, 0, 5, 1, memory.place(record))
    }

    #expect(x86.bootProcessor(layout: .x86) == 7)
    #expect(x86.processor(at: 0, layout: .x86)?.acpiNumber == 3)
    #expect(x86.processor(at: 0, layout: .x86)?.hardwareNumber == 7)
    #expect(wide.processorCount(layout: .wide) == 1)
    #expect(wide.bootProcessor(layout: .wide) == 5)
    #expect(wide.processor(at: 0, layout: .wide)?.acpiNumber == 2)
  }

  @Test func textWithoutEndIsCutAndSaysSo() throws {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: LimineText.limit)
    unsafe bytes.initialize(repeating: 0x61, count: LimineText.limit)
    defer { unsafe bytes.deallocate() }

    let text = unsafe LimineText(at: UInt64(UInt(bitPattern: bytes)))

    let found = try #require(text)
    #expect(found.byteCount == LimineText.limit)
    #expect(!found.isComplete)
    #expect(found[LimineText.limit] == 0)
    #expect(found[-1] == 0)
  }

  // MARK: What is shown

  private func rights(
    _ kind: LimineMemoryEntry.Kind, acpiRoot: UInt64? = nil, deviceTree: UInt64? = nil
  ) -> PageRights? {
    LimineMemoryEntry(base: 0x8000, byteCount: 0x2000, kind: kind)
      .windowRights(acpiRoot, deviceTree)
  }

  @Test func ramIsShownForWritingAndTablesForReading() {
    let reading = PageRights.global.union(.read)
    for kind in [LimineMemoryEntry.Kind.usable, .loaderReclaimable, .kernelAndModules] {
      #expect(rights(kind) == reading.union(.write))
    }
    for kind in [LimineMemoryEntry.Kind.acpiReclaimable, .acpiStorage, .reservedMapped] {
      #expect(rights(kind) == reading)
    }
    #expect(rights(.badMemory) == nil)
    #expect(rights(.framebuffer) == nil)
  }

  /// There may be devices in it, or memory that is not the kernel's to read.
  @Test func reservedMemoryIsNotShown() {
    #expect(rights(.reserved) == nil)
    #expect(rights(.reserved, acpiRoot: 0x7fff, deviceTree: 0xa000) == nil)
  }

  @Test(arguments: [0x8000, 0x8123, 0x9fff] as [UInt64])
  func reservedMemoryWithTheTablesIsShown(address: UInt64) {
    #expect(rights(.reserved, acpiRoot: address) == PageRights.global.union(.read))
    #expect(rights(.reserved, deviceTree: address) == PageRights.global.union(.read))
  }

  @Test func onlyReservedRangesAndFramebuffersMayHoldDevices() {
    for value in 0...8 as ClosedRange<UInt64> {
      let kind = LimineMemoryEntry.Kind(rawValue: value)
      #expect(kind?.mayHoldDevices == (kind == .reserved || kind == .framebuffer))
    }
  }
}
