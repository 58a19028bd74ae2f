/// A device tree of an Arm board with a generic interrupt controller and PL011 ports, like the
/// one QEMU's `virt` machine has.
public struct ArmBoardTree {
  /// 2 or 3; anything else leaves the controller out.
  public var controllerVersion = 3
  /// What a controller of version 2 is called.
  public var version2Models = ["arm,cortex-a15-gic"]
  /// Bytes of its CPU interface.
  public var interfaceByteCount: UInt64 = 0x1_0000
  /// Address and length of each region of redistributors.
  public var redistributors: [(UInt64, UInt64)] = [(0x80a_0000, 0xf6_0000)]
  /// What /chosen says of the console; nil leaves it out.
  public var stdoutPath: String? = "/pl011@9000000"
  public var hasTimer = true
  /// How the firmware is called; nil leaves it out.
  public var method: String? = "hvc"
  public var firmwareModels = ["arm,psci-1.0", "arm,psci-0.2", "arm,psci"]
  /// The number of the function that turns a CPU off; nil leaves it out.
  public var processorOff: UInt32?

  public init() {}

  public func build() -> TreeBuilder {
    var tree = TreeBuilder()
    tree.node("") { root in
      root.property("interrupt-parent", cells: Self.controllerHandle)
      root.property("#address-cells", cells: 2)
      root.property("#size-cells", cells: 2)
      root.property("compatible", texts: "linux,dummy-virt")
      firmware(&root)
      if hasTimer { timer(&root) }
      serialPort(&root, address: 0x904_0000, interrupt: 8)
      serialPort(&root, address: 0x900_0000, interrupt: 1)
      clock(&root)
      controller(&root)
      root.node("chosen") { chosen in
        if let stdoutPath { chosen.property("stdout-path", texts: stdoutPath) }
        chosen.property("rng-seed", cells: 0x71c9_7792, 0xc425_24c9)
      }
    }
    return tree
  }

  private static var controllerHandle: UInt32 { 0x8002 }
  private static var clockHandle: UInt32 { 0x8000 }

  private func firmware(_ root: inout TreeBuilder) {
    guard let method else { return }
    root.node("psci") { node in
      node.property("method", texts: method)
      node.property("compatible", bytes: TreeBuilder.texts(firmwareModels))
      if let processorOff { node.property("cpu_off", cells: processorOff) }
    }
  }

  /// Secure, physical, virtual and hypervisor timers.
  private func timer(_ root: inout TreeBuilder) {
    root.node("timer") { node in
      node.property("interrupts", cells: 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4)
      node.property("compatible", texts: "arm,armv8-timer", "arm,armv7-timer")
    }
  }

  private func serialPort(_ root: inout TreeBuilder, address: UInt32, interrupt: UInt32) {
    root.node("pl011@\(String(address, radix: 16))") { node in
      node.property("clocks", cells: Self.clockHandle, Self.clockHandle)
      node.property("interrupts", cells: 0, interrupt, 4)
      node.property("reg", cells: 0, address, 0, 0x1000)
      node.property("compatible", texts: "arm,pl011", "arm,primecell")
    }
  }

  private func clock(_ root: inout TreeBuilder) {
    root.node("apb-pclk") { node in
      node.property("phandle", cells: Self.clockHandle)
      node.property("clock-frequency", cells: 24_000_000)
      node.property("compatible", texts: "fixed-clock")
    }
  }

  private func controller(_ root: inout TreeBuilder) {
    guard controllerVersion == 2 || controllerVersion == 3 else { return }
    root.node("intc@8000000") { node in
      node.property("phandle", cells: Self.controllerHandle)
      node.property("#interrupt-cells", cells: 3)
      if controllerVersion == 2 {
        node.property(
          "reg", bytes: Self.cells([(0x800_0000, 0x1_0000), (0x801_0000, interfaceByteCount)]))
        node.property("compatible", bytes: TreeBuilder.texts(version2Models))
      } else {
        node.property("reg", bytes: Self.cells([(0x800_0000, 0x1_0000)] + redistributors))
        node.property("#redistributor-regions", cells: UInt32(redistributors.count))
        node.property("compatible", texts: "arm,gic-v3")
      }
    }
  }

  /// Addresses and lengths of two cells each.
  private static func cells(_ regions: [(UInt64, UInt64)]) -> [UInt8] {
    regions.flatMap { [$0.0, $0.1] }.flatMap {
      TreeBuilder.bigEndian(UInt32($0 >> 32))
        + TreeBuilder.bigEndian(UInt32(truncatingIfNeeded: $0))
    }
  }
}
