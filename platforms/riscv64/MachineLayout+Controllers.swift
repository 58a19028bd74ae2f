import KernelHAL
import PlatformCommon

/// The interrupt controllers that a device tree may have.
///
/// Source: Linux devicetree bindings interrupt-controller/sifive,plic-1.0.0, riscv,aplic and
/// riscv,imsics.
extension MachineLayout {
  /// Fills in the first controller that interrupts the hart's supervisor mode.
  ///
  /// - Returns: Its node; nil if there is none.
  mutating func readController<M>(
    _ tree: DeviceTree<M>, bootHart: UInt64
  ) -> DeviceTreeNode? {
    var next = tree.firstNode { Self.isController($0, in: tree) }
    while let node = next {
      if read(node, in: tree, bootHart: bootHart) { return node }
      next = tree.firstNode(after: node) { Self.isController($0, in: tree) }
    }
    return nil
  }

  private static func isController<M>(_ node: DeviceTreeNode, in tree: DeviceTree<M>) -> Bool {
    tree.isEnabled(node) && (isPLIC(node, in: tree) || tree.isCompatible(node, with: "riscv,aplic"))
  }

  /// T-Head's has the registers of SiFive's, and a second cell in the tree that says how an
  /// interrupt is triggered.
  private static func isPLIC<M>(_ node: DeviceTreeNode, in tree: DeviceTree<M>) -> Bool {
    tree.isCompatible(node, with: "riscv,plic0")
      || tree.isCompatible(node, with: "sifive,plic-1.0.0")
      || tree.isCompatible(node, with: "thead,c900-plic")
  }

  private mutating func read<M>(
    _ node: DeviceTreeNode, in tree: DeviceTree<M>, bootHart: UInt64
  ) -> Bool {
    let isPLIC = Self.isPLIC(node, in: tree)
    let sources =
      isPLIC ? tree.cell("riscv,ndev", of: node) : tree.cell("riscv,num-sources", of: node)
    guard let sources, let registers = tree.registers(of: node) else { return false }
    if let place = Self.place(ofHart: bootHart, among: node, in: tree) {
      controllerKind = isPLIC ? .plic(context: place) : .aplic(.direct(context: place))
    } else if !isPLIC, let delivery = Self.messages(of: node, in: tree, bootHart: bootHart) {
      controllerKind = .aplic(delivery)
    } else {
      return false
    }
    controllerBase = registers.base
    controllerByteCount = registers.byteCount
    controllerSourceCount = min(sources, PLICLayout.highestSource)
    return true
  }

  /// The interrupt file that the messages of an APLIC go to. One group of files, with no
  /// guests' files among them, is what can be reached.
  private static func messages<M>(
    of node: DeviceTreeNode, in tree: DeviceTree<M>, bootHart: UInt64
  ) -> APLICDelivery? {
    guard
      let handle = tree.cell("msi-parent", of: node), let files = tree.node(withHandle: handle),
      tree.isCompatible(files, with: "riscv,imsics"),
      (tree.cell("riscv,group-index-bits", of: files) ?? 0) == 0,
      let identities = tree.cell("riscv,num-ids", of: files),
      let place = place(ofHart: bootHart, among: files, in: tree)
    else { return nil }
    return .messages(file: UInt32(truncatingIfNeeded: place), identityCount: identities)
  }

  /// The place of the hart's supervisor external interrupt in a controller's outputs.
  private static func place<M>(
    ofHart hart: UInt64, among controller: DeviceTreeNode, in tree: DeviceTree<M>
  ) -> UInt64? {
    guard
      let cpu = tree.processor(hart),
      let own = tree.firstNode(
        after: cpu, where: { $0.parent == cpu && tree.isCompatible($0, with: "riscv,cpu-intc") }),
      let handle = tree.cell("phandle", of: own),
      let outputs = tree.property("interrupts-extended", of: controller)
    else { return nil }
    // Pairs: the hart's own controller, and which of the hart's interrupts.
    let supervisorExternal: UInt32 = 9
    for index in 0..<outputs.cellCount / 2 {
      if tree.cell(index * 2, of: outputs) == handle,
        tree.cell(index * 2 + 1, of: outputs) == supervisorExternal
      {
        return UInt64(index)
      }
    }
    return nil
  }
}
