import Foundation
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
    var isPlain = false
    for index in 0..<512 {
      // Most rows of eight are empty, or the kernel's own.
      if index % 8 == 0 { isPlain = isPlainRow(index, of: table, isRoot: isRoot, kernel) }
      guard !isPlain else { continue }
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

  private static let emptyRow = [UInt64](repeating: 0, count: 8)

  /// Whether the eight entries from `index` on are clear, or those of a root that all share are the
  /// same as the kernel's: then there is nothing to be looked at.
  private func isPlainRow(
    _ index: Int, of table: UInt64, isRoot: Bool, _ kernel: borrowing TestKernel
  ) -> Bool {
    let shared = isRoot ? kernel.format.sharedRootEntries : 0..<0
    let row = index..<index + 8
    let offset = UInt64(index) * 8
    if shared.contains(row.lowerBound), shared.contains(row.upperBound - 1) {
      return Self.compare(table + offset, kernel.kernelRoot.rawValue + offset, kernel)
    }
    guard !shared.overlaps(row) else { return false }
    // SAFETY: the window shows all RAM, and a row is eight words of it.
    return unsafe memcmp(Self.pointer(table + offset, kernel), Self.emptyRow, 64) == 0
  }

  private static func compare(
    _ row: UInt64, _ other: UInt64, _ kernel: borrowing TestKernel
  ) -> Bool {
    // SAFETY: as above.
    unsafe memcmp(pointer(row, kernel), pointer(other, kernel), 64) == 0
  }

  private static func pointer(
    _ address: UInt64, _ kernel: borrowing TestKernel
  ) -> UnsafeRawPointer {
    // SAFETY: page tables are in RAM, and the window shows all of it.
    unsafe UnsafeRawPointer(bitPattern: UInt(kernel.platform.physicalWindowBase &+ address))
      .unsafelyUnwrapped
  }
}
