import FuzzHarness
import KernelHAL
import PlatformCommon
import PlatformTesting

/// Device trees: each question that the kernel has, and the machines of three architectures.
enum DeviceTreeTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("device-tree", "flattened device trees", mostBytes: 24 << 10) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { DeviceTreeSeeds.all }
    target.headers = { [0..<min(40, $0.count), 0..<$0.count] }
    target.recognise = { $0.starts(with: [0xd0, 0x0d, 0xfe, 0xed]) ? $0 : nil }
    return target
  }()

  /// Nodes whose every property is asked for; all are walked.
  private static var mostAsked: Int { 48 }

  /// Reads of bytes that a reading of the whole machine may take: so many passes over the tree.
  private static func limit(_ bytes: [UInt8]) -> Int { 400 * bytes.count + 4096 }

  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    let memory = CountedMemory(bytes, limit: .max)
    let tree: DeviceTree<CountedMemory>
    do throws(DeviceTreeError) {
      tree = try DeviceTree(at: CountedMemory.base, in: memory)
    } catch {
      return .refused("\(error.words)")
    }
    try promise(memory.steps.count <= 8 * bytes.count + 256, "checking takes more than a pass")
    let count = try walk(tree, byteCount: bytes.count)
    var boot = BootEnvironment()
    boot.deviceTree = CountedMemory.base
    let machines = try MachineReadings.all(boot, choice: count) {
      CountedMemory(bytes, limit: limit(bytes))
    }
    return .accepted("\(count) nodes; \(machines)")
  }

  /// Goes through the tree and asks of each node what anybody asks of one.
  private static func walk(
    _ tree: DeviceTree<CountedMemory>, byteCount: Int
  ) throws(BrokenPromise) -> Int {
    var node: DeviceTreeNode? = tree.root
    var count = 0
    while let current = node {
      count += 1
      try promise(count <= byteCount / 8, "more nodes than there is room for")
      try promise(current.depth < DeviceTreeNode.depthLimit, "a node too deep")
      if count <= mostAsked { try ask(tree, current) }
      node = tree.node(after: current)
    }
    try promise(tree.processorCount <= count, "more processors than nodes")
    return count
  }

  private static func ask(
    _ tree: DeviceTree<CountedMemory>, _ node: DeviceTreeNode
  ) throws(BrokenPromise) {
    for index in [0, 1, 2, .max] as [UInt32] {
      guard let region = tree.registers(of: node, at: index) else { continue }
      try promise(region.byteCount > 0, "registers of no bytes")
      try promise(
        !region.base.addingReportingOverflow(region.byteCount - 1).overflow, "registers that wrap")
    }
    for index in [0, 1, .max] as [UInt32] {
      guard let interrupt = tree.interrupt(of: node, at: index) else { continue }
      try promise(interrupt.controller.depth < DeviceTreeNode.depthLimit, "a controller too deep")
    }
    _ = tree.isEnabled(node)
    _ = tree.isNamed("cpu", node)
    for name in ["stdout-path", "compatible", "reg", "ranges", "interrupt-map"] as [StaticString] {
      guard let value = tree.property(name, of: node) else { continue }
      _ = tree.node(namedBy: value)
      _ = tree.lists("ns16550a", in: value)
      for index in [0, 1, value.cellCount, .max] {
        let isInside = tree.cell(index, of: value) != nil
        try promise(isInside == (index < value.cellCount), "a cell outside its property")
      }
    }
    if let handle = tree.cell("phandle", of: node) {
      try promise(tree.node(withHandle: handle) != nil, "a handle that nobody has")
    }
  }
}

extension DeviceTreeError {
  var words: String {
    switch self {
    case .notFound: "no device tree, or not all of it"
    case .badHeader: "a header with impossible sizes, places or versions"
    case .badToken: "a token that is none, or leads past the end"
    case .badNesting: "nodes that do not nest"
    case .tooDeep: "nodes nested too deep"
    case .badName: "a name without an end"
    }
  }
}
