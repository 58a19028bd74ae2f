import FuzzHarness
import PlatformCommon
import PlatformTesting

/// Device trees that are wrong in one place, and the boards that they were made from.
enum DeviceTreeSeeds {
  static var all: [FuzzSeed] { sound + headers + structures + values }

  private static func refusal(_ error: DeviceTreeError) -> String { "refused: \(error.words)" }

  private static var sound: [FuzzSeed] {
    var board = BoardTree()
    let controllers: [(String, BoardTree.Controller)] = [
      ("plic", .plic), ("aplic", .aplic), ("aplic-messages", .aplicWithMessages), ("none", .none),
    ]
    return controllers.map { name, controller in
      board.controller = controller
      return FuzzSeed("board-riscv-\(name)", board.build().bytes(), "accepted")
    } + [FuzzSeed("board-arm", ArmBoardTree().build().bytes(), "accepted")]
  }

  private static var headers: [FuzzSeed] {
    let bytes = BoardTree().build().bytes()
    let words: [(String, Int, UInt32, DeviceTreeError)] = [
      ("magic", 0, 0xd00d_feee, .notFound), ("total-0", 1, 0, .notFound),
      ("total-39", 1, 39, .notFound), ("total-past-the-end", 1, UInt32(bytes.count) + 1, .notFound),
      ("total-huge", 1, .max, .notFound), ("structure-unaligned", 2, 57, .badHeader),
      ("structure-in-header", 2, 36, .badHeader), ("structure-outside", 2, 0xffff_fffc, .badHeader),
      ("strings-in-header", 3, 39, .badHeader), ("strings-outside", 3, .max, .badHeader),
      ("strings-overlap", 3, 60, .badHeader), ("reservations-unaligned", 4, 41, .badHeader),
      ("reservations-outside", 4, .max, .badHeader), ("version-old", 5, 16, .badHeader),
      ("compatible-too-new", 6, 18, .badHeader), ("strings-too-long", 8, .max, .badHeader),
      ("structure-too-long", 9, .max, .badHeader), ("structure-empty", 9, 0, .badToken),
    ]
    return words.map { name, index, value, error in
      var bytes = bytes
      bytes.replaceSubrange(index * 4..<index * 4 + 4, with: TreeBuilder.bigEndian(value))
      return FuzzSeed("header-\(name)", bytes, refusal(error))
    } + [0, 4, 39].map {
      FuzzSeed("cut-to-\($0)", Array(bytes.prefix($0)), refusal(.notFound))
    }
  }

  private static func structure(
    _ name: String, _ error: DeviceTreeError?, _ write: (inout TreeBuilder) -> Void
  ) -> FuzzSeed {
    var tree = TreeBuilder()
    write(&tree)
    return FuzzSeed(
      name, tree.bytes(addingEnd: false), error.map(refusal) ?? "accepted")
  }

  private static var structures: [FuzzSeed] {
    [
      structure("token-unknown", .badToken) { $0.begin(""); $0.word(5); $0.end(); $0.word(9) },
      structure("end-missing", .badToken) { $0.begin(""); $0.end() },
      structure("end-inside", .badNesting) { $0.begin(""); $0.word(9) },
      structure("end-without-begin", .badNesting) { $0.end(); $0.word(9) },
      structure("end-only", .badNesting) { $0.word(9) },
      structure("two-roots", .badNesting) { $0.node("") { _ in }; $0.node("") { _ in }; $0.word(9) },
      structure("property-outside", .badNesting) { $0.property("a", cells: 1); $0.word(9) },
      structure("property-late", .badNesting) {
        $0.begin("")
        $0.node("n") { _ in }
        $0.property("a", cells: 1)
        $0.end()
        $0.word(9)
      },
      structure("depth-15", nil) { deep(&$0, 15) },
      structure("depth-16", .tooDeep) { deep(&$0, 16) },
      structure("depth-500", .tooDeep) { deep(&$0, 500) },
      structure("name-without-end", .badName) {
        $0.word(1)
        $0.structure += [65, 65, 65, 65]
      },
    ]
      + ([5, 0x7fff_ffff, .max] as [UInt32]).map { length in
        structure("property-length-\(length)", .badToken) {
          $0.begin("")
          for word in [3, length, 0, 0] { $0.word(word) }
          $0.strings = [0]
        }
      }
      + ([3, 1000, .max] as [UInt32]).map { name in
        structure("property-name-at-\(name)", .badName) {
          $0.begin("")
          for word in [3, 0, name, 2, 9] { $0.word(word) }
          $0.strings = [0, 0, 65]
        }
      }
  }

  private static func deep(_ tree: inout TreeBuilder, _ depth: Int) {
    tree.begin("")
    for _ in 0..<depth { tree.begin("n") }
    for _ in 0..<depth { tree.end() }
    tree.end()
    tree.word(9)
  }

  /// Sound trees that say impossible things, none of which may do harm.
  private static var values: [FuzzSeed] {
    func tree(_ name: String, _ write: (inout TreeBuilder) -> Void) -> FuzzSeed {
      structure(name, nil) {
        $0.node("", write)
        $0.word(9)
      }
    }
    let cells = ([0, 3, 5, .max] as [UInt32]).flatMap { count in
      ["#address-cells", "#size-cells"].map { name in
        tree("\(name.dropFirst())-\(count)") {
          $0.property(name, cells: count)
          port(&$0)
        }
      }
    }
    return cells + [
      tree("empty-root") { _ in },
      tree("interrupt-parent-loop") { root in
        root.property("interrupt-parent", cells: 1)
        root.node("a") { nexus(&$0, handle: 1, to: 2) }
        root.node("b") { nexus(&$0, handle: 2, to: 1) }
        port(&root)
      },
      tree("stdout-path-dangling") { root in
        root.node("chosen") { $0.property("stdout-path", texts: "/soc/serial@1") }
      },
      tree("alias-dangling") { root in
        root.node("aliases") { $0.property("serial0", texts: "nowhere") }
        root.node("chosen") { $0.property("stdout-path", texts: "serial0:115200") }
      },
      tree("cpu-reg-twice") { root in
        root.node("cpus") { cpus in
          for _ in 0..<2 { cpus.node("cpu@0") { $0.property("reg", cells: 0, 0) } }
        }
      },
      tree("reg-not-a-multiple") { root in
        root.node("serial@1") {
          $0.property("compatible", texts: "ns16550a")
          $0.property("reg", cells: 1, 2, 3, 4)
        }
      },
      tree("reg-wraps") { root in
        root.property("#size-cells", cells: 2)
        root.node("serial@1") {
          $0.property("compatible", texts: "ns16550a")
          $0.property("reg", cells: .max, .max, .max, .max)
        }
      },
      tree("reg-of-0-bytes") { root in
        root.node("serial@1") {
          $0.property("compatible", texts: "ns16550a")
          $0.property("reg", cells: 0, 1, 0)
        }
      },
      tree("ranges-wrap") { root in
        root.node("soc") { bus in
          bus.property("ranges", cells: 0, 0, .max, .max, .max)
          port(&bus)
        }
      },
      tree("map-of-many-entries") { root in
        root.property("interrupt-parent", cells: 1)
        root.node("a") { controller in
          controller.property("phandle", cells: 1)
          controller.property("#interrupt-cells", cells: 1)
          controller.property(
            "interrupt-map", bytes: (0..<2000).flatMap { _ in
              TreeBuilder.bigEndian(1) + TreeBuilder.bigEndian(1) + TreeBuilder.bigEndian(1)
            })
        }
        port(&root)
      },
    ]
  }

  private static func nexus(_ node: inout TreeBuilder, handle: UInt32, to other: UInt32) {
    node.property("phandle", cells: handle)
    node.property("#interrupt-cells", cells: 1)
    node.property("#address-cells", cells: 0)
    node.property("interrupt-map", cells: 7, other, 7)
  }

  private static func port(_ node: inout TreeBuilder) {
    node.node("serial@1") {
      $0.property("compatible", texts: "ns16550a")
      $0.property("reg", cells: 0, 1, 8)
      $0.property("interrupts", cells: 7)
    }
  }
}
