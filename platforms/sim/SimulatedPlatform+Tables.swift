import KernelHAL
import MnosABI

/// The order in which page tables are cleared and linked, as hardware walkers of all CPUs see it.
///
/// The machine does not see the kernel's stores. It looks at all of RAM whenever stores are
/// ordered: a frame that is clear then may be linked as a table from then on, and stays one
/// for as long as it holds nothing but entries.
extension SimulatedPlatform {
  public mutating func orderTableStores() {
    guard !neglects(.tableOrder) else { return }
    for cpu in cpus.indices {
      guard let root = cpus[cpu].activeSpace?.root.rawValue else { continue }
      checkOrder(below: root, level: pageTableFormat.levelCount - 1, entries: 0..<256)
    }
    var frame = ramRange.lowerBound
    while frame < ramRange.upperBound {
      if mayBeLinked(frame) { orderedTables.insert(frame) } else { orderedTables.remove(frame) }
      frame += Limits.pageByteCount
    }
  }

  /// Reports tables that are in use already and were not clear when stores were ordered before: in
  /// between a walker could have come to them, although none did.
  ///
  /// - Parameter entries: Those of the table that lead to user code's pages.
  private mutating func checkOrder(below table: UInt64, level: Int, entries: Range<UInt64>) {
    guard level > 0, memory.contains(table, count: Limits.pageByteCount) else { return }
    for index in entries {
      let word = memory.readWord(at: table + index * 8)
      guard !pageTableFormat.isDamaged(word),
        case .table(let next) = pageTableFormat.decode(word, level: level)
      else { continue }
      if !orderedTables.contains(next.rawValue) { report(.tableNotOrdered(next.rawValue)) }
      checkOrder(below: next.rawValue, level: level - 1, entries: 0..<512)
    }
  }

  private func mayBeLinked(_ frame: UInt64) -> Bool {
    // Most of memory: nothing in it that could be damaged.
    if memory.isClear(at: frame, count: Limits.pageByteCount) { return true }
    // A root has the kernel's entries, in its upper half if it has any, before it is used.
    let isClear = memory.isClear(at: frame, count: Limits.pageByteCount / 2)
    guard isClear || orderedTables.contains(frame) else { return false }
    for index in 0..<512 as Range<UInt64> {
      let word = memory.readWord(at: frame + index * 8)
      if pageTableFormat.isDamaged(word) { return false }
    }
    return true
  }

  /// Walks as a CPU does, by the non-leaf entries that it remembers, and remembers those that
  /// it meets.
  mutating func walkRemembering(
    _ page: UInt64, in space: AddressSpaceTag, cpu: Int
  ) -> WalkResult {
    var table = space.root.rawValue
    var level = pageTableFormat.levelCount - 1
    while level > 0 {
      guard memory.contains(table, count: Limits.pageByteCount) else {
        return .broken(.tableNotInMemory(table))
      }
      let index = Int(page >> UInt64(12 + 9 * level) & 511)
      let word = entry(table + UInt64(index) * 8, for: page, level: level, space, cpu)
      guard !pageTableFormat.isDamaged(word) else {
        return .broken(.damagedEntry(table: table, index: index))
      }
      guard orderedTables.contains(table) else { return .broken(.tableNotOrdered(table)) }
      switch pageTableFormat.decode(word, level: level) {
      case .empty: return .empty
      case .leaf: return walk(page, from: table, level: level)
      case .table(let next): table = next.rawValue
      }
      level -= 1
    }
    let result = walk(page, from: table, level: 0)
    if case .broken = result { return result }
    return orderedTables.contains(table) ? result : .broken(.tableNotOrdered(table))
  }

  private mutating func entry(
    _ address: UInt64, for page: UInt64, level: Int, _ space: AddressSpaceTag, _ cpu: Int
  ) -> UInt64 {
    let word = memory.readWord(at: address)
    let known = cpus[cpu].walks.word(for: page, level: level, identifier: space.identifier)
    if let known {
      if known != word { report(.staleTableEntry(page: page, level: level)) }
      return known
    }
    if word != 0 || configuration.remembersEmptyEntries {
      cpus[cpu].walks.insert(word, for: page, level: level, in: space)
    }
    return word
  }
}
