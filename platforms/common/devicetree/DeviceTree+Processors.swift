/// Source: Devicetree Specification 0.4 §3.7 and §3.8, /cpus.
extension DeviceTree {
  /// The node of all processors.
  public var processors: DeviceTreeNode? { child("cpus", of: root) }

  /// The processor with this hardware number: a hart id, MPIDR, or core id.
  public func processor(_ number: UInt64) -> DeviceTreeNode? {
    firstNode { node in
      guard node.depth == 2, isNamed("cpu", node), let value = property("reg", of: node) else {
        return false
      }
      return self.number(value.cellCount, cellsAt: 0, of: value) == number
    }
  }

  /// Processors that may be used.
  public var processorCount: Int {
    var count = 0
    var next = firstNode { isProcessor($0) }
    while let node = next {
      count += 1
      next = firstNode(after: node) { isProcessor($0) }
    }
    return count
  }

  private func isProcessor(_ node: DeviceTreeNode) -> Bool {
    node.depth == 2 && isNamed("cpu", node) && isEnabled(node)
  }
}
