/// Source: Devicetree Specification 0.4 §3.7 and §3.8, /cpus.
extension DeviceTree {
  /// The node of all processors.
  public var processors: DeviceTreeNode? { child("cpus", of: root) }

  /// The processor with this hardware number: a hart id, MPIDR, or core id.
  public func processor(_ number: UInt64) -> DeviceTreeNode? {
    guard let processors else { return nil }
    return firstNode(after: processors) { node in
      guard isCPU(node, of: processors), let value = property("reg", of: node) else {
        return false
      }
      return self.number(value.cellCount, cellsAt: 0, of: value) == number
    }
  }

  /// Processors that may be used.
  public var processorCount: Int {
    guard let processors else { return 0 }
    func isUsable(_ node: DeviceTreeNode) -> Bool {
      isCPU(node, of: processors) && isEnabled(node)
    }
    var count = 0
    var next = firstNode(after: processors, where: isUsable)
    while let node = next {
      count += 1
      next = firstNode(after: node, where: isUsable)
    }
    return count
  }

  /// Other nodes have the name too: those of CPUs' trips in thermal zones, for one.
  private func isCPU(_ node: DeviceTreeNode, of processors: DeviceTreeNode) -> Bool {
    node.parent == processors && isNamed("cpu", node)
  }
}
