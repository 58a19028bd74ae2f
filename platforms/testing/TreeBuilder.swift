/// Writes flattened device trees, sound ones and broken ones.
///
/// Source: Devicetree Specification 0.4 chapter 5.
public struct TreeBuilder {
  /// The block of nodes, token by token, for tests to spoil.
  public var structure: [UInt8] = []
  public var strings: [UInt8] = []

  public init() {}

  public mutating func begin(_ name: String) {
    word(1)
    structure += Array(name.utf8) + [0]
    align()
  }

  public mutating func end() { word(2) }

  public mutating func node(_ name: String, _ body: (inout TreeBuilder) -> Void) {
    begin(name)
    body(&self)
    end()
  }

  public mutating func property(_ name: String, bytes: [UInt8] = []) {
    word(3)
    word(UInt32(bytes.count))
    word(UInt32(strings.count))
    strings += Array(name.utf8) + [0]
    structure += bytes
    align()
  }

  public mutating func property(_ name: String, cells: UInt32...) {
    property(name, bytes: cells.flatMap(Self.bigEndian))
  }

  public mutating func property(_ name: String, texts: String...) {
    property(name, bytes: Self.texts(texts))
  }

  /// A list of texts as a property has it.
  public static func texts(_ texts: [String]) -> [UInt8] {
    texts.flatMap { Array($0.utf8) + [0] }
  }

  public mutating func word(_ value: UInt32) { structure += Self.bigEndian(value) }

  private mutating func align() {
    while structure.count % 4 != 0 { structure.append(0) }
  }

  public static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  /// The tree's bytes: header, an empty list of reserved memory, nodes, names.
  public func bytes(addingEnd: Bool = true) -> [UInt8] {
    let nodes = structure + (addingEnd ? Self.bigEndian(9) : [])
    let structureOffset: UInt32 = 56
    let stringsOffset = structureOffset + UInt32(nodes.count)
    let total = stringsOffset + UInt32(strings.count)
    let header: [UInt32] = [
      0xd00d_feed, total, structureOffset, stringsOffset, 40, 17, 16, 0, UInt32(strings.count),
      UInt32(nodes.count),
    ]
    return header.flatMap(Self.bigEndian) + [UInt8](repeating: 0, count: 16) + nodes + strings
  }
}
