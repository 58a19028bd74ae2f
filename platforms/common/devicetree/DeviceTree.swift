/// Why a flattened device tree is refused.
public enum DeviceTreeError: Error, Equatable, Sendable {
  /// Not all of it can be read, or it does not start with the magic number.
  case notFound
  /// Of a version that this code does not know, or with impossible sizes and offsets.
  case badHeader
  /// A token that is none, or one that leads past the end.
  case badToken
  /// Nodes that do not nest, a second root, or a property after a node inside its own.
  case badNesting
  /// Nodes nested deeper than `DeviceTreeNode.depthLimit`.
  case tooDeep
  /// A name without an end, or outside its block.
  case badName
}

/// A flattened device tree, read in place.
///
/// Its structure is checked once, when the value is made; nothing after that can fail, and
/// what a property says is checked by whoever asks. Nothing is cached: a look-up costs a pass
/// over the tree at most.
/// Source: Devicetree Specification 0.4 chapter 5, Flattened Devicetree (DTB) Format.
public struct DeviceTree<Memory: PhysicalMemoryReader> {
  let memory: Memory
  let address: UInt64
  /// Offsets in the tree of the block of nodes and of the names of properties.
  let structure: Range<UInt32>
  let strings: Range<UInt32>

  /// - Parameters:
  ///   - address: Where the tree starts in `memory`.
  ///   - limit: More bytes than any real tree has.
  public init(
    at address: UInt64, in memory: Memory, limit: UInt32 = 2 << 20
  ) throws(DeviceTreeError) {
    let header = DeviceTreeHeader(at: address, in: memory, limit: limit)
    guard let header else { throw .notFound }
    guard header.isSound else { throw .badHeader }
    self.memory = memory
    self.address = address
    structure = header.structure
    strings = header.strings
    try check()
  }

  /// The first node, whose parent is none.
  public var root: DeviceTreeNode { DeviceTreeNode(root: firstToken) }

  /// The byte at an offset in the tree.
  ///
  /// - Precondition: The offset is within one of the two blocks.
  func byte(at offset: UInt32) -> UInt8 { memory.byte(at: address &+ UInt64(offset)) }

  /// The big-endian number of 4 bytes at `offset`.
  func word(at offset: UInt32) -> UInt32 {
    let high = UInt32(byte(at: offset)) << 24 | UInt32(byte(at: offset + 1)) << 16
    return high | UInt32(byte(at: offset + 2)) << 8 | UInt32(byte(at: offset + 3))
  }

  /// Whether the bytes from `offset` on are those of `text`, followed by one of `ends`.
  func holds(
    _ text: StaticString, at offset: UInt32, before end: UInt32,
    endsWith isEnd: (UInt8) -> Bool = { $0 == 0 }
  ) -> Bool {
    let count = UInt32(text.utf8CodeUnitCount)
    guard offset < end, count < end - offset else { return false }
    var index: UInt32 = 0
    while index < count {
      // SAFETY: `index` is below the number of bytes that the text has.
      guard unsafe text.utf8Start[Int(index)] == byte(at: offset + index) else { return false }
      index += 1
    }
    return isEnd(byte(at: offset + count))
  }
}

/// The header of a flattened device tree.
struct DeviceTreeHeader {
  let structure: Range<UInt32>
  let strings: Range<UInt32>
  let isSound: Bool

  private static var magic: UInt32 { 0xd00d_feed }
  static var byteCount: UInt32 { 40 }

  /// - Returns: nil if there is none at `address`, or its end cannot be read.
  init?<Memory: PhysicalMemoryReader>(at address: UInt64, in memory: Memory, limit: UInt32) {
    func word(_ index: UInt64) -> UInt32 {
      var value: UInt32 = 0
      for position in 0..<UInt64(4) {
        value = value << 8 | UInt32(memory.byte(at: address &+ index * 4 &+ position))
      }
      return value
    }
    guard
      memory.canRead(at: address, byteCount: UInt64(Self.byteCount)), word(0) == Self.magic,
      word(1) >= Self.byteCount, word(1) <= limit,
      memory.canRead(at: address, byteCount: UInt64(word(1)))
    else { return nil }
    let total = word(1)
    let structureOffset = word(2)
    let stringsOffset = word(3)
    let (structureEnd, overflow1) = structureOffset.addingReportingOverflow(word(9))
    let (stringsEnd, overflow2) = stringsOffset.addingReportingOverflow(word(8))
    // Version 17 is the first that says how long the structure is.
    let isKnown = word(5) >= 17 && word(6) <= 17
    let isInside =
      !overflow1 && !overflow2 && structureEnd <= total && stringsEnd <= total
      && structureOffset >= Self.byteCount && stringsOffset >= Self.byteCount
      && word(4) >= Self.byteCount && word(4) < total
    let isAligned = structureOffset % 4 == 0 && word(4) % 8 == 0
    guard isKnown, isInside, isAligned else {
      structure = 0..<0
      strings = 0..<0
      isSound = false
      return
    }
    structure = structureOffset..<structureEnd
    strings = stringsOffset..<stringsEnd
    isSound = !structure.overlaps(strings)
  }
}
