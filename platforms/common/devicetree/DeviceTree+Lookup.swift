extension DeviceTree {
  /// The first node after `start` for which `condition` holds.
  public func firstNode(
    after start: DeviceTreeNode? = nil, where condition: (DeviceTreeNode) -> Bool
  ) -> DeviceTreeNode? {
    var next: DeviceTreeNode? = root
    if let start { next = node(after: start) }
    while let candidate = next {
      if condition(candidate) { return candidate }
      next = node(after: candidate)
    }
    return nil
  }

  /// The child of `parent` with this name, with or without a unit address.
  public func child(_ name: StaticString, of parent: DeviceTreeNode) -> DeviceTreeNode? {
    firstNode(after: parent) { $0.parent == parent && isNamed(name, $0) }
  }

  /// The node that other nodes call `handle`.
  public func node(withHandle handle: UInt32) -> DeviceTreeNode? {
    firstNode { cell("phandle", of: $0) == handle }
  }

  /// The node that a property names by its path or its alias, up to a `:`.
  public func node(namedBy value: DeviceTreeValue) -> DeviceTreeNode? {
    guard value.byteCount > 0 else { return nil }
    if byte(at: value.start) == UInt8(ascii: "/") { return node(onPath: value) }
    // An alias: a property of /aliases with that name holds the path.
    guard let aliases = child("aliases", of: root) else { return nil }
    var offset = endOfName(at: aliases.offset + 4)
    while true {
      switch word(at: offset) {
      case DeviceTreeToken.property:
        let name = strings.lowerBound + word(at: offset + 8)
        let path = DeviceTreeValue(start: offset + 12, byteCount: word(at: offset + 4))
        if isSame(value, name: name), path.byteCount > 0,
          byte(at: path.start) == UInt8(ascii: "/")
        {
          return node(onPath: path)
        }
        offset = endOfProperty(at: offset)
      case DeviceTreeToken.nop: offset += 4
      default: return nil
      }
    }
  }

  /// Whether the text up to its end is that of the name in the strings block.
  private func isSame(_ value: DeviceTreeValue, name: UInt32) -> Bool {
    var index: UInt32 = 0
    while !isEnd(value.start + index, of: value) {
      guard byte(at: value.start + index) == byte(at: name + index) else { return false }
      index += 1
    }
    return byte(at: name + index) == 0
  }

  /// Whether a path ends here: at a zero, at options, or with the value.
  private func isEnd(_ offset: UInt32, of value: DeviceTreeValue) -> Bool {
    offset >= value.end || byte(at: offset) == 0 || byte(at: offset) == UInt8(ascii: ":")
  }

  private func node(onPath value: DeviceTreeValue) -> DeviceTreeNode? {
    var current = root
    var offset = value.start
    while !isEnd(offset, of: value) {
      guard byte(at: offset) != UInt8(ascii: "/") else {
        offset += 1
        continue
      }
      var end = offset
      while !isEnd(end, of: value), byte(at: end) != UInt8(ascii: "/") { end += 1 }
      let component = offset..<end
      let parent = current
      let child = firstNode(after: parent) { $0.parent == parent && hasName(component, $0) }
      guard let child else { return nil }
      current = child
      offset = end
    }
    return current
  }

  /// Whether the node's name is the bytes of a path's component; a component without a unit
  /// address names the first node that has the rest.
  private func hasName(_ component: Range<UInt32>, _ node: DeviceTreeNode) -> Bool {
    let name = node.offset + 4
    var index: UInt32 = 0
    while index < UInt32(component.count) {
      guard byte(at: name + index) == byte(at: component.lowerBound + index) else { return false }
      index += 1
    }
    return byte(at: name + index) == 0 || byte(at: name + index) == UInt8(ascii: "@")
  }
}
