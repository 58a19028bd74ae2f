import FuzzHarness
import PlatformTesting

/// ACPI tables that are wrong in one place, and machines of each architecture that are sound.
enum ACPISeeds {
  static var all: [FuzzSeed] { sound + roots + lists + tables + entries }

  private typealias Fields = [(UInt64, Int)]

  private static let base = CountedMemory.base

  private static func table(
    _ name: String, revision: UInt8 = 6, _ fields: Fields
  ) -> [UInt8] {
    var table = TableBuilder(name, revision: revision)
    for (value, count) in fields { table.add(value, byteCount: count) }
    return table.finished()
  }

  private static func machine(_ tables: [[UInt8]]) -> [UInt8] {
    TableBuilder.memory(of: tables, at: base)
  }

  // MARK: Sound machines

  private static let ioController: Fields = [(1, 1), (12, 1), (0, 2), (0xfec0_0000, 4), (0, 4)]
  private static let override: Fields = [(2, 1), (10, 1), (0, 1), (0, 1), (2, 4), (0, 2)]

  private static func interrupts(_ entries: [Fields]) -> [UInt8] {
    table("APIC", [(0xfee0_0000, 4), (1, 4)] + entries.flatMap { $0 })
  }

  private static func console(
    kind: UInt64, space: UInt64, address: UInt64, interrupt: (UInt64, UInt64, UInt64)
  ) -> [UInt8] {
    table(
      "SPCR", revision: 2,
      [
        (kind, 1), (0, 3), (space, 1), (8, 1), (0, 1), (1, 1), (address, 8), (interrupt.0, 1),
        (interrupt.1, 1), (interrupt.2, 4), (0, 22),
      ])
  }

  private static var sleep: [UInt8] {
    var block = TableBuilder("SSDT", revision: 2)
    block.bytes += [0x08] + Array("_S5_".utf8) + [0x12, 0x08, 0x04, 0x0a, 5, 0x0a, 5, 0, 0]
    return block.finished()
  }

  private static func fixed(flags: UInt64 = 0, arm: UInt64 = 0) -> [UInt8] {
    table(
      "FACP",
      [(0, 28), (0x604, 4), (0, 12), (0x608, 4), (0, 28), (flags, 4), (1, 1), (8, 1), (0, 2)]
        + [(0xcf9, 8), (6, 1), (arm, 2), (0, 1), (0, 144)])
  }

  private static var timer: [UInt8] {
    table("HPET", [(0, 4), (0, 1), (64, 1), (0, 2), (0xfed0_0000, 8), (0, 4)])
  }

  private static var pc: [[UInt8]] {
    [
      interrupts([ioController, override]), fixed(flags: 1 << 10), timer, sleep,
      console(kind: 0, space: 1, address: 0x3f8, interrupt: (1, 4, 0)),
    ]
  }

  private static var arm: [[UInt8]] {
    [
      ArmInterruptTable().build(), ArmInterruptTable.timerTable(), fixed(arm: 3),
      console(kind: 3, space: 0, address: 0x900_0000, interrupt: (8, 0, 33)),
    ]
  }

  private static let hart: Fields = [
    (0x18, 1), (36, 1), (1, 1), (0, 1), (1, 4), (0, 8), (0, 4), (5, 4), (0x2800_0000, 8),
    (0x1000, 4),
  ]
  private static let platformController: Fields = [
    (0x1b, 1), (36, 1), (1, 1), (0, 1), (0, 8), (96, 2), (7, 2), (0, 4), (0x60_0000, 4),
    (0xc00_0000, 8), (32, 4),
  ]

  private static func capabilities(nodes: UInt64, length: UInt64 = 22) -> [UInt8] {
    var time = TableBuilder("RHCT")
    for (value, count) in [
      (0, 4), (10_000_000, 8), (nodes, 4), (56, 4), (0, 2), (length &+ 8, 2), (1, 2), (length, 2),
    ] as Fields { time.add(value, byteCount: count) }
    time.bytes += Array("rv64gc_zicbom_svpbmt".utf8) + [0, 0]
    for (value, count) in [(1, 2), (10, 2), (1, 2), (0, 1), (7, 1), (6, 1), (6, 1)] as Fields {
      time.add(value, byteCount: count)
    }
    return time.finished()
  }

  private static var riscv: [[UInt8]] {
    [
      capabilities(nodes: 2), interrupts([hart, platformController]),
      console(kind: 0x12, space: 0, address: 0x1000_0000, interrupt: (16, 0, 42)),
    ]
  }

  private static var loongArch: [[UInt8]] {
    [
      interrupts([
        [(0x11, 1), (15, 1), (1, 1), (0, 4), (0, 4), (1, 4)],
        [(0x14, 1), (13, 1), (1, 1), (3, 1), (0, 1), (0xffff, 8)],
        [(0x16, 1), (17, 1), (0, 1), (0x1000_0000, 8), (0x1000, 2), (0, 2), (64, 2)],
      ]),
      console(kind: 0, space: 0, address: 0x1fe0_01e0, interrupt: (2, 0, 66)),
      fixed(flags: 1 << 20 | 1 << 10), sleep,
    ]
  }

  private static var sound: [FuzzSeed] {
    [
      FuzzSeed("sound-pc", machine(pc), "accepted: 5 tables; x86_64 boots with a console;"),
      FuzzSeed("sound-arm", machine(arm), "accepted: 4 tables; x86_64"),
      FuzzSeed("sound-riscv", machine(riscv), "accepted: 3 tables; x86_64"),
      FuzzSeed("sound-loongarch", machine(loongArch), "accepted: 4 tables; x86_64"),
    ]
  }

  // MARK: Root pointer and list

  private static var roots: [FuzzSeed] {
    let good = machine(pc)
    func root(_ name: String, _ expected: String, _ change: (inout [UInt8]) -> Void) -> FuzzSeed {
      var bytes = good
      change(&bytes)
      return FuzzSeed("root-\(name)", bytes, "refused: \(expected)")
    }
    func resealed(_ bytes: inout [UInt8]) {
      bytes[8] = 0
      bytes[8] = 0 &- bytes[0..<20].reduce(0, &+)
    }
    return [
      root("empty", "root pointer unreadable") { $0 = [] },
      root("cut-to-19", "root pointer unreadable") { $0 = Array($0.prefix(19)) },
      root("signature", "root pointer malformed") { $0[0] = 0x73 },
      root("checksum", "root pointer badChecksum") { $0[16] ^= 1 },
      root("revision-0-with-xsdt", "root pointer badPointer") { $0[15] = 0; resealed(&$0) },
      root("length-short", "root pointer tooShort") { $0[20] = 35 },
      root("length-huge", "root pointer tooShort") { $0[23] = 0xff },
      root("extended-checksum", "root pointer badChecksum") { $0[32] ^= 1 },
      root("cut-to-35", "root pointer unreadable") { $0 = Array($0.prefix(35)) },
      root("lists-no-table", "XSDT unreadable") {
        $0[24] = 1
        $0[32] = 0
        $0[32] = 0 &- $0[0..<36].reduce(0, &+)
      },
    ]
  }

  /// The list of tables begins at byte 36: its length at 40, its entries at 72.
  private static var lists: [FuzzSeed] {
    func list(_ name: String, _ expected: String, _ change: (inout [UInt8]) -> Void) -> FuzzSeed {
      var bytes = machine(pc)
      change(&bytes)
      let length = Int(bytes[40]) | Int(bytes[41]) << 8
      if length >= 36, 36 + length <= bytes.count {
        bytes[45] = 0
        bytes[45] = 0 &- bytes[36..<36 + length].reduce(0, &+)
      }
      return FuzzSeed("list-\(name)", bytes, expected)
    }
    return [
      list("length-35", "refused: XSDT tooShort") { $0[40] = 35 },
      list("length-0", "refused: XSDT tooShort") { $0[40] = 0 },
      list("length-huge", "refused: XSDT unreadable") { $0[43] = 0xff },
      list("length-not-of-8", "accepted: 4 tables") { $0[40] -= 3 },
      list("empty", "accepted: 0 tables") { $0[40] = 36 },
      list("names-itself", "accepted: 5 tables") { bytes in
        bytes.replaceSubrange(72..<80, with: [36, 0, 0, 0x80, 0, 0, 0, 0])
      },
      list("names-nothing", "accepted: 5 tables") { bytes in
        bytes.replaceSubrange(72..<80, with: [UInt8](repeating: 0xff, count: 8))
      },
    ]
  }

  // MARK: Tables

  private static var tables: [FuzzSeed] {
    func changed(_ name: String, _ place: Int, _ value: UInt8, sealed: Bool) -> FuzzSeed {
      var tables = pc
      tables[0][place] = value
      if sealed {
        tables[0][9] = 0
        tables[0][9] = 0 &- tables[0].reduce(0, &+)
      }
      return FuzzSeed(
        "table-\(name)", machine(tables),
        "accepted: 5 tables; x86_64 lacks ACPI interrupt controller table (MADT)")
    }
    return [
      changed("checksum", 20, 1, sealed: false), changed("length-0", 4, 0, sealed: true),
      changed("length-huge", 7, 0xff, sealed: true), changed("name", 0, 0x42, sealed: true),
      FuzzSeed(
        "no-tables", machine([]),
        "accepted: 0 tables; x86_64 lacks ACPI interrupt controller table (MADT)"),
      FuzzSeed(
        "console-of-unknown-kind",
        machine([
          interrupts([ioController]),
          console(kind: 0x77, space: 0, address: 0x1000, interrupt: (0, 0, 0)),
        ]), "accepted: 2 tables; x86_64 boots, cannot be turned off"),
      FuzzSeed(
        "console-at-the-end",
        machine(
          Array(arm.dropLast()) + [
            console(kind: 3, space: 0, address: .max, interrupt: (8, 0, 33)),
          ]), "accepted: 4 tables"),
      FuzzSeed("timer-table-missing", machine([arm[0], arm[3]]), "accepted: 2 tables"),
      FuzzSeed(
        "capabilities-count-too-high", machine([capabilities(nodes: 99)] + riscv.dropFirst()),
        "accepted: 3 tables"),
      FuzzSeed(
        "capabilities-length-0",
        machine([capabilities(nodes: 2, length: 0 &- 8)] + riscv.dropFirst()),
        "accepted: 3 tables"),
    ]
  }

  /// Entries of the table of interrupt controllers.
  private static var entries: [FuzzSeed] {
    let lacks = "accepted: 1 tables; x86_64 lacks I/O APIC in the ACPI tables"
    let boots = "accepted: 1 tables; x86_64 boots"
    func of(_ name: String, _ entries: [Fields], _ expected: String) -> FuzzSeed {
      FuzzSeed("entries-\(name)", machine([interrupts(entries)]), expected)
    }
    let cpu: Fields = [(0, 1), (8, 1), (0, 1), (1, 1), (1, 4)]
    return [
      of("none", [], lacks), of("length-0", [[(1, 1), (0, 1)], ioController], lacks),
      of("length-1", [[(1, 1), (1, 1)], ioController], lacks),
      of("too-short-for-kind", [[(1, 1), (4, 1), (0, 2)], ioController], boots),
      of("past-the-end", [ioController, [(1, 1), (255, 1)]], boots),
      of("unaligned", [[(9, 1), (3, 1), (0, 1)], ioController], boots),
      of("300-processors", Array(repeating: cpu, count: 300) + [ioController], boots),
      of("300-overrides", Array(repeating: override, count: 300) + [ioController], boots),
      of("20-controllers", Array(repeating: ioController, count: 20), boots),
      of("processors-disabled", [[(0, 1), (8, 1), (0, 6)], ioController], boots),
    ]
  }
}
