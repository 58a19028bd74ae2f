/// What the boot loader told the kernel, as values. Fence: follows the loader's addresses.
///
/// A missing answer, an address of 0 or off its boundary, and an index past the end give nil.
@safe public struct LimineBoot {
  private let responses: LimineResponses

  /// - Parameter responses: Each is 0 or the address of a response laid out as the protocol
  ///   says, whose own addresses are readable. They must stay so while this value is used.
  @unsafe public init(responses: LimineResponses) {
    self.responses = responses
  }

  /// Whether the loader follows the base revision that the kernel asks for.
  public var isBaseRevisionSupported: Bool { responses.isBaseRevisionSupported }

  /// Name of the loader.
  public var loaderName: LimineText? { text(in: responses.loaderInfo, at: 8) }

  /// Version of the loader.
  public var loaderVersion: LimineText? { text(in: responses.loaderInfo, at: 16) }

  /// Virtual address of physical address 0 in the loader's direct map.
  public var directMapOffset: UInt64? { word(responses.directMap, 8) }

  /// Physical address of the first byte of the kernel's image, which is contiguous.
  public var kernelPhysicalBase: UInt64? { word(responses.kernelAddress, 8) }

  /// Virtual address of the first byte of the kernel's image.
  public var kernelVirtualBase: UInt64? { word(responses.kernelAddress, 16) }

  /// Physical address of the ACPI root pointer.
  public var acpiRoot: UInt64? { nonzero(word(responses.acpiRoot, 8)).map { physical($0) } }

  /// Physical address of the flattened device tree.
  public var deviceTree: UInt64? { nonzero(word(responses.deviceTree, 8)).map { physical($0) } }

  /// Seconds since 1970 when the loader read the clock.
  public var bootTime: Int64? { word(responses.bootTime, 8).map { Int64(bitPattern: $0) } }

  /// The protocol's number of the paging mode: 0 is four levels, and Sv39 on riscv64.
  public var pagingMode: UInt64? { word(responses.pagingMode, 8) }

  // MARK: Memory map

  /// Entries in the memory map; 0 if there is none.
  public var memoryMapCount: Int { count(responses.memoryMap, at: 8) }

  /// The entry at `index`, in order of their bases.
  @inline(never)
  public func memoryMapEntry(at index: Int) -> LimineMemoryEntry? {
    guard
      let entry = element(index, of: responses.memoryMap, countAt: 8),
      let base = word(entry, 0), let length = word(entry, 8), let kind = word(entry, 16)
    else { return nil }
    return LimineMemoryEntry(
      base: base, byteCount: length, kind: .init(rawValue: kind) ?? .reserved)
  }

  // MARK: Files

  /// The kernel's file, with the kernel's command line.
  public var kernelFile: LimineFile? {
    word(responses.kernelFile, 8).flatMap { file(at: $0) }
  }

  /// Modules that were loaded; 0 if there is none.
  public var moduleCount: Int { count(responses.modules, at: 8) }

  /// The module at `index`, in the order of the loader's configuration.
  public func module(at index: Int) -> LimineFile? {
    element(index, of: responses.modules, countAt: 8).flatMap { file(at: $0) }
  }

  // MARK: Framebuffers

  /// Framebuffers; 0 if there is none.
  public var framebufferCount: Int { count(responses.framebuffers, at: 8) }

  /// The framebuffer at `index`; nil also if its pixels are not RGB.
  public func framebuffer(at index: Int) -> LimineFramebuffer? {
    guard
      let record = element(index, of: responses.framebuffers, countAt: 8),
      let address = nonzero(word(record, 0)), let width = word(record, 8),
      let height = word(record, 16), let pitch = word(record, 24),
      let format = word(record, 32), let last = word(record, 40),
      UInt8(truncatingIfNeeded: format >> 16) == 1
    else { return nil }
    return LimineFramebuffer(
      physicalAddress: physical(address), width: width, height: height, pitch: pitch,
      bitsPerPixel: UInt16(truncatingIfNeeded: format),
      redMaskSize: UInt8(truncatingIfNeeded: format >> 24),
      redMaskShift: UInt8(truncatingIfNeeded: format >> 32),
      greenMaskSize: UInt8(truncatingIfNeeded: format >> 40),
      greenMaskShift: UInt8(truncatingIfNeeded: format >> 48),
      blueMaskSize: UInt8(truncatingIfNeeded: format >> 56),
      blueMaskShift: UInt8(truncatingIfNeeded: last))
  }

  // MARK: Processors

  /// Processors that the loader found and, but for this one, started and parked.
  ///
  /// While it is more than 1, parked processors execute in `loaderReclaimable` memory: keep
  /// that memory until each has been given code of the kernel's own.
  public func processorCount(layout: LimineProcessorLayout) -> Int {
    count(responses.processors, at: layout.countOffset)
  }

  /// The hardware's number of the processor that boots.
  public func bootProcessor(layout: LimineProcessorLayout) -> UInt64? {
    switch layout {
    case .x86: word(responses.processors, 8).map { $0 >> 32 }
    case .aarch64: word(responses.processors, 16)
    case .wide: word(responses.bootHart, 8) ?? word(responses.processors, 16)
    }
  }

  /// The processor at `index`.
  public func processor(at index: Int, layout: LimineProcessorLayout) -> LimineProcessor? {
    guard
      let record = element(index, of: responses.processors, countAt: layout.countOffset),
      let first = word(record, 0), let second = word(record, 8)
    else { return nil }
    let low = UInt64(UInt32(truncatingIfNeeded: first))
    return switch layout {
    case .x86:
      LimineProcessor(acpiNumber: low, hardwareNumber: first >> 32, startWord: record &+ 16)
    case .aarch64:
      LimineProcessor(acpiNumber: low, hardwareNumber: second, startWord: record &+ 24)
    case .wide:
      LimineProcessor(acpiNumber: first, hardwareNumber: second, startWord: record &+ 24)
    }
  }

  // MARK: Reading

  /// The physical address behind `address`, which some revisions give as virtual.
  private func physical(_ address: UInt64) -> UInt64 {
    guard let offset = directMapOffset, offset != 0, address >= offset else { return address }
    return address - offset
  }

  private func nonzero(_ value: UInt64?) -> UInt64? { value == 0 ? nil : value }

  /// The 64 bits `offset` bytes into the record at `record`.
  @inline(never)
  private func word(_ record: UInt64, _ offset: UInt64) -> UInt64? {
    guard
      record != 0, record % 8 == 0, record <= UInt64.max - offset - 8,
      let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(record + offset))
    else { return nil }
    // SAFETY: not 0, on its boundary, and inside a record that the initialiser's caller
    // vouched for.
    return unsafe pointer.load(as: UInt64.self)
  }

  /// A count that a loader gave, or 0 where it is beyond anything real.
  private func count(_ response: UInt64, at offset: UInt64) -> Int {
    guard let count = word(response, offset), count <= 65_536 else { return 0 }
    return Int(count)
  }

  /// The address at `index` of the array that follows the count in a response.
  @inline(never)
  private func element(_ index: Int, of response: UInt64, countAt offset: UInt64) -> UInt64? {
    guard index >= 0, index < count(response, at: offset) else { return nil }
    return word(response, offset + 8).flatMap { nonzero(word($0, UInt64(index) * 8)) }
  }

  private func text(in response: UInt64, at offset: UInt64) -> LimineText? {
    guard let address = word(response, offset) else { return nil }
    // SAFETY: texts that the loader names are readable, says the initialiser's caller.
    return unsafe LimineText(at: address)
  }

  /// The file record at `record`; nil if its bytes would wrap around the address space.
  @inline(never)
  private func file(at record: UInt64) -> LimineFile? {
    guard
      let address = word(record, 8), let byteCount = word(record, 16),
      address != 0 || byteCount == 0, address <= UInt64.max - byteCount
    else { return nil }
    return LimineFile(
      address: address, physicalAddress: physical(address), byteCount: byteCount,
      path: text(in: record, at: 24), commandLine: text(in: record, at: 32))
  }
}

extension LimineProcessorLayout {
  /// Where in the response the count of processors is.
  fileprivate var countOffset: UInt64 {
    switch self {
    case .x86: 16
    case .aarch64, .wide: 24
    }
  }
}
