import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What is in the page tables below one root: every table and every leaf.
struct TableWalk {
  var tables: [UInt64] = []
  var leaves: [UInt64: (frame: UInt64, rights: PageRights)] = [:]
  var findings: [String] = []

  /// What is in the tables of the kernel's own half, which all address spaces share.
  mutating func visitKernelHalf(_ kernel: borrowing TestKernel) {
    let format = kernel.format
    let shared = format.sharedRootEntries.isEmpty ? 0..<512 : format.sharedRootEntries
    visitKernelEntries(
      shared, of: kernel.kernelRoot.rawValue, level: format.levelCount - 1, start: 0, kernel)
  }

  private mutating func visitKernelEntries(
    _ entries: Range<Int>, of table: UInt64, level: Int, start: UInt64,
    _ kernel: borrowing TestKernel
  ) {
    for index in entries {
      let word = kernel.window.load(table + UInt64(index) * 8, as: UInt64.self)
      let page = start + UInt64(index) << UInt64(12 + 9 * level)
      switch kernel.format.decode(word, level: level) {
      case .empty: continue
      case .table(let next):
        visitKernelEntries(0..<512, of: next.rawValue, level: level - 1, start: page, kernel)
      case .leaf(let frame, let rights): leaves[page] = (frame.rawValue, rights)
      }
    }
  }

  mutating func visit(
    _ table: UInt64, level: Int, start: UInt64, _ kernel: borrowing TestKernel
  ) {
    tables.append(table)
    let format = kernel.format
    let isRoot = level == format.levelCount - 1
    var used: UInt16 = 0
    for index in 0..<512 {
      let word = kernel.window.load(table + UInt64(index) * 8, as: UInt64.self)
      if isRoot && format.sharedRootEntries.contains(index) {
        let shared = kernel.window.load(
          kernel.kernelRoot.rawValue + UInt64(index) * 8, as: UInt64.self)
        if word != shared { findings.append("a shared root entry differs from the kernel's") }
        continue
      }
      guard word != 0 else { continue }
      used += 1
      let page = start + UInt64(index) << UInt64(12 + 9 * level)
      if format.isDamaged(word) { findings.append("a damaged page-table entry") }
      switch format.decode(word, level: level) {
      case .empty: findings.append("a page-table entry that is neither zero nor valid")
      case .table(let next):
        visit(next.rawValue, level: level - 1, start: page, kernel)
      case .leaf(let frame, let rights): leaves[page] = (frame.rawValue, rights)
      }
    }
    var frames = kernel.frames
    if frames.useCount(table >> 12) != used {
      findings.append("a page table's use count")
    }
    if used == 0 && !isRoot { findings.append("an empty page table was kept") }
  }
}
