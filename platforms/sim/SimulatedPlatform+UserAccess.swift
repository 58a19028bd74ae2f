import KernelHAL
import MnosABI

/// How user code on a simulated CPU reaches memory: through the TLB, then the page tables.
extension SimulatedPlatform {
  /// What an access came to.
  public enum Access<Value: Equatable & Sendable>: Equatable, Sendable {
    case done(Value)
    case fault(Fault)

    /// The value, or nil after a fault.
    public var value: Value? {
      guard case .done(let value) = self else { return nil }
      return value
    }
    /// What kind of fault it was, or nil.
    public var faultKind: FaultKind? {
      guard case .fault(let fault) = self else { return nil }
      return fault.kind
    }
  }

  /// Where user code's access of `kind` (read, write or execute) to `address` goes.
  public mutating func translate(
    _ address: UInt64, for kind: FaultKind, cpu: Int
  ) -> Access<UInt64> {
    guard address < pageTableFormat.userAddressLimit, let space = cpus[cpu].activeSpace else {
      return fault(kind, address, code: 1)
    }
    let page = address & ~(Limits.pageByteCount - 1)
    let entry = remembered(page, space: space, cpu: cpu)
    guard let frame = entry.frame else { return fault(kind, address, code: 2) }
    guard entry.rights.includes(Self.need(of: kind)) else {
      return fault(kind, address, code: 3)
    }
    let physical = frame + (address - page)
    if !memory.contains(physical) && !entry.rights.includes(.device) {
      report(.ordinaryMemoryMissing(physical))
      return fault(kind, address, code: 4)
    }
    checkCaches(of: frame, rights: entry.rights)
    return .done(physical)
  }

  /// User code loads an aligned word.
  public mutating func load(_ address: UInt64, cpu: Int = 0) -> Access<UInt64> {
    guard address & 7 == 0 else { return fault(.misaligned, address, code: 5) }
    switch translate(address, for: .read, cpu: cpu) {
    case .fault(let fault): return .fault(fault)
    case .done(let physical):
      guard memory.contains(physical) else { return .done(deviceRegisters[physical] ?? 0) }
      return .done(memory.readWord(at: physical))
    }
  }

  /// User code stores an aligned word.
  public mutating func store(
    _ value: UInt64, at address: UInt64, cpu: Int = 0
  ) -> Access<UInt64> {
    guard address & 7 == 0 else { return fault(.misaligned, address, code: 5) }
    switch translate(address, for: .write, cpu: cpu) {
    case .fault(let fault): return .fault(fault)
    case .done(let physical):
      if memory.contains(physical) {
        memory.writeWord(value, at: physical)
        storedTo.insert(physical & ~(Limits.pageByteCount - 1))
        orderedTables.remove(physical & ~(Limits.pageByteCount - 1))
        noteStorePastCaches(at: physical)
      } else {
        deviceRegisters[physical] = value
      }
      return .done(value)
    }
  }

  /// User code loads a byte of ordinary memory.
  public mutating func loadByte(_ address: UInt64, cpu: Int = 0) -> Access<UInt8> {
    switch translate(address, for: .read, cpu: cpu) {
    case .fault(let fault): .fault(fault)
    case .done(let physical): .done(memory.readByte(at: physical))
    }
  }

  /// User code runs the instruction at `address`.
  public mutating func fetch(_ address: UInt64, cpu: Int = 0) -> Access<UInt64> {
    guard address & 3 == 0 else { return fault(.misaligned, address, code: 5) }
    let access = translate(address, for: .execute, cpu: cpu)
    if access.value != nil, let space = cpus[cpu].activeSpace {
      let page = address & ~(Limits.pageByteCount - 1)
      checkPublication(of: PageKey(root: space.root.rawValue, page: page))
    }
    return access
  }

  /// The CPU remembers, unasked, every page of its active space in `pages`.
  public mutating func speculate(_ pages: some Sequence<UInt64>, cpu: Int) {
    guard let space = cpus[cpu].activeSpace else { return }
    for page in pages { _ = remembered(page, space: space, cpu: cpu) }
  }

  /// What the tables at `root` say of a page, past any TLB.
  public func walk(_ page: UInt64, root: UInt64) -> WalkResult {
    walk(page, from: root, level: pageTableFormat.levelCount - 1)
  }

  func walk(_ page: UInt64, from table: UInt64, level: Int) -> WalkResult {
    var table = table
    var level = level
    while true {
      guard memory.contains(table, count: Limits.pageByteCount) else {
        return .broken(.tableNotInMemory(table))
      }
      let index = Int(page >> UInt64(12 + 9 * level) & 511)
      let word = memory.readWord(at: table + UInt64(index) * 8)
      guard !pageTableFormat.isDamaged(word) else {
        return .broken(.damagedEntry(table: table, index: index))
      }
      switch pageTableFormat.decode(word, level: level) {
      case .empty: return .empty
      case .table(let next): table = next.rawValue
      case .leaf(let base, let rights):
        let within = page & (Limits.pageByteCount << UInt64(9 * level) - 1)
        return .leaf(frame: base.rawValue + within, rights: rights)
      }
      level -= 1
    }
  }

  /// What a walk found.
  public enum WalkResult: Equatable, Sendable {
    case empty
    case leaf(frame: UInt64, rights: PageRights)
    case broken(SimulatedViolation)
  }

  private mutating func remembered(
    _ page: UInt64, space: AddressSpaceTag, cpu: Int
  ) -> SimulatedTranslationBuffer.Entry {
    let known = cpus[cpu].translations.entry(identifier: space.identifier, page: page)
    if let known { return known }
    let root = space.root.rawValue
    var entry = SimulatedTranslationBuffer.Entry(root: root, frame: nil, rights: .none)
    switch walkRemembering(page, in: space, cpu: cpu) {
    case .empty:
      guard configuration.remembersEmptyEntries else { return entry }
    case .broken(let violation):
      report(violation)
      return entry
    case .leaf(let frame, let rights):
      if !rights.includes(.user) || rights.includes(.global) {
        report(.badUserLeaf(page: page))
      }
      entry = SimulatedTranslationBuffer.Entry(root: root, frame: frame, rights: rights)
    }
    cpus[cpu].translations.insert(entry, identifier: space.identifier, page: page)
    return entry
  }

  private static func need(of kind: FaultKind) -> PageRights {
    switch kind {
    case .write: PageRights.user.union(.write)
    case .execute: PageRights.user.union(.execute)
    default: PageRights.user.union(.read)
    }
  }

  private func fault<Value>(
    _ kind: FaultKind, _ address: UInt64, code: UInt64
  ) -> Access<Value> {
    .fault(Fault(kind: kind, address: address, code: code))
  }
}
