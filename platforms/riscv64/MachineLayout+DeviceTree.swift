import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What a device tree says; parts that it does not name stay empty.
  ///
  /// - Parameter bootHart: The hart whose supervisor mode is to get interrupts.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ tree: DeviceTree<Memory>, bootHart: UInt64
  ) {
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
    powerOff = tree.registerWrite("syscon-poweroff")
    reboot = tree.registerWrite("syscon-reboot")
    entropySeed = tree.entropySeed
  }

  /// Source: Devicetree Specification 0.4 §3.7, /cpus; the boot CPU's own node may have the
  /// property instead.
  private mutating func readTime<M>(_ tree: DeviceTree<M>, bootHart: UInt64) {
    guard let cpus = tree.processors else { return }
    let own = tree.processor(bootHart).flatMap { tree.number("timebase-frequency", of: $0) }
    timeFrequency = tree.number("timebase-frequency", of: cpus) ?? own ?? 0
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

  private mutating func readSerialPort<M>(_ tree: DeviceTree<M>, controller: DeviceTreeNode) {
    guard let port = tree.serialPort, port.device.kind == .serial16550 else { return }
    serialPort = port.device
    if let interrupt = tree.interrupt(of: port.node), interrupt.controller == controller,
      interrupt.number > 0, interrupt.number <= controllerSourceCount
    {
      serialPort.line = interrupt.number
    }
  }
}
