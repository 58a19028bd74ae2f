/// Bytes of a property, by their place in the tree.
public struct DeviceTreeValue: Equatable, Sendable {
  let start: UInt32
  public let byteCount: UInt32

  var end: UInt32 { start + byteCount }
  /// Whole cells of 4 bytes in it.
  public var cellCount: UInt32 { byteCount / 4 }
}

extension DeviceTree {
  /// The property of `node` with this name.
  public func property(_ name: StaticString, of node: DeviceTreeNode) -> DeviceTreeValue? {
    var offset = endOfName(at: node.offset + 4)
    while true {
      switch word(at: offset) {
      case DeviceTreeToken.property:
        let nameOffset = strings.lowerBound + word(at: offset + 8)
        if holds(name, at: nameOffset, before: strings.upperBound) {
          return DeviceTreeValue(start: offset + 12, byteCount: word(at: offset + 4))
        }
        offset = endOfProperty(at: offset)
      case DeviceTreeToken.nop: offset += 4
      default: return nil
      }
    }
  }

  /// The cell at `index` of a value; nil past its end.
  public func cell(_ index: UInt32, of value: DeviceTreeValue) -> UInt32? {
    guard index < value.cellCount else { return nil }
    return word(at: value.start + index * 4)
  }

  /// The byte at `index` of a value; nil past its end.
  public func byte(_ index: UInt64, of value: DeviceTreeValue) -> UInt8? {
    index < value.byteCount ? byte(at: value.start + UInt32(index)) : nil
  }

  /// The first cell of a property.
  public func cell(_ name: StaticString, of node: DeviceTreeNode) -> UInt32? {
    property(name, of: node).flatMap { cell(0, of: $0) }
  }

  /// `count` cells from `index` on as one number; nil past the end or above 64 bits.
  public func number(_ count: UInt32, cellsAt index: UInt32, of value: DeviceTreeValue) -> UInt64? {
    var result: UInt64 = 0
    var position: UInt32 = 0
    while position < count {
      guard result >> 32 == 0, let next = cell(index + position, of: value) else { return nil }
      result = result << 32 | UInt64(next)
      position += 1
    }
    return result
  }

  /// A property of one or two cells as a number.
  public func number(_ name: StaticString, of node: DeviceTreeNode) -> UInt64? {
    guard let value = property(name, of: node), (1...2).contains(value.cellCount) else {
      return nil
    }
    return number(value.cellCount, cellsAt: 0, of: value)
  }

  /// Whether `text` is one of the texts that the value lists.
  public func lists(_ text: StaticString, in value: DeviceTreeValue) -> Bool {
    var offset = value.start
    while offset < value.end {
      if holds(text, at: offset, before: value.end) { return true }
      while offset < value.end, byte(at: offset) != 0 { offset += 1 }
      offset += 1
    }
    return false
  }

  /// Whether the node says that it is compatible with `model`.
  public func isCompatible(_ node: DeviceTreeNode, with model: StaticString) -> Bool {
    property("compatible", of: node).map { lists(model, in: $0) } ?? false
  }

  /// Whether the node's name is `name`, with or without a unit address.
  public func isNamed(_ name: StaticString, _ node: DeviceTreeNode) -> Bool {
    holds(name, at: node.offset + 4, before: structure.upperBound) {
      $0 == 0 || $0 == UInt8(ascii: "@")
    }
  }

  /// Whether the device may be used: it says so, or nothing.
  public func isEnabled(_ node: DeviceTreeNode) -> Bool {
    guard let status = property("status", of: node) else { return true }
    return holds("okay", at: status.start, before: status.end)
      || holds("ok", at: status.start, before: status.end)
  }
}
