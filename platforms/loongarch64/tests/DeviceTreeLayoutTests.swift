import KernelHAL
import MnosABI
import PlatformCommon
import PlatformTesting
import Testing

@testable import PlatformLoongArch64

/// A board's device tree, to be varied.
private struct Board {
  var cascade: UInt32 = 3
  var serialLine: UInt32 = 2
  var registerWidth: UInt32? = 1
  var left = Set<String>()

  private enum Handle {
    static let core: UInt32 = 1
    static let extended: UInt32 = 2
    static let bridge: UInt32 = 3
    static let events: UInt32 = 4
  }

  func build() -> TreeBuilder {
    var tree = TreeBuilder()
    tree.node("") { root in
      root.property("#address-cells", cells: 2)
      root.property("#size-cells", cells: 2)
      power(&root)
      controllers(&root)
      root.node("serial@1fe001e0") { port in
        port.property("interrupts", cells: serialLine, 4)
        port.property("interrupt-parent", cells: Handle.bridge)
        port.property("clock-frequency", cells: 100_000_000)
        port.property("reg", cells: 0, 0x1fe0_01e0, 0, 0x100)
        port.property("compatible", texts: "ns16550a")
      }
      root.node("chosen") { chosen in
        chosen.property("stdout-path", texts: "/serial@1fe001e0")
        chosen.property("rng-seed", cells: 0x0102_0304, 0x0506_0708)
      }
    }
    return tree
  }

  private func power(_ root: inout TreeBuilder) {
    for (name, offset, value) in [("poweroff", 0, 0x34), ("reboot", 2, 0x42)]
      as [(String, UInt32, UInt32)]
    {
      root.node(name) { node in
        node.property("value", cells: value)
        node.property("offset", cells: offset)
        node.property("regmap", cells: Handle.events)
        node.property("compatible", texts: "syscon-\(name)")
      }
    }
    root.node("ged@100e001c") { block in
      block.property("phandle", cells: Handle.events)
      if let registerWidth { block.property("reg-io-width", cells: registerWidth) }
      block.property("reg", cells: 0, 0x100e_001c, 0, 3)
      block.property("compatible", texts: "syscon")
    }
  }

  private func controllers(_ root: inout TreeBuilder) {
    root.node("cpuic") { core in
      core.property("phandle", cells: Handle.core)
      core.property("#interrupt-cells", cells: 1)
      core.property("compatible", texts: "loongson,cpu-interrupt-controller")
    }
    root.node("eiointc@1400") { extended in
      extended.property("phandle", cells: Handle.extended)
      extended.property("#interrupt-cells", cells: 1)
      extended.property("interrupts", cells: cascade)
      extended.property("interrupt-parent", cells: Handle.core)
      extended.property("reg", cells: 0, 0x1400, 0, 0x800)
      if !left.contains("EIO") {
        extended.property("compatible", texts: "loongson,ls2k2000-eiointc")
      }
    }
    root.node("platic@10000000") { bridge in
      bridge.property("phandle", cells: Handle.bridge)
      bridge.property("#interrupt-cells", cells: 2)
      bridge.property("interrupt-parent", cells: Handle.extended)
      bridge.property("reg", cells: 0, 0x1000_0000, 0, 0x400)
      if !left.contains("PIC") {
        bridge.property("compatible", texts: "loongson,pch-pic-1.0")
      }
    }
  }
}

@Suite struct DeviceTreeLayoutTests {
  private func layout(_ change: (inout Board) -> Void = { _ in }) throws -> MachineLayout {
    var board = Board()
    change(&board)
    let memory = FirmwareMemory(board.build().bytes())
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    var layout = MachineLayout()
    try layout.discover(boot, processor: 0, in: memory)
    return layout
  }

  @Test func boardIsFoundByItsDeviceTree() throws {
    let layout = try layout()

    #expect(layout.interruptPin == 1)
    #expect(layout.controllerBase == 0x1000_0000)
    #expect(layout.controllerByteCount == 0x400)
    #expect(layout.serialPort.registers == 0x1fe0_01e0)
    #expect(layout.serialPort.line == 2)
    #expect(layout.serialPort.clockFrequency == 100_000_000)
    #expect(layout.entropySeed == EntropySeed(bits: 0x0102_0304_0506_0708))
    #expect(layout.report.count == 0)
  }

  @Test func powerRegistersAreBytes() throws {
    let layout = try layout()

    #expect(layout.powerOff == PowerControl(address: 0x100e_001c, value: 0x34, byteCount: 1))
    #expect(layout.reboot == PowerControl(address: 0x100e_001e, value: 0x42, byteCount: 1))
  }

  /// Words do not fit into the block's three bytes; other widths there are none.
  @Test(arguments: [nil, 2, 4, 8] as [UInt32?])
  func powerRegistersThatCannotBeAreLeftAlone(width: UInt32?) throws {
    let layout = try layout { $0.registerWidth = width }

    #expect(layout.powerOff == nil && layout.reboot == nil)
  }

  @Test(arguments: [0, 63] as [UInt32])
  func serialLineIsTheControllersOwn(line: UInt32) throws {
    #expect(try layout { $0.serialLine = line }.serialPort.line == line)
  }

  @Test(arguments: [64, .max] as [UInt32])
  func serialLineOfNoControllerIsNone(line: UInt32) throws {
    #expect(try layout { $0.serialLine = line }.serialPort.line == nil)
  }

  @Test(arguments: ["EIO", "PIC"])
  func missingControllerIsRefused(part: String) {
    #expect(throws: BootFailure.self) { try layout { $0.left = [part] } }
  }

  @Test(arguments: [1, 10, .max] as [UInt32])
  func cascadeToNoPinIsRefused(cascade: UInt32) {
    #expect(throws: BootFailure.self) { try layout { $0.cascade = cascade } }
  }

  @Test func damagedTreeIsReported() {
    let memory = FirmwareMemory([1, 2, 3, 4])
    var boot = BootEnvironment()
    boot.deviceTree = memory.base
    var layout = MachineLayout()

    #expect(throws: BootFailure.self) { try layout.discover(boot, processor: 0, in: memory) }
    #expect(layout.report.count == 1)
  }

  @Test func writesAreAsWideAsTheRegister() {
    struct Log: ByteRegisterAccess {
      var bytes: [UInt8] = []
      var words: [UInt32] = []
      func read(at offset: UInt64) -> UInt32 { 0 }
      mutating func write(_ value: UInt32, at offset: UInt64) { words.append(value) }
      func read8(at offset: UInt64) -> UInt8 { 0 }
      mutating func write8(_ value: UInt8, at offset: UInt64) { bytes.append(value) }
    }
    var log = Log()

    PowerControl(address: 0, value: 0x134, byteCount: 1).perform(on: &log)
    PowerControl(address: 0, value: 0x134, byteCount: 4).perform(on: &log)

    #expect(log.bytes == [0x34])
    #expect(log.words == [0x134])
  }
}
