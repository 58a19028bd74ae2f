import KernelHAL
import MnosABI

/// Who pays for what: frames, and objects in the slabs of a budget.
///
/// Memory is charged by whole frames, slabs and tables included, so that the sum over all
/// budgets is what is in use, to the frame. Whatever is taken is charged first: a charge can
/// fail and be taken back, and but for the kernel's own no frame is in use that nobody pays for.
extension Kernel where P: ~Copyable {
  // MARK: Budgets

  /// Charges a budget.
  ///
  /// - Throws: `noMemory` or `noSlot` if the budget has no room; nothing is charged then.
  mutating func charge(_ budget: BudgetID, bytes: UInt64, objects count: UInt64) throws(Failure) {
    guard bytes <= objects[budget].memoryLimit - objects[budget].memoryUsed else {
      throw .noMemory
    }
    guard count <= objects[budget].objectLimit - objects[budget].objectsUsed else {
      throw .noSlot
    }
    objects[budget].memoryUsed += bytes
    objects[budget].objectsUsed += count
  }

  /// Takes a charge back. A budget that has nothing charged to it any more may end, and one
  /// that is being ended goes on with what is left.
  mutating func uncharge(_ budget: BudgetID, bytes: UInt64, objects count: UInt64) {
    objects[budget].memoryUsed -= bytes
    objects[budget].objectsUsed -= count
    let isOver =
      objects[budget].isUnused || objects[budget].payer == budget && objects[budget].isIdle
    let isUnnamed = isOver && objects[budget].header.names.isEmpty
    if isUnnamed || objects[budget].header.isCondemned { objects.doom(budget.header) }
  }

  // MARK: Frames

  /// Takes a frame and clears it.
  ///
  /// - Throws: `noMemory`; nothing is charged then.
  mutating func allocateFrame(chargedTo budget: BudgetID) throws(Failure) -> FrameNumber {
    let frame = try takeFrame(chargedTo: budget) { $0.allocate() }
    window.clear(frame << 12, byteCount: Limits.pageByteCount)
    return frame
  }

  /// Takes a frame where objects can lie, with undefined contents.
  ///
  /// - Throws: `noMemory`; nothing is charged then.
  mutating func allocateObjectFrame(chargedTo budget: BudgetID) throws(Failure) -> FrameNumber {
    try takeFrame(chargedTo: budget) { $0.allocateForObjects() }
  }

  @inline(__always)
  private mutating func takeFrame(
    chargedTo budget: BudgetID, by take: (inout FrameAllocator) -> FrameNumber?
  ) throws(Failure) -> FrameNumber {
    try charge(budget, bytes: Limits.pageByteCount, objects: 0)
    guard let frame = take(&frames) else {
      uncharge(budget, bytes: Limits.pageByteCount, objects: 0)
      throw .noMemory
    }
    return frame
  }

  /// Gives a frame back, and its charge.
  mutating func freeFrame(_ frame: FrameNumber, chargedTo budget: BudgetID) {
    frames.free(frame, count: 1)
    uncharge(budget, bytes: Limits.pageByteCount, objects: 0)
  }

  // MARK: Objects

  /// Makes an object that a capability can name: charges it, places it, enters it in its
  /// budget's list. The one way in which such objects begin.
  ///
  /// - Parameter value: The object as it begins. It starts with an `ObjectHeader`.
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func make<Object: KernelObject & BitwiseCopyable, Tag: KernelObject>(
    _ value: Object, _ size: SlabSize, chargedTo budget: BudgetID, as tag: Tag.Type
  ) throws(Failure) -> ObjectID<Tag> {
    let header = try takePlace(size, chargedTo: budget)
    objects[header.narrowed(to: Object.self)] = value
    objects[header].budget = budget
    objects[budget].objects.append(header, in: objects)
    objects.shared.objectCounts[Int(Tag.type.rawValue)] += 1
    if Tag.type.isIndependent { objects[budget].independentCount += 1 }
    if Tag.type == .thread { objects[budget].threadCount += 1 }
    return header.narrowed(to: tag)
  }

  /// Frees an object that nothing names or uses any more. Only the reaper does this.
  mutating func free(_ object: AnyObjectID) {
    let budget = objects[object].budget
    objects.shared.objectCounts[Int(objects[object].typeCode)] -= 1
    if objects[object].type.isIndependent { objects[budget].independentCount -= 1 }
    if objects[object].type == .thread { objects[budget].threadCount -= 1 }
    objects[budget].objects.remove(object, in: objects)
    releasePlace(object, chargedTo: budget)
  }

  /// Makes the record of a mapping, which no capability names.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeRecord<Record: BitwiseCopyable>(
    _ value: Record, chargedTo budget: BudgetID
  ) throws(Failure) -> ObjectID<Record> {
    let id = try takePlace(.small, chargedTo: budget).narrowed(to: Record.self)
    objects[id] = value
    objects.shared.objectCounts[0] += 1
    return id
  }

  /// Frees the record of a mapping, which is in no list any more.
  mutating func freeRecord<Record>(_ id: ObjectID<Record>, chargedTo budget: BudgetID) {
    objects.shared.objectCounts[0] -= 1
    releasePlace(id, chargedTo: budget)
  }

  /// A place in a slab of the budget, which pays for a new slab if it needs one.
  private mutating func takePlace(
    _ size: SlabSize, chargedTo budget: BudgetID
  ) throws(Failure) -> AnyObjectID {
    try charge(budget, bytes: 0, objects: 1)
    if objects[budget].slabs.open[Int(size.rawValue)].isEmpty {
      do throws(Failure) {
        let frame = try allocateObjectFrame(chargedTo: budget)
        frames.setUseCount(Slab.frameMark, of: frame)
        objects.addSlab(frame, size, to: &objects[budget].slabs)
      } catch {
        uncharge(budget, bytes: 0, objects: 1)
        throw error
      }
    }
    return objects.takePlace(size, in: &objects[budget].slabs)
  }

  private mutating func releasePlace<Object>(
    _ object: ObjectID<Object>, chargedTo budget: BudgetID
  ) {
    if let frame = objects.releasePlace(object, in: &objects[budget].slabs) {
      frames.free(frame, count: 1)
      // Not by `uncharge`, so that the budget is looked at once, with both sums right.
      objects[budget].memoryUsed -= Limits.pageByteCount
    }
    uncharge(budget, bytes: 0, objects: 1)
  }
}

extension ObjectType {
  /// Whether objects of this type can go on when everything that named them is gone.
  fileprivate var isIndependent: Bool { self == .process || self == .budget }
}
