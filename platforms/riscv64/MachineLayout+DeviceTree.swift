import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What a device tree says; parts that it does not name stay empty.
  ///
  /// - Parameter processor: The hart whose supervisor mode is to get interrupts.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ tree: DeviceTree<Memory>, processor bootHart: UInt64
  ) {
    readTime(tree, bootHart: bootHart)
    hasPageTables = Self.hasPageTables(bootHart, in: tree)
    readExtensions(tree, bootHart: bootHart)
    readSerialPort(tree, controller: readController(tree, bootHart: bootHart))
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

  /// Source: Linux devicetree binding riscv/cpus, mmu-type.
  private static func hasPageTables<M>(_ hart: UInt64, in tree: DeviceTree<M>) -> Bool {
    guard let cpu = tree.processor(hart), let type = tree.property("mmu-type", of: cpu) else {
      return true
    }
    return !tree.lists("riscv,none", in: type)
  }

  /// Source: Linux devicetree bindings riscv/extensions (riscv,isa-extensions, riscv,isa) and
  /// riscv/cpus (riscv,cbom-block-size).
  private mutating func readExtensions<M>(_ tree: DeviceTree<M>, bootHart: UInt64) {
    guard let cpu = tree.processor(bootHart) else { return }
    if let list = tree.property("riscv,isa-extensions", of: cpu) {
      extensions = RISCVExtensions(
        hasPageTypes: tree.lists("svpbmt", in: list), hasCacheBlocks: tree.lists("zicbom", in: list)
      )
    } else if let text = tree.property("riscv,isa", of: cpu) {
      extensions = RISCVExtensions { tree.byte($0, of: text) }
    }
    cacheBlockByteCount = UInt64(tree.cell("riscv,cbom-block-size", of: cpu) ?? 0)
  }

  private mutating func readSerialPort<M>(_ tree: DeviceTree<M>, controller: DeviceTreeNode?) {
    guard let port = tree.serialPort(noting: &report, driving: { $0 == .serial16550 }) else {
      return
    }
    serialPort = port.device
    if let interrupt = tree.interrupt(of: port.node), interrupt.controller == controller,
      interrupt.number > 0, interrupt.number <= controllerSourceCount
    {
      serialPort.line = interrupt.number
    }
  }
}
