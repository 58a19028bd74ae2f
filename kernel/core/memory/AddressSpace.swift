import KernelHAL
import MnosABI

/// Page tables of processes: walking, mapping and unmapping single pages.
extension Kernel where P: ~Copyable {
  /// Makes an address space that shares the kernel's entries.
  ///
  /// - Throws: `noMemory`.
  mutating func makeSpace(chargedTo budget: BudgetID) throws(Failure) -> AddressSpaceTag {
    let root = try allocateFrame(chargedTo: budget)
    let base = UInt64(root) << 12
    for index in format.sharedRootEntries {
      let offset = UInt64(index) * 8
      window.store(window.load(kernelRoot.rawValue + offset, as: UInt64.self), at: base + offset)
    }
    platform.orderTableStores()
    let identifier = identifiers.allocate(below: platform.addressSpaceIdentifierCount)
    return AddressSpaceTag(root: PhysicalAddress(base), identifier: identifier)
  }

  /// Makes the kernel's own tables the active ones on this CPU.
  mutating func leaveSpace() {
    objects[cpu].activeProcess = .none
    platform.activate(AddressSpaceTag(root: kernelRoot, identifier: 0))
  }

  /// Gives back an address space whose mappings have all ended.
  mutating func endSpace(of process: ProcessID) {
    let space = objects[process].space
    // Its tables are about to be reused: run on the kernel's own.
    if objects[cpu].activeProcess == process { leaveSpace() }
    platform.spaceRemoved(space)
    identifiers.free(space.identifier)
    freeFrame(FrameNumber(space.root.rawValue >> 12), chargedTo: objects[process].budget)
  }

  private mutating func entryAddress(_ table: UInt64, _ page: UInt64, _ level: Int) -> UInt64 {
    table + ((page >> UInt64(12 + 9 * level)) & 511) * 8
  }

  /// Maps one page that is not mapped, making the tables it needs.
  ///
  /// - Returns: Whether tables were linked, for `mappingAdded`.
  /// - Throws: `noMemory`; the tables are as before then.
  mutating func mapPage(
    _ page: UInt64, to frame: UInt64, rights: PageRights, in process: ProcessID
  ) throws(Failure) -> Bool {
    var table = objects[process].space.root.rawValue
    var linksTables = false
    var level = format.levelCount - 1
    while level > 0 {
      let address = entryAddress(table, page, level)
      switch format.decode(window.load(address, as: UInt64.self), level: level) {
      case .table(let next): table = next.rawValue
      case .leaf: kernelBug("a large page in a user address space")
      case .empty:
        do throws(Failure) {
          table = try addTable(at: address, in: process)
          linksTables = true
        } catch {
          pruneTables(at: page, in: process)
          throw error
        }
      }
      level -= 1
    }
    window.store(
      format.makeLeaf(at: PhysicalAddress(frame), rights: rights, level: 0),
      at: entryAddress(table, page, 0))
    adjustUse(of: table, by: 1)
    return linksTables
  }

  /// Hangs a new, empty table into an entry.
  private mutating func addTable(at entry: UInt64, in process: ProcessID) throws(Failure) -> UInt64
  {
    let frame = try allocateFrame(chargedTo: objects[process].budget)
    let table = UInt64(frame) << 12
    platform.orderTableStores()
    window.store(format.makeTable(at: PhysicalAddress(table)), at: entry)
    adjustUse(of: entry & ~4095, by: 1)
    objects[process].tableFrames += 1
    return table
  }

  private mutating func adjustUse(of table: UInt64, by difference: Int) {
    let frame = FrameNumber(table >> 12)
    frames.setUseCount(UInt16(Int(frames.useCount(frame)) + difference), of: frame)
  }

  /// Finds the table of level 0 for a page, or nil.
  private mutating func leafTable(of page: UInt64, in process: ProcessID) -> UInt64? {
    var table = objects[process].space.root.rawValue
    var level = format.levelCount - 1
    while level > 0 {
      let entry = window.load(entryAddress(table, page, level), as: UInt64.self)
      guard case .table(let next) = format.decode(entry, level: level) else { return nil }
      table = next.rawValue
      level -= 1
    }
    return table
  }

  /// Unmaps one page; tables that become empty are given back.
  mutating func unmapPage(_ page: UInt64, in process: ProcessID) {
    guard let table = leafTable(of: page, in: process) else { return }
    window.store(UInt64(0), at: entryAddress(table, page, 0))
    adjustUse(of: table, by: -1)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
    if frames.useCount(FrameNumber(table >> 12)) == 0 { pruneTables(at: page, in: process) }
  }

  /// Gives back the empty tables on the way to a page, from the lowest up.
  private mutating func pruneTables(at page: UInt64, in process: ProcessID) {
    var tables: [5 of UInt64] = .init(repeating: 0)
    let root = format.levelCount - 1
    tables[root] = objects[process].space.root.rawValue
    var level = root
    while level > 0 {
      let entry = window.load(entryAddress(tables[level], page, level), as: UInt64.self)
      guard case .table(let next) = format.decode(entry, level: level) else { break }
      level -= 1
      tables[level] = next.rawValue
    }
    let lowest = level
    while level < root, frames.useCount(FrameNumber(tables[level] >> 12)) == 0 {
      window.store(UInt64(0), at: entryAddress(tables[level + 1], page, level + 1))
      adjustUse(of: tables[level + 1], by: -1)
      level += 1
    }
    guard level > lowest else { return }
    // No CPU may walk through the tables once their frames are free.
    platform.spaceRemoved(objects[process].space)
    for empty in lowest..<level {
      freeFrame(FrameNumber(tables[empty] >> 12), chargedTo: objects[process].budget)
      objects[process].tableFrames -= 1
    }
  }

  /// Changes the rights of one mapped page.
  mutating func protectPage(_ page: UInt64, rights: PageRights, in process: ProcessID) {
    guard let table = leafTable(of: page, in: process) else { return }
    let address = entryAddress(table, page, 0)
    guard
      case .leaf(let frame, _) = format.decode(window.load(address, as: UInt64.self), level: 0)
    else { return }
    window.store(format.makeLeaf(at: frame, rights: rights, level: 0), at: address)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
  }

  /// Where a user page is in RAM, if it may be accessed that way; device memory may not.
  mutating func translate(_ page: UInt64, needing rights: PageRights, in process: ProcessID)
    -> UInt64?
  {
    guard page < format.userAddressLimit, let table = leafTable(of: page, in: process) else {
      return nil
    }
    let entry = window.load(entryAddress(table, page, 0), as: UInt64.self)
    guard case .leaf(let frame, let granted) = format.decode(entry, level: 0),
      granted.includes(rights.union(.user)), !granted.includes(.device)
    else { return nil }
    return frame.rawValue
  }
}
