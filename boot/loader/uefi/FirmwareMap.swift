import LoaderCore

/// The firmware's memory map, and the memory that it and what is made of it need.
///
/// Source: UEFI 2.10 §7.2.3, EFI_MEMORY_DESCRIPTOR.
struct FirmwareMap: ~Copyable {
  private let firmware: Firmware
  /// The firmware's own entries.
  private var raw: LoadedPages
  private var ranges: LoadedPages
  private var edges: LoadedPages
  private var map: LoadedPages
  private var rawByteCount: UInt64 = 0
  private(set) var entryByteCount: UInt64 = 0
  private(set) var version: UInt64 = 0
  private var key: UInt64 = 0
  /// Entries in the normalised map.
  private(set) var count = 0

  /// What the loader knows of and the firmware's map does not.
  struct Additions {
    var places: [19 of MemoryRange] = .init(
      repeating: MemoryRange(base: 0, byteCount: 0, kind: .usable))
    private(set) var count = 0

    init() {}

    /// Adds a range; the 19 places are for the kernel, its file, 16 modules, a framebuffer.
    mutating func add(_ address: UInt64, _ byteCount: UInt64, _ kind: MemoryKind) {
      guard count < 19, byteCount > 0 else { return }
      places[count] = MemoryRange(base: address, byteCount: byteCount, kind: kind)
      count += 1
    }
  }

  /// Sets memory aside for maps that grow by up to 128 entries from now on.
  init(_ firmware: Firmware) throws(LoaderFailure) {
    var needed: UInt64 = 0
    var size: UInt64 = 48
    var key: UInt64 = 0
    var version: UInt64 = 0
    // SAFETY: a size of 0 makes the firmware write the size needed and the entry's size.
    _ = unsafe Firmware.withAddress(of: &needed) { byteCount in
      unsafe Firmware.withAddress(of: &size) { entry in
        unsafe Firmware.withAddress(of: &key) { key in
          unsafe Firmware.withAddress(of: &version) {
            unsafe firmware.call(.getMemoryMap, byteCount, 0, key, entry, $0)
          }
        }
      }
    }
    guard size >= 40, size <= 4096, needed <= 1 << 24 else {
      throw LoaderFailure("the firmware's memory map cannot be read; bytes", value: needed)
    }
    let raw = try firmware.allocate(
      needed + 128 * size, for: "too little memory for the memory map; KiB needed")
    let entries = raw.byteCount / Int(size) + 19
    let places = UInt64(MemoryMapBuilder.placesNeeded(for: entries))
    let stride = UInt64(MemoryLayout<MemoryRange>.stride)
    let ranges = try firmware.allocate(
      UInt64(entries) * stride, for: "too little memory for the memory map; KiB needed")
    let edges = try firmware.allocate(
      places * 8, for: "too little memory for the memory map; KiB needed")
    let map = try firmware.allocate(
      places * stride, for: "too little memory for the memory map; KiB needed")
    self.firmware = firmware
    self.raw = raw
    self.ranges = ranges
    self.edges = edges
    self.map = map
  }

  /// Most entries that the normalised map can have.
  var capacity: Int { map.byteCount / MemoryLayout<MemoryRange>.stride }

  /// Where the firmware's own entries are.
  var rawPlace: LoadedFile { LoadedFile(address: raw.address, byteCount: rawByteCount) }

  /// The normalised map, of which the first `count` entries count.
  @_lifetime(borrow self)
  func entries() -> Span<MemoryRange> { map.contents(of: MemoryRange.self) }

  /// Asks the firmware for its map as it is now.
  mutating func read() throws(LoaderFailure) {
    rawByteCount = UInt64(raw.byteCount)
    // SAFETY: the buffer has the size that is passed; the variables outlive the call.
    let status = unsafe Firmware.withAddress(of: &rawByteCount) { byteCount in
      unsafe Firmware.withAddress(of: &entryByteCount) { entry in
        unsafe Firmware.withAddress(of: &key) { key in
          unsafe Firmware.withAddress(of: &version) {
            unsafe firmware.call(.getMemoryMap, byteCount, raw.address, key, entry, $0)
          }
        }
      }
    }
    guard status.isSuccess, entryByteCount >= 40, rawByteCount <= UInt64(raw.byteCount) else {
      throw LoaderFailure(
        "the firmware's memory map cannot be read; UEFI error",
        value: status.number)
    }
  }

  /// Ends the firmware's boot services; afterwards nothing of it may be called.
  ///
  /// Source: UEFI 2.10 §7.4.6: the map must be the latest, or it is to be asked for again.
  mutating func exitBootServices() throws(LoaderFailure) {
    for _ in 0..<8 {
      try read()
      // SAFETY: the loader's own handle, and the key of the map just read.
      if unsafe firmware.call(.exitBootServices, firmware.image, key).isSuccess { return }
    }
    throw LoaderFailure("the firmware does not let go of the machine", "restart it")
  }

  /// Makes the normalised map out of the firmware's and `additions`.
  mutating func normalise(adding additions: Additions) throws(LoaderFailure) {
    var used = Self.collect(
      raw, Int(rawByteCount), entryByteCount: Int(entryByteCount), into: &ranges)
    Self.add(additions, to: &ranges, used: &used)
    count = try Self.normalise(ranges, count: used, edges: &edges, into: &map)
  }

  private static func normalise(
    _ ranges: borrowing LoadedPages, count: Int, edges: inout LoadedPages,
    into map: inout LoadedPages
  ) throws(LoaderFailure) -> Int {
    var edgeSpan = edges.mutableContents(of: UInt64.self)
    var mapSpan = map.mutableContents(of: MemoryRange.self)
    return try MemoryMapBuilder.normalise(
      ranges.contents(of: MemoryRange.self), count: count, edges: &edgeSpan, into: &mapSpan)
  }

  private static func add(
    _ additions: Additions, to ranges: inout LoadedPages, used: inout Int
  ) {
    var target = ranges.mutableContents(of: MemoryRange.self)
    for index in 0..<additions.count {
      target[used] = additions.places[index]
      used += 1
    }
  }

  /// Translates the firmware's entries, leaving room for additions; returns how many.
  private static func collect(
    _ raw: borrowing LoadedPages, _ rawByteCount: Int, entryByteCount: Int,
    into ranges: inout LoadedPages
  ) -> Int {
    let source = raw.contents(of: UInt8.self)
    var target = ranges.mutableContents(of: MemoryRange.self)
    var used = 0
    var offset = 0
    while offset + 40 <= rawByteCount, used < target.count - 19 {
      guard let type = source.number32(at: offset), let base = source.number64(at: offset + 8),
        let pageCount = source.number64(at: offset + 24)
      else { break }
      let byteCount = min(pageCount, 1 << 52 - 1) << 12
      target[used] = MemoryRange(base: base, byteCount: byteCount, kind: .init(firmwareType: type))
      used += 1
      offset += entryByteCount
    }
    return used
  }
}
