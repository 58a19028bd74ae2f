import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What a device tree says; parts that it does not name stay empty. It names no part that
  /// would differ by processor.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ tree: DeviceTree<Memory>, processor: UInt64
  ) {
    let node = tree.firstNode { Self.controller($0, in: tree) != .none }
    if let node {
      readController(node, in: tree)
      readTimer(tree, controller: node)
    }
    readSerialPort(tree, controller: node)
    readFirmware(tree)
    powerOff = tree.registerWrite("syscon-poweroff")
    reboot = tree.registerWrite("syscon-reboot")
    entropySeed = tree.entropySeed
  }

  private static func controller<M>(
    _ node: DeviceTreeNode, in tree: DeviceTree<M>
  ) -> Controller {
    guard tree.isEnabled(node), let models = tree.property("compatible", of: node) else {
      return .none
    }
    if tree.lists("arm,gic-v3", in: models) { return .version3 }
    return isVersion2(models, in: tree) ? .version2 : .none
  }

  /// Controllers with the registers of version 2, or of version 1: the ones that are used are
  /// the same, and those that only version 2 has are ignored there.
  ///
  /// Source: Linux devicetree binding interrupt-controller/arm,gic; GIC Architecture
  /// Specification 2.0 (IHI 0048), which names what version 1 lacks.
  private static func isVersion2<M>(_ models: DeviceTreeValue, in tree: DeviceTree<M>) -> Bool {
    tree.lists("arm,gic-400", in: models) || tree.lists("arm,cortex-a15-gic", in: models)
      || tree.lists("arm,cortex-a7-gic", in: models) || tree.lists("arm,cortex-a9-gic", in: models)
      || tree.lists("arm,pl390", in: models) || tree.lists("qcom,msm-qgic2", in: models)
  }

  /// Source: Linux devicetree bindings interrupt-controller/arm,gic and arm,gic-v3.
  private mutating func readController<M>(_ node: DeviceTreeNode, in tree: DeviceTree<M>) {
    guard let first = Self.region(0, of: node, in: tree) else { return }
    controller = Self.controller(node, in: tree)
    distributor = first
    if controller == .version2 {
      interface = Self.region(1, of: node, in: tree) ?? interface
    } else {
      let count = min(tree.cell("#redistributor-regions", of: node) ?? 1, 16)
      for index in 0..<count {
        guard let region = Self.region(1 + index, of: node, in: tree) else { continue }
        if !redistributors.append(region) { report.note(.deviceTree, .tooManyEntries) }
      }
    }
  }

  private static func region<M>(
    _ index: UInt32, of node: DeviceTreeNode, in tree: DeviceTree<M>
  ) -> MemoryRegion? {
    tree.registers(of: node, at: index).map {
      MemoryRegion(base: $0.base, byteCount: $0.byteCount, kind: .device)
    }
  }

  /// Source: Linux devicetree binding timer/arm,arch_timer: the third interrupt is the virtual
  /// timer's.
  private mutating func readTimer<M>(_ tree: DeviceTree<M>, controller: DeviceTreeNode) {
    let node = tree.firstNode { node in
      tree.isEnabled(node)
        && (tree.isCompatible(node, with: "arm,armv8-timer")
          || tree.isCompatible(node, with: "arm,armv7-timer"))
    }
    guard let node else { return }
    timeFrequency = UInt64(tree.cell("clock-frequency", of: node) ?? 0)
    if let interrupt = tree.interrupt(of: node, at: 2), interrupt.controller == controller {
      timerInterrupt = Self.number(of: interrupt) ?? 0
    }
  }

  /// The first cell is 0 for devices' interrupts and 1 for a CPU's own; the second counts from
  /// the first of that kind.
  private static func number(of interrupt: DeviceTreeInterrupt) -> UInt32? {
    switch interrupt.number {
    case 0 where interrupt.second < GICLayout.interruptLimit - 32: interrupt.second + 32
    case 1 where interrupt.second < 16: interrupt.second + 16
    default: nil
    }
  }

  /// A port without a line is of use too: the kernel says on it why it cannot boot.
  private mutating func readSerialPort<M>(_ tree: DeviceTree<M>, controller: DeviceTreeNode?) {
    guard let port = tree.serialPort(noting: &report, driving: { _ in true }) else { return }
    serialPort = port.device
    if let interrupt = tree.interrupt(of: port.node), interrupt.controller == controller,
      let line = Self.number(of: interrupt), Self.isLine(line)
    {
      serialPort.line = line
    }
  }

  /// Source: Linux devicetree binding arm/psci.
  private mutating func readFirmware<M>(_ tree: DeviceTree<M>) {
    let node = tree.firstNode { tree.isEnabled($0) && Self.hasPowerInterface($0, in: tree) }
    guard let node, let method = tree.property("method", of: node) else { return }
    if tree.lists("hvc", in: method) {
      conduit = .hypervisor
    } else if tree.lists("smc", in: method) {
      conduit = .secureMonitor
    }
  }

  /// Version 0.1 had no function that turns the machine off, and left the numbers of the others
  /// to the tree. Where those are the ones that version 0.2 fixed, the firmware may have the
  /// rest of it, and a call that it does not know comes back.
  ///
  /// Source: Linux devicetree binding arm/psci; SMC Calling Convention (DEN 0028), "Unknown
  /// Function Identifier".
  private static func hasPowerInterface<M>(
    _ node: DeviceTreeNode, in tree: DeviceTree<M>
  ) -> Bool {
    if tree.isCompatible(node, with: "arm,psci-1.0") { return true }
    if tree.isCompatible(node, with: "arm,psci-0.2") { return true }
    return tree.isCompatible(node, with: "arm,psci")
      && tree.cell("cpu_off", of: node) == PowerFunction.processorOff
  }
}
