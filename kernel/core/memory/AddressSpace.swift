import KernelHAL
import MnosABI

/// Page tables of processes: mapping and unmapping single pages.
///
/// A table frame's use count is the number of its entries in use; a table that has none is
/// given back at once. All tables are charged to the process's budget.
extension Kernel where P: ~Copyable {
  /// Makes an address space that shares the kernel's entries.
  ///
  /// - Throws: `noMemory`.
  mutating func makeSpace(chargedTo budget: BudgetID) throws(Failure) -> AddressSpaceTag {
    let root = UInt64(try allocateFrame(chargedTo: budget)) << 12
    for index in format.sharedRootEntries {
      let offset = UInt64(index) * 8
      window.store(window.load(kernelRoot.rawValue + offset, as: UInt64.self), at: root + offset)
    }
    // As for any table: a walker that gets to see the root must see what it holds now.
    platform.orderTableStores()
    let identifier = identifiers.allocate(below: platform.addressSpaceIdentifierCount)
    return AddressSpaceTag(root: PhysicalAddress(root), identifier: identifier)
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
    freeFrame(
      FrameNumber(space.root.rawValue >> 12), chargedTo: objects[process].header.budget)
  }

  private mutating func walk(to page: UInt64, in process: ProcessID) -> PageTableWalk {
    PageTableWalk(
      to: page, from: objects[process].space.root, levelCount: format.levelCount)
  }

  private mutating func entry(_ walk: PageTableWalk) -> PageTableEntry {
    format.decode(window.load(walk.entryAddress, as: UInt64.self), level: walk.level)
  }

  /// Maps one page that is not mapped, making the tables it needs.
  ///
  /// - Returns: Whether a table was added: see `Platform.mappingAdded`.
  /// - Throws: `noMemory`; the tables are as before then.
  mutating func mapPage(
    _ page: UInt64, to frame: UInt64, rights: PageRights, in process: ProcessID
  ) throws(Failure) -> Bool {
    var walk = walk(to: page, in: process)
    var linksTables = false
    while walk.level > 0 {
      switch entry(walk) {
      case .table(let next): walk.descend(to: next)
      case .leaf: kernelBug("a large page in a user address space")
      case .empty:
        do throws(Failure) {
          walk.descend(to: try addTable(at: walk, in: process))
          linksTables = true
        } catch {
          pruneTables(at: page, in: process)
          throw error
        }
      }
    }
    window.store(
      format.makeLeaf(at: PhysicalAddress(frame), rights: rights, level: 0),
      at: walk.entryAddress)
    adjustUse(of: walk.table, by: 1)
    return linksTables
  }

  /// Hangs a new, empty table into the entry where a walk stands.
  private mutating func addTable(
    at walk: PageTableWalk, in process: ProcessID
  ) throws(Failure) -> PhysicalAddress {
    let frame = try allocateFrame(chargedTo: objects[process].header.budget)
    // A walker that sees the link must see an empty table behind it, not what the frame held.
    platform.orderTableStores()
    let table = PhysicalAddress(UInt64(frame) << 12)
    window.store(format.makeTable(at: table), at: walk.entryAddress)
    adjustUse(of: walk.table, by: 1)
    objects[process].tableFrames += 1
    return table
  }

  private mutating func adjustUse(of table: UInt64, by difference: Int) {
    let frame = FrameNumber(table >> 12)
    frames.setUseCount(UInt16(Int(frames.useCount(frame)) + difference), of: frame)
  }

  /// The walk to a page's entry of level 0, or nil if a table on the way is missing.
  private mutating func leafWalk(to page: UInt64, in process: ProcessID) -> PageTableWalk? {
    var walk = walk(to: page, in: process)
    while walk.level > 0 {
      guard case .table(let next) = entry(walk) else { return nil }
      walk.descend(to: next)
    }
    return walk
  }

  /// Unmaps one page; tables that become empty are given back.
  mutating func unmapPage(_ page: UInt64, in process: ProcessID) {
    guard let walk = leafWalk(to: page, in: process) else { return }
    window.store(UInt64(0), at: walk.entryAddress)
    adjustUse(of: walk.table, by: -1)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
    if frames.useCount(FrameNumber(walk.table >> 12)) == 0 { pruneTables(at: page, in: process) }
  }

  /// Gives back the empty tables on the way to a page, from the lowest up.
  private mutating func pruneTables(at page: UInt64, in process: ProcessID) {
    // The walk at each level, to come back up by.
    var walk = walk(to: page, in: process)
    var walks: [5 of PageTableWalk] = .init(repeating: walk)
    while walk.level > 0, case .table(let next) = entry(walk) {
      walk.descend(to: next)
      walks[walk.level] = walk
    }
    let lowest = walk.level
    var level = lowest
    while level < format.levelCount - 1,
      frames.useCount(FrameNumber(walks[level].table >> 12)) == 0
    {
      window.store(UInt64(0), at: walks[level + 1].entryAddress)
      adjustUse(of: walks[level + 1].table, by: -1)
      level += 1
    }
    guard level > lowest else { return }
    // No CPU may walk through the tables once their frames are free.
    platform.spaceRemoved(objects[process].space)
    for empty in lowest..<level {
      freeFrame(
        FrameNumber(walks[empty].table >> 12), chargedTo: objects[process].header.budget)
      objects[process].tableFrames -= 1
    }
  }

  /// Changes the rights of one mapped page.
  mutating func protectPage(_ page: UInt64, rights: PageRights, in process: ProcessID) {
    guard let walk = leafWalk(to: page, in: process), case .leaf(let frame, _) = entry(walk)
    else { return }
    window.store(format.makeLeaf(at: frame, rights: rights, level: 0), at: walk.entryAddress)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
  }

  /// Where a user page is in RAM, if it may be accessed that way; device memory may not.
  mutating func translate(
    _ page: UInt64, needing rights: PageRights, in process: ProcessID
  ) -> UInt64? {
    guard page < format.userAddressLimit, let walk = leafWalk(to: page, in: process),
      case .leaf(let frame, let granted) = entry(walk),
      granted.includes(rights.union(.user)), !granted.includes(.device)
    else { return nil }
    return frame.rawValue
  }
}
