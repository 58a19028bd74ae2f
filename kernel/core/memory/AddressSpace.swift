import KernelHAL
import MnosABI

/// Page tables of processes: mapping and unmapping single pages.
///
/// A table frame's use count is the number of its entries in use; a table that has none is
/// given back at once. All tables are charged to the process's budget.
///
/// `mapPage` where the upper half of the way is there, and the lower half is made:
///
///     root, level 3       level 2            level 1 (added)    level 0 (added)
///     ┌───┬───┬───┐      ┌───┬───┬───┐      ┌───┬───┬───┐      ┌───┬───┬───┐
///     │   │ ──┼───┼────> │ ──┼───┼───┼────> │   │   │ ──┼────> │   │page   │
///     └───┴───┴───┘      └───┴───┴───┘      └───┴───┴───┘      └───┴───┴───┘
///     use count: as       one more           1                  1
///     before
///
/// An entry is counted where it is made and where it is emptied, so the counts say exactly when
/// a table is empty, without looking at its 512 entries. Entries shared with the kernel are not
/// counted: a root goes with its process, not by its count.
extension Kernel where P: ~Copyable {
  /// Makes an address space that shares the kernel's entries.
  ///
  /// They are copied once: nothing adds an entry to the kernel's root after the boot.
  ///
  /// - Throws: `noMemory`; nothing has changed then.
  mutating func makeSpace(chargedTo budget: BudgetID) throws(Failure) -> AddressSpaceTag {
    let root = UInt64(try allocateFrame(chargedTo: budget)) << 12
    for index in format.sharedRootEntries {
      let offset = UInt64(index) * 8
      window.store(window.load(kernelRoot.rawValue + offset, as: UInt64.self), at: root + offset)
    }
    // As for any table: a walker that gets to see the root must see what it holds now.
    platform.orderTableStores()
    // It cannot fail: with none left the space shares identifier 0.
    let identifier = identifiers.allocate(below: platform.addressSpaceIdentifierCount)
    return AddressSpaceTag(root: PhysicalAddress(root), identifier: identifier)
  }

  /// Makes the kernel's own tables the active ones on this CPU.
  ///
  /// - Parameter now: The timestamp.
  /// - Precondition: A process's tables are active.
  mutating func leaveSpace(at now: UInt64) {
    objects[objects[cpu].activeProcess].cpuTime &+= now
    objects[cpu].activeProcess = .none
    platform.activate(AddressSpaceTag(root: kernelRoot, identifier: 0))
  }

  /// Gives back an address space whose mappings have all ended.
  ///
  /// The TLB is told before the root's frame is free and before the identifier can be given to
  /// another space: neither may be reached by an old translation.
  mutating func endSpace(of process: ProcessID) {
    let space = objects[process].space
    // Its tables are about to be reused: run on the kernel's own.
    if objects[cpu].activeProcess == process { leaveSpace(at: platform.timestamp()) }
    platform.spaceRemoved(space)
    identifiers.free(space.identifier)
    freeFrame(
      FrameNumber(space.root.rawValue >> 12), chargedTo: objects[process].header.budget)
  }

  /// The walk to a page, standing at the root.
  private mutating func walk(to page: UInt64, in process: ProcessID) -> PageTableWalk {
    PageTableWalk(
      to: page, from: objects[process].space.root, levelCount: format.levelCount)
  }

  /// What the entry says where a walk stands.
  private mutating func entry(_ walk: PageTableWalk) -> PageTableEntry {
    format.decode(window.load(walk.entryAddress, as: UInt64.self), level: walk.level)
  }

  /// Maps one page that is not mapped, making the tables it needs.
  ///
  /// The machine is told by the caller, once for many pages: `publish` in Mappings.swift.
  ///
  /// - Returns: Whether a table was added: see `Platform.mappingAdded`.
  /// - Throws: `noMemory`; the tables are as before then.
  /// - Precondition: The page is in the user half, and no mapping of the process covers it.
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
          // Some of the missing tables may have been made, and hold nothing yet.
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

  /// Counts an entry of a table in or out.
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
  ///
  /// When this returns no CPU can reach the frame by this page any more, so it may be reused.
  mutating func unmapPage(_ page: UInt64, in process: ProcessID) {
    guard let walk = leafWalk(to: page, in: process) else { return }
    window.store(UInt64(0), at: walk.entryAddress)
    adjustUse(of: walk.table, by: -1)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
    if frames.useCount(FrameNumber(walk.table >> 12)) == 0 { pruneTables(at: page, in: process) }
  }

  /// Gives back the empty tables on the way to a page, from the lowest up.
  ///
  /// First all of them are taken out of the tables above, then the machine drops what it knows of
  /// the space, then the frames are freed: one order for all, however many there are.
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
    // Taking a table out may leave the one above it empty, up to the root, which stays.
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

  /// Changes the rights of one mapped page. Translations with the old rights are dropped before
  /// this returns, also where rights were only added.
  mutating func protectPage(_ page: UInt64, rights: PageRights, in process: ProcessID) {
    guard let walk = leafWalk(to: page, in: process), case .leaf(let frame, _) = entry(walk)
    else { return }
    window.store(format.makeLeaf(at: frame, rights: rights, level: 0), at: walk.entryAddress)
    platform.mappingRemoved(at: VirtualAddress(page), in: objects[process].space)
  }

  /// Where a user page is in RAM, if it may be accessed that way. Device memory may not, as the
  /// physical window need not show it, nor what is mapped around the caches that the window uses.
  ///
  /// - Parameter rights: Those that the page must have beside being the user's: the kernel never
  ///   reaches more for a caller than the caller could reach itself.
  /// - Returns: The physical address of the page, good until the entry ends.
  mutating func translate(
    _ page: UInt64, needing rights: PageRights, in process: ProcessID
  ) -> UInt64? {
    guard page < format.userAddressLimit, let walk = leafWalk(to: page, in: process),
      case .leaf(let frame, let granted) = entry(walk),
      granted.includes(rights.union(.user)), !granted.includes(.device),
      !granted.includes(.writeCombining)
    else { return nil }
    return frame.rawValue
  }
}
