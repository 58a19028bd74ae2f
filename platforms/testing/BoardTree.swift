/// A device tree of a RISC-V board with an interrupt controller and 16550 ports, like the one QEMU's `virt`
/// machine has.
public struct BoardTree {
  public var harts: UInt32 = 1
  public var timeFrequency: UInt32 = 10_000_000
  /// What /chosen says of the console; nil leaves it out.
  public var stdoutPath: String? = "/soc/serial@10000000:115200n8"
  /// How interrupts of devices reach the harts.
  public enum Controller: Sendable { case none, plic, aplic, aplicWithMessages }
  public var controller = Controller.plic
  /// What the platform-level controller is called, and the cells of an interrupt there.
  public var platformControllerModels = ["sifive,plic-1.0.0", "riscv,plic0"]
  public var platformInterruptCells: UInt32 = 1
  /// What the harts say of their page tables; nil leaves it out.
  public var mmuType: String?
  /// What the harts say of their extensions, as a text and as a list, and of the blocks that cache
  /// instructions take; nil leaves it out.
  public var extensionText: String?
  public var extensionList: [String]?
  public var cacheBlockByteCount: UInt32?
  /// `ranges` of the bus; empty is one to one.
  public var busRanges: [UInt32] = []

  public init() {}

  public func build() -> TreeBuilder {
    var tree = TreeBuilder()
    tree.node("") { root in
      root.property("#address-cells", cells: 2)
      root.property("#size-cells", cells: 2)
      powerNodes(&root)
      cpus(&root)
      root.node("aliases") { $0.property("serial0", texts: "/soc/serial@10000000") }
      root.node("chosen") { chosen in
        if let stdoutPath { chosen.property("stdout-path", texts: stdoutPath) }
        chosen.property("rng-seed", cells: 0x71c9_7792, 0xc425_24c9, 0x3c88_3fcc)
      }
      bus(&root)
    }
    return tree
  }

  private func powerNodes(_ root: inout TreeBuilder) {
    for (name, value) in [("poweroff", UInt32(0x5555)), ("reboot", 0x7777)] {
      root.node(name) { node in
        node.property("value", cells: value)
        node.property("offset", cells: 0)
        node.property("regmap", cells: 4)
        node.property("compatible", texts: "syscon-\(name)")
      }
    }
  }

  /// The phandle of a hart's own interrupt controller.
  private func handle(ofHart hart: UInt32) -> UInt32 { 0x100 + hart }

  private func cpus(_ root: inout TreeBuilder) {
    root.node("cpus") { cpus in
      cpus.property("#address-cells", cells: 1)
      cpus.property("#size-cells", cells: 0)
      cpus.property("timebase-frequency", cells: timeFrequency)
      for hart in 0..<harts {
        cpus.node("cpu@\(hart)") { cpu in
          cpu.property("reg", cells: hart)
          cpu.property("compatible", texts: "riscv")
          if let mmuType { cpu.property("mmu-type", texts: mmuType) }
          if let extensionText { cpu.property("riscv,isa", texts: extensionText) }
          if let extensionList {
            cpu.property("riscv,isa-extensions", bytes: TreeBuilder.texts(extensionList))
          }
          if let cacheBlockByteCount {
            cpu.property("riscv,cbom-block-size", cells: cacheBlockByteCount)
          }
          cpu.node("interrupt-controller") { own in
            own.property("compatible", texts: "riscv,cpu-intc")
            own.property("phandle", cells: handle(ofHart: hart))
          }
        }
      }
    }
  }

  private func bus(_ root: inout TreeBuilder) {
    root.node("soc") { bus in
      bus.property("#address-cells", cells: 2)
      bus.property("#size-cells", cells: 2)
      bus.property("compatible", texts: "simple-bus")
      bus.property("ranges", bytes: busRanges.flatMap(TreeBuilder.bigEndian))
      serialPort(&bus, address: 0x1000_1000, line: 11)
      serialPort(&bus, address: 0x1000_0000, line: 10)
      bus.node("test@100000") { test in
        test.property("phandle", cells: 4)
        test.property("reg", cells: 0, 0x10_0000, 0, 0x1000)
        test.property("compatible", texts: "sifive,test1", "syscon")
      }
      switch controller {
      case .none: break
      case .plic: platformController(&bus)
      case .aplic, .aplicWithMessages: advancedControllers(&bus)
      }
    }
  }

  private func serialPort(_ bus: inout TreeBuilder, address: UInt32, line: UInt32) {
    bus.node("serial@\(String(address, radix: 16))") { port in
      if controller == .plic, platformInterruptCells == 1 {
        port.property("interrupts", cells: line)
      } else {
        port.property("interrupts", cells: line, 4)
      }
      port.property("interrupt-parent", cells: 3)
      port.property("clock-frequency", cells: 3_686_400)
      port.property("reg", cells: 0, address, 0, 0x100)
      port.property("compatible", texts: "ns16550a")
    }
  }

  private func platformController(_ bus: inout TreeBuilder) {
    bus.node("plic@c000000") { controller in
      controller.property("phandle", cells: 3)
      controller.property("riscv,ndev", cells: 95)
      controller.property("reg", cells: 0, 0xc00_0000, 0, 0x60_0000)
      // Machine mode, then supervisor mode, of each hart.
      controller.property(
        "interrupts-extended",
        bytes: (0..<harts).flatMap { hart in
          [handle(ofHart: hart), 11, handle(ofHart: hart), 9].flatMap(TreeBuilder.bigEndian)
        })
      controller.property("compatible", bytes: TreeBuilder.texts(platformControllerModels))
      controller.property("#interrupt-cells", cells: platformInterruptCells)
    }
  }
  /// One controller for machine mode, which comes first, and one for supervisor mode.
  private func advancedControllers(_ bus: inout TreeBuilder) {
    for (mode, address, handle) in [
      (UInt32(11), UInt32(0xc00_0000), UInt32(5)), (9, 0xd00_0000, 3),
    ] {
      if controller == .aplicWithMessages {
        bus.node("interrupt-controller@\(String(0x1000_0000 + address * 2, radix: 16))") { files in
          files.property("phandle", cells: handle + 10)
          files.property("riscv,num-ids", cells: 255)
          files.property("reg", cells: 0, 0x1000_0000 + address * 2, 0, harts * 0x1000)
          outputs(&files, mode: mode)
          files.property("compatible", texts: "qemu,imsics", "riscv,imsics")
        }
      }
      bus.node("interrupt-controller@\(String(address, radix: 16))") { node in
        node.property("phandle", cells: handle)
        node.property("riscv,num-sources", cells: 96)
        node.property("reg", cells: 0, address, 0, 0x8000)
        node.property("#interrupt-cells", cells: 2)
        if controller == .aplicWithMessages {
          node.property("msi-parent", cells: handle + 10)
        } else {
          outputs(&node, mode: mode)
        }
        node.property("compatible", texts: "qemu,aplic", "riscv,aplic")
      }
    }
  }

  private func outputs(_ node: inout TreeBuilder, mode: UInt32) {
    node.property(
      "interrupts-extended",
      bytes: (0..<harts).flatMap { hart in
        [handle(ofHart: hart), mode].flatMap(TreeBuilder.bigEndian)
      })
  }
}
