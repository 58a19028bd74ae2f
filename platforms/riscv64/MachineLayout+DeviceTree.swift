import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What a device tree says; parts that it does not name stay empty.
  ///
  /// - Parameter bootHart: The hart whose supervisor mode is to get interrupts.
  init<Memory: PhysicalMemoryReader>(_ tree: DeviceTree<Memory>, bootHart: UInt64) {
    readTime(tree, bootHart: bootHart)
    let controller = tree.firstNode { node in
      tree.isEnabled(node)
        && (tree.isCompatible(node, with: "riscv,plic0")
          || tree.isCompatible(node, with: "sifive,plic-1.0.0"))
    }
    if let controller {
      readController(controller, in: tree, bootHart: bootHart)
      readSerialPort(tree, controller: controller)
    }
    powerOff = Self.registerWrite("syscon-poweroff", in: tree)
    reboot = Self.registerWrite("syscon-reboot", in: tree)
    if let chosen = tree.child("chosen", of: tree.root),
      let seed = tree.property("rng-seed", of: chosen)
    {
      entropySeed = tree.number(2, cellsAt: 0, of: seed) ?? 0
    }
  }

  /// Source: Devicetree Specification 0.4 §3.7, /cpus; the boot CPU's own node may have the
  /// property instead.
  private mutating func readTime<M>(_ tree: DeviceTree<M>, bootHart: UInt64) {
    guard let cpus = tree.child("cpus", of: tree.root) else { return }
    let own = Self.cpu(bootHart, in: tree).flatMap { tree.number("timebase-frequency", of: $0) }
    timeFrequency = tree.number("timebase-frequency", of: cpus) ?? own ?? 0
  }

  /// The node of a hart.
  private static func cpu<M>(_ hart: UInt64, in tree: DeviceTree<M>) -> DeviceTreeNode? {
    tree.firstNode { node in
      guard node.depth == 2, tree.isNamed("cpu", node), let value = tree.property("reg", of: node)
      else { return false }
      return tree.number(value.cellCount, cellsAt: 0, of: value) == hart
    }
  }

  /// Source: Linux devicetree binding interrupt-controller/sifive,plic-1.0.0.
  private mutating func readController<M>(
    _ controller: DeviceTreeNode, in tree: DeviceTree<M>, bootHart: UInt64
  ) {
    guard
      let registers = tree.registers(of: controller),
      let context = Self.context(ofHart: bootHart, controller: controller, in: tree),
      let sources = tree.cell("riscv,ndev", of: controller)
    else { return }
    controllerBase = registers.base
    controllerByteCount = registers.byteCount
    controllerSourceCount = min(sources, PLICLayout.highestSource)
    controllerContext = context
  }

  /// The place of the hart's supervisor external interrupt in the controller's outputs.
  private static func context<M>(
    ofHart hart: UInt64, controller: DeviceTreeNode, in tree: DeviceTree<M>
  ) -> UInt64? {
    guard
      let cpu = cpu(hart, in: tree),
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

  /// The port that the firmware talks on, else the first there is.
  private mutating func readSerialPort<M>(_ tree: DeviceTree<M>, controller: DeviceTreeNode) {
    var node: DeviceTreeNode? = nil
    if let chosen = tree.child("chosen", of: tree.root),
      let path = tree.property("stdout-path", of: chosen)
    {
      node = tree.node(namedBy: path).flatMap { Self.isSerialPort($0, in: tree) ? $0 : nil }
    }
    node = node ?? tree.firstNode { Self.isSerialPort($0, in: tree) }
    guard let node, let registers = tree.registers(of: node) else { return }
    serialPort.kind = .serial16550
    serialPort.registers = registers.base
    serialPort.registerByteCount = registers.byteCount
    let shift = tree.cell("reg-shift", of: node) ?? 0
    serialPort.registerShift = UInt8(truncatingIfNeeded: min(shift, 8))
    switch tree.cell("reg-io-width", of: node) {
    case 2: serialPort.accessWidth = 2
    case 4: serialPort.accessWidth = 4
    default: serialPort.accessWidth = 1
    }
    serialPort.clockFrequency = tree.cell("clock-frequency", of: node) ?? 0
    if let interrupt = tree.interrupt(of: node), interrupt.controller == controller,
      interrupt.number > 0, interrupt.number <= controllerSourceCount
    {
      serialPort.line = interrupt.number
    }
  }

  private static func isSerialPort<M>(_ node: DeviceTreeNode, in tree: DeviceTree<M>) -> Bool {
    tree.isEnabled(node)
      && (tree.isCompatible(node, with: "ns16550a") || tree.isCompatible(node, with: "ns16550")
        || tree.isCompatible(node, with: "snps,dw-apb-uart"))
  }

  /// Source: Linux devicetree bindings power/reset/syscon-poweroff and syscon-reboot.
  private static func registerWrite<M>(
    _ model: StaticString, in tree: DeviceTree<M>
  ) -> RegisterWrite? {
    guard
      let node = tree.firstNode(where: { tree.isEnabled($0) && tree.isCompatible($0, with: model) }
      ),
      let handle = tree.cell("regmap", of: node), let block = tree.node(withHandle: handle),
      let registers = tree.registers(of: block), let offset = tree.cell("offset", of: node)
    else { return nil }
    // Without a value, the mask is what is written: the older form of the binding.
    guard let value = tree.cell("value", of: node) ?? tree.cell("mask", of: node) else {
      return nil
    }
    let mask = tree.cell("value", of: node) == nil ? UInt32.max : tree.cell("mask", of: node)
    guard offset % 4 == 0, UInt64(offset) + 4 <= registers.byteCount else { return nil }
    return RegisterWrite(
      base: registers.base, byteCount: registers.byteCount, offset: UInt64(offset),
      value: value, mask: mask ?? .max)
  }
}
