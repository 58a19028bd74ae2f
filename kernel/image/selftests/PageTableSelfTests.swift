import KernelCore
import KernelHAL
import MnosABI

/// Every entry of the kernel's live page tables.
enum PageTableSelfTests: SelfTestSuite {
  static var name: StaticString { "pagetables" }
  static var count: Int { 5 }

  static func testName(_ index: Int) -> StaticString {
    switch index {
    case 0: "VSP_007_noPageIsWritableAndExecutable"
    case 1: "VSP_007_noKernelPageIsForUsers"
    case 2: "VSP_007_onlyKernelTextIsExecutable"
    case 3: "readOnlyDataIsNotWritable"
    default: "pageBelowTheStackIsUnmapped"
    }
  }

  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    let format = platform.pageTableFormat
    switch index {
    case 0:
      return all(machine, format) { _, rights in
        !(rights.includes(.write) && rights.includes(.execute))
      }
    case 1: return all(machine, format) { _, rights in !rights.includes(.user) }
    case 2:
      return all(machine, format) { address, rights in
        !rights.includes(.execute) || ImageLayout.text.contains(address)
      }
    case 3:
      return all(machine, format) { address, rights in
        let isConstant =
          ImageLayout.rodata.contains(address) || ImageLayout.text.contains(address)
        return !isConstant || !rights.includes(.write)
      }
    default:
      let guardPage = ImageLayout.stackGuard
      return all(machine, format) { address, _ in address != guardPage }
    }
  }

  /// Whether `holds` for every leaf, given its first virtual address and rights.
  private static func all(
    _ machine: borrowing SelfTestMachine, _ format: CurrentPlatform.Format,
    _ holds: (UInt64, PageRights) -> Bool
  ) -> Bool {
    check(
      table: machine.root.rawValue, level: format.levelCount - 1, base: 0, machine.window,
      format, holds)
  }

  // Recursion as deep as the page tables: five at most.
  private static func check(
    table: UInt64, level: Int, base: UInt64, _ window: PhysicalWindow,
    _ format: CurrentPlatform.Format, _ holds: (UInt64, PageRights) -> Bool
  ) -> Bool {
    let shift = UInt64(12 + 9 * level)
    for index in 0..<UInt64(512) {
      let entry = window.load(table + index * 8, as: UInt64.self)
      let address = canonical(base | index << shift, format)
      switch format.decode(entry, level: level) {
      case .empty: continue
      case .leaf(_, let rights): if !holds(address, rights) { return false }
      case .table(let next):
        guard level > 0,
          check(
            table: next.rawValue, level: level - 1, base: base | index << shift, window, format,
            holds)
        else { return false }
      }
    }
    return true
  }

  /// Extends the highest translated bit to the bits above it.
  private static func canonical(_ address: UInt64, _ format: CurrentPlatform.Format) -> UInt64 {
    let unused = UInt64(64 - 12 - 9 * format.levelCount)
    return UInt64(bitPattern: Int64(bitPattern: address << unused) >> Int64(unused))
  }
}
