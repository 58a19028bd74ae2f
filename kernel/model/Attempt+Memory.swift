import MnosABI

/// map, unmap and protect of processes' pages.
extension Attempt {
  private static var pageRights: Rights { .read.union(.write).union(.execute) }

  mutating func map() {
    let rights = Rights(bits: UInt16(word(2) & 0xff))
    let ceiling = rights.union(Rights(bits: UInt16(word(2) >> 8 & 0xff)))
    let memory = lookUp(argument(0), as: [.memory], needing: ceiling)
    let target = destination(argument(1))
    let (address, offset, byteCount) = (argument(2), word(0), word(1))
    let isDefined = word(2) >> 16 == 0 && Self.pageRights.includes(ceiling)
    refuse(.badArgument, value: 5, if: !isDefined || !isPossible(rights))
    checkRange(start: address, byteCount, end: world.userEnd, value: 2, lengthValue: 4)
    refuse(.badArgument, value: 2, if: address < Limits.nullGuardByteCount)
    let size = memory.flatMap { world.capabilities[$0] }.flatMap { world.memories[$0.object] }
    if let size {
      checkRange(start: offset, byteCount, end: size.byteCount, value: 3, lengthValue: 4)
    }
    scarcities.insert(.noMemory)
    guard let target, let process = world.processes[target] else { return }
    refuse(.badState, if: process.state == .ended)
    refuse(.badState, if: process.mappings.contains { $0.overlaps(address, byteCount) })
    if let budget = world.payers[target] {
      refuse(.noSlot, if: !world.hasRoom(in: budget, for: 1))
    }
    guard let memory, !isRefused else { return }
    change.world.processes[target]?.mappings.insert(
      Mapping(
        address: address, byteCount: byteCount, memory: memory, offset: offset, rights: rights,
        ceiling: ceiling))
    succeed()
  }

  mutating func unmap() {
    guard let (target, mapping) = checkMapping(), !isRefused else { return }
    change.world.processes[target]?.mappings.remove(mapping)
    succeed()
  }

  mutating func protect() {
    let rights = Rights(bits: UInt16(truncatingIfNeeded: word(0)))
    let isDefined = word(0) & ~UInt64(Self.pageRights.bits) == 0
    refuse(.badArgument, value: 3, if: !isDefined || !isPossible(rights))
    guard let (target, old) = checkMapping() else { return }
    refuse(.noRight, if: !old.ceiling.includes(rights))
    guard !isRefused else { return }
    var mapping = old
    mapping.rights = rights
    change.world.processes[target]?.mappings.remove(old)
    change.world.processes[target]?.mappings.insert(mapping)
    succeed()
  }

  /// The mapping of exactly the range that arguments 1 and 2 give, in the process of argument 0.
  private mutating func checkMapping() -> (ObjectID, Mapping)? {
    refuse(.badArgument, value: 1, if: !isPageMultiple(argument(1)))
    refuse(.badArgument, value: 2, if: argument(2) == 0 || !isPageMultiple(argument(2)))
    guard let target = destination(argument(0)) else { return nil }
    let found = world.processes[target]?.mappings.first {
      $0.address == argument(1) && $0.byteCount == argument(2)
    }
    refuse(.badState, if: found == nil)
    return found.map { (target, $0) }
  }

  /// Whether a page can have the rights: never without read, nor write with execute.
  private func isPossible(_ rights: Rights) -> Bool {
    rights.includes(.read) && !rights.includes(.write.union(.execute))
  }

  /// Checks that pages lie before an end. If start and length are too large together only, either
  /// may be blamed.
  private mutating func checkRange(
    start: UInt64, _ byteCount: UInt64, end: UInt64, value: UInt64, lengthValue: UInt64
  ) {
    let isLong = byteCount > end - min(start, end)
    refuse(.badArgument, value: value, if: !isPageMultiple(start) || start >= end || isLong)
    refuse(
      .badArgument, value: lengthValue, if: byteCount == 0 || !isPageMultiple(byteCount) || isLong)
  }
}

extension Mapping {
  fileprivate func overlaps(_ address: UInt64, _ byteCount: UInt64) -> Bool {
    let (end, overflow) = address.addingReportingOverflow(byteCount)
    return self.address < (overflow ? .max : end) && address < self.address + self.byteCount
  }
}
