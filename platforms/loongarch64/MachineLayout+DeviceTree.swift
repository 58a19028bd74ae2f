import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What a device tree says; parts that it does not name stay as they are. It names no part
  /// that would differ by processor.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ tree: DeviceTree<Memory>, processor: UInt64
  ) {
    entropySeed = tree.entropySeed
    readExtendedController(tree)
    let bridge = tree.firstNode {
      tree.isEnabled($0) && tree.isCompatible($0, with: "loongson,pch-pic-1.0")
    }
    if let bridge, let registers = tree.registers(of: bridge) {
      controllerBase = registers.base
      controllerByteCount = registers.byteCount
    }
    readSerialPort(tree, bridge: bridge)
    powerOff = Self.control("syscon-poweroff", in: tree)
    reboot = Self.control("syscon-reboot", in: tree)
  }

  /// Source: Linux devicetree binding interrupt-controller/loongson,eiointc. The interrupt is
  /// one of the CPU core's own controller: its number in ESTAT.
  private mutating func readExtendedController<M>(_ tree: DeviceTree<M>) {
    let node = tree.firstNode {
      tree.isEnabled($0)
        && (tree.isCompatible($0, with: "loongson,ls2k2000-eiointc")
          || tree.isCompatible($0, with: "loongson,ls2k0500-eiointc"))
    }
    guard
      let node, let interrupt = tree.interrupt(of: node), (2..<10).contains(interrupt.number)
    else { return }
    interruptPin = UInt8(interrupt.number - 2)
  }

  private mutating func readSerialPort<M>(_ tree: DeviceTree<M>, bridge: DeviceTreeNode?) {
    guard let port = tree.serialPort(noting: &report, driving: { $0 == .serial16550 }) else {
      return
    }
    serialPort = port.device
    if let interrupt = tree.interrupt(of: port.node), interrupt.controller == bridge,
      interrupt.number < PlatformInterruptLayout.lineLimit
    {
      serialPort.line = interrupt.number
    }
  }

  /// Source: Linux devicetree bindings power/reset/syscon-poweroff and syscon-reboot; mfd/syscon
  /// for the width of its registers.
  private static func control<M>(
    _ model: StaticString, in tree: DeviceTree<M>
  ) -> PowerControl? {
    guard
      let node = tree.firstNode(where: { tree.isEnabled($0) && tree.isCompatible($0, with: model) }
      ),
      let handle = tree.cell("regmap", of: node), let block = tree.node(withHandle: handle),
      let registers = tree.registers(of: block), let offset = tree.cell("offset", of: node),
      let value = tree.cell("value", of: node)
    else { return nil }
    let width = UInt64(tree.cell("reg-io-width", of: block) ?? 4)
    guard width == 1 || width == 4, UInt64(offset) + width <= registers.byteCount,
      (registers.base + UInt64(offset)) % width == 0
    else { return nil }
    return PowerControl(address: registers.base + UInt64(offset), value: value, byteCount: width)
  }
}
