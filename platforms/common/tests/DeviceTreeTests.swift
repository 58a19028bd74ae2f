import PlatformCommon
import PlatformTesting
import Testing

/// What is read from sound trees.
@Suite struct DeviceTreeTests {
  typealias Tree = DeviceTree<FirmwareMemory>

  static func parse(_ bytes: [UInt8]) throws(DeviceTreeError) -> Tree {
    let memory = FirmwareMemory(bytes)
    return try DeviceTree(at: memory.base, in: memory)
  }

  private func board(_ change: (inout BoardTree) -> Void = { _ in }) throws -> Tree {
    var board = BoardTree()
    change(&board)
    return try Self.parse(board.build().bytes())
  }

  // MARK: Reading

  @Test func walkVisitsEveryNodeOnce() throws {
    let tree = try board()

    var count = 0
    var node: DeviceTreeNode? = tree.root
    while let current = node {
      count += 1
      node = tree.node(after: current)
    }

    #expect(count == 13)
  }

  @Test func parentOfGrandchildIsFound() throws {
    let tree = try board()

    let cpu = try #require(tree.firstNode { tree.isNamed("cpu", $0) })

    #expect(cpu.depth == 2)
    #expect(cpu.parent == tree.child("cpus", of: tree.root))
    #expect(cpu.parent?.parent == tree.root)
    #expect(tree.root.parent == nil)
  }

  @Test func compatibleMatchesEachListedModelAndNoPart() throws {
    let tree = try board()

    let controller = try #require(tree.node(withHandle: 3))

    #expect(tree.isCompatible(controller, with: "sifive,plic-1.0.0"))
    #expect(tree.isCompatible(controller, with: "riscv,plic0"))
    #expect(!tree.isCompatible(controller, with: "riscv,plic"))
    #expect(!tree.isCompatible(controller, with: "riscv,plic00"))
  }

  @Test(arguments: [
    "/soc/serial@10000000", "/soc/serial@10000000:115200n8", "serial0", "serial0:9",
  ])
  func consolePathIsFollowed(path: String) throws {
    let tree = try board { $0.stdoutPath = path }
    let chosen = try #require(tree.child("chosen", of: tree.root))

    let node = tree.node(namedBy: try #require(tree.property("stdout-path", of: chosen)))

    #expect(node.flatMap { tree.registers(of: $0) }?.base == 0x1000_0000)
  }

  @Test(arguments: ["/soc/serial@2", "serial1", "", ":", "serial00", "/soc/serial@1000000"])
  func danglingConsolePathNamesNothing(path: String) throws {
    let tree = try board { $0.stdoutPath = path }
    let chosen = try #require(tree.child("chosen", of: tree.root))

    let node = tree.node(namedBy: try #require(tree.property("stdout-path", of: chosen)))

    #expect(node == nil)
  }

  @Test func interruptGoesToTheParentItNames() throws {
    let tree = try board()
    let port = try #require(tree.firstNode { tree.isNamed("serial", $0) })

    let interrupt = tree.interrupt(of: port)

    #expect(interrupt?.number == 11)
    #expect(interrupt?.controller == tree.node(withHandle: 3))
  }

  /// A controller, and a bus that hands interrupts 4 and 5 on to it, with a port two buses
  /// further down, as on Arm's models.
  private func mappedTree(
    map: [UInt32] = [0, 0, 4, 1, 0, 0, 0, 4, 4, 0, 0, 5, 1, 0, 0, 0, 5, 4],
    mask: [UInt32]? = [0, 0, 63], interrupts: [UInt32] = [5], isController: Bool = true
  ) throws -> (tree: Tree, port: DeviceTreeNode) {
    var builder = TreeBuilder()
    builder.node("") { root in
      root.property("interrupt-parent", cells: 1)
      root.property("#address-cells", cells: 2)
      root.node("gic") { node in
        node.property("phandle", cells: 1)
        node.property("#interrupt-cells", cells: 3)
        node.property("#address-cells", cells: 2)
        if isController { node.property("interrupt-controller") }
        node.property("interrupt-map", cells: 0, 0, 0, 5, 4, 2, 0, 0, 5)
      }
      root.node("bus") { bus in
        bus.property("phandle", cells: 2)
        bus.property("#address-cells", cells: 2)
        bus.property("#interrupt-cells", cells: 1)
        bus.property("interrupt-map", bytes: map.flatMap(TreeBuilder.bigEndian))
        if let mask {
          bus.property("interrupt-map-mask", bytes: mask.flatMap(TreeBuilder.bigEndian))
        }
        bus.node("motherboard") { board in
          board.node("serial@90000") { port in
            port.property("reg", cells: 3, 0x9_0000, 0x1000)
            port.property("interrupts", bytes: interrupts.flatMap(TreeBuilder.bigEndian))
          }
        }
      }
    }
    let tree = try Self.parse(builder.bytes())
    return (tree, try #require(tree.firstNode { tree.isNamed("serial", $0) }))
  }

  @Test func interruptIsFollowedThroughAMap() throws {
    let (tree, port) = try mappedTree(interrupts: [4, 5])

    let first = try #require(tree.interrupt(of: port))
    let second = try #require(tree.interrupt(of: port, at: 1))

    #expect(first.controller == tree.child("gic", of: tree.root))
    #expect(first.number == 0 && first.second == 4 && first.third == 4)
    #expect(second.number == 0 && second.second == 5)
    #expect(tree.interrupt(of: port, at: 2) == nil)
  }

  /// The port's address is 3, 0x90000.
  @Test(
    arguments: [
      ([3, 0x9_0000, 5, 1, 0, 0, 0, 7, 4], nil, 7), ([3, 0x9_0001, 5, 1, 0, 0, 0, 7, 4], nil, nil),
      ([3, 1, 5, 1, 0, 0, 0, 7, 4], [7, 0, 7], 7), ([2, 1, 5, 1, 0, 0, 0, 7, 4], [7, 0, 7], nil),
      ([0, 0, 5, 1, 0, 0, 0, 7, 4], [0, 0], nil),  // half a mask
      ([0, 0, 5, 1, 0, 0, 0, 7], [0, 0, 7], nil),  // half an entry
      ([0, 0, 5, 9, 0, 0, 0, 7, 4], [0, 0, 7], nil),  // nobody's handle
      ([0, 0, 4, 9, 0, 0, 5, 1, 0, 0, 0, 7, 4], [0, 0, 7], nil),
      ([], [0, 0, 7], nil), ([0, 0], nil, nil), ([0, 0, 5], nil, nil),
    ] as [([UInt32], [UInt32]?, UInt32?)])
  func mapEntryFitsByAddressAndName(map: [UInt32], mask: [UInt32]?, expected: UInt32?) throws {
    let (tree, port) = try mappedTree(map: map, mask: mask)

    #expect(tree.interrupt(of: port)?.second == expected)
  }

  @Test func mapsThatLeadInACircleEnd() throws {
    // The bus sends it to the other node, and that one back.
    let (tree, port) = try mappedTree(
      map: [0, 0, 5, 1, 0, 0, 0, 5, 4], isController: false)

    #expect(tree.interrupt(of: port) == nil)
  }

  @Test func onlyNodesAmongTheCPUsAreProcessors() throws {
    var builder = TreeBuilder()
    builder.node("") { root in
      root.node("thermal-zones") { zones in
        zones.node("cpu") { $0.property("reg", cells: 0) }
      }
      root.node("cpus") { cpus in
        cpus.node("cpu-map") { $0.node("cpu@9") { $0.property("reg", cells: 9) } }
        for number in 0..<2 as Range<UInt32> {
          cpus.node("cpu@\(number)") { $0.property("reg", cells: number) }
        }
      }
      root.node("pmu") { $0.node("cpu@5") { $0.property("reg", cells: 5) } }
    }
    let tree = try Self.parse(builder.bytes())

    #expect(tree.processorCount == 2)
    #expect(tree.processor(0)?.parent == tree.processors)
    #expect(tree.processor(5) == nil)
    #expect(tree.processor(9) == nil)
  }

  @Test func interruptParentLoopEnds() throws {
    var builder = TreeBuilder()
    builder.node("") { root in
      root.node("device") { device in
        device.property("phandle", cells: 7)
        device.property("interrupt-parent", cells: 7)
        device.property("interrupts", cells: 1)
      }
    }
    let tree = try Self.parse(builder.bytes())
    let device = try #require(tree.child("device", of: tree.root))

    let interrupt = tree.interrupt(of: device)

    #expect(interrupt?.controller == device)
  }

  // MARK: Registers

  @Test func busRangeTranslatesAddress() throws {
    // 0x10000000 on the bus is 0x9_10000000 for the CPU.
    let tree = try board { $0.busRanges = [0, 0, 9, 0, 0, 0x2000_0000] }
    let port = try #require(tree.firstNode { tree.isNamed("serial", $0) })

    #expect(tree.registers(of: port)?.base == 0x9_1000_1000)
  }

  @Test(
    arguments: [
      [0, 0, 9, 0, 0, 0x1000_10ff],  // ends one byte short
      [0, 0x1000_1001, 9, 0, 0, 0x1000],  // starts one byte late
      [0, 0, 0xffff_ffff, 0xffff_ffff, 0, 0x2000_0000],  // wraps
      [0, 0, 9],  // half an entry
    ] as [[UInt32]])
  func addressOutsideTheBusRangesIsHidden(ranges: [UInt32]) throws {
    let tree = try board { $0.busRanges = ranges }
    let port = try #require(tree.firstNode { tree.isNamed("serial", $0) })

    #expect(tree.registers(of: port) == nil)
  }

  @Test(
    arguments: [
      (address: 0, size: 1, cells: [1]), (2, 0, [0, 1]), (3, 1, [1, 0, 1, 4]),
      (5, 1, [0, 0, 0, 0, 1, 4]),
      (UInt32.max, 1, [1, 4]), (1, UInt32.max, [1, 4]), (2, 1, [0, 1]), (2, 1, [0, 1, 4, 5]),
      (2, 2, [0, 1, 0, 0]), (2, 2, [0xffff_ffff, 0xffff_fff0, 0, 0x20]), (1, 1, []),
    ] as [(UInt32, UInt32, [UInt32])])
  func impossibleRegistersAreRefused(address: UInt32, size: UInt32, cells: [UInt32]) throws {
    var builder = TreeBuilder()
    builder.node("") { root in
      root.property("#address-cells", cells: address)
      root.property("#size-cells", cells: size)
      root.node("device") {
        $0.property("reg", bytes: cells.flatMap(TreeBuilder.bigEndian))
      }
    }
    let tree = try Self.parse(builder.bytes())
    let device = try #require(tree.child("device", of: tree.root))

    #expect(tree.registers(of: device) == nil)
  }

  @Test func disabledDeviceIsNotEnabled() throws {
    var builder = TreeBuilder()
    builder.node("") { root in
      root.node("on") { $0.property("status", texts: "okay") }
      root.node("off") { $0.property("status", texts: "disabled") }
    }
    let tree = try Self.parse(builder.bytes())

    #expect(tree.isEnabled(try #require(tree.child("on", of: tree.root))))
    #expect(!tree.isEnabled(try #require(tree.child("off", of: tree.root))))
    #expect(tree.isEnabled(tree.root))
  }

  @Test func emptyTokensAreSkipped() throws {
    var builder = TreeBuilder()
    builder.word(4)
    builder.node("") { root in
      root.word(4)
      root.property("a", cells: 7)
      root.word(4)
      root.node("child") { $0.word(4) }
      root.word(4)
    }
    builder.word(4)
    let tree = try Self.parse(builder.bytes())

    #expect(tree.cell("a", of: tree.root) == 7)
    #expect(tree.child("child", of: tree.root) != nil)
  }
}
