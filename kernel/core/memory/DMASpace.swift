import KernelHAL
import MnosABI

/// What one device may reach: whole memory objects, each at a device address.
///
/// Nothing stops a device but its reset. So what is mapped here keeps its frames, whoever loses
/// capabilities to it, until somebody says that the device is stopped: by `destroy`, or by ending
/// the budget that pays for both. See docs/design/abi.md, section 9.
public struct DMASpace: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .dmaSpace }

  public internal(set) var header = ObjectHeader(.dmaSpace)
  /// One past the highest address that the device can use.
  let limit: UInt64
  var mappings = SearchTree<MappingsOfDMASpace>()
  var mappingCount: UInt32 = 0
  var mappedPages: UInt64 = 0
  /// Whether its device was said to be stopped: nothing can be mapped any more.
  var isDestroyed = false

  init(limit: UInt64) { self.limit = limit }
}

/// Memory in a DMA space.
public struct DMAMapping: BitwiseCopyable {
  let space: DMASpaceID
  let memory: MemoryID
  /// The device address of the first page.
  let address: UInt64
  let pageCount: UInt32
  let rightsBits: UInt16
  /// Its height in the tree of its space, and its place there.
  var height: UInt8 = 0
  var ofSpace = TreeLinks<DMAMapping>()
  var ofMemory = Links<DMAMapping>()

  init(
    space: DMASpaceID, memory: MemoryID, address: UInt64, pageCount: UInt32, rights: Rights
  ) {
    self.space = space
    self.memory = memory
    self.address = address
    self.pageCount = pageCount
    rightsBits = rights.bits
  }

  var end: UInt64 { address + UInt64(pageCount) * Limits.pageByteCount }
}

typealias DMASpaceID = ObjectID<DMASpace>
typealias DMAMappingID = ObjectID<DMAMapping>

/// The devices' mappings of memory: they keep its frames.
enum DMAMappingsOfMemory: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ mapping: DMAMappingID, in store: ObjectStore<P>
  ) -> Links<DMAMapping> {
    get { store[mapping].ofMemory }
    set { store[mapping].ofMemory = newValue }
  }
}

/// What is mapped in a DMA space, by device address.
enum MappingsOfDMASpace: TreeRole {
  static subscript<P: Platform & ~Copyable>(
    _ mapping: DMAMappingID, in store: ObjectStore<P>
  ) -> TreeLinks<DMAMapping> {
    get { store[mapping].ofSpace }
    set { store[mapping].ofSpace = newValue }
  }

  static subscript<P: Platform & ~Copyable>(
    heightOf mapping: DMAMappingID, in store: ObjectStore<P>
  ) -> UInt8 {
    get { store[mapping].height }
    set { store[mapping].height = newValue }
  }

  static func key<P: Platform & ~Copyable>(
    of mapping: DMAMappingID, in store: ObjectStore<P>
  ) -> UInt64 { store[mapping].address }
}

/// Mappings for devices: made and ended in one step each, as there are no page tables behind them.
extension Kernel where P: ~Copyable {
  /// Notes that a device may reach memory.
  ///
  /// - Throws: `noSlot`, `noMemory`; nothing has changed then.
  mutating func addMapping(_ mapping: DMAMapping) throws(Failure) {
    let budget = objects[mapping.space].header.budget
    let id = try makeRecord(mapping, chargedTo: budget)
    objects[mapping.space].mappings.insert(id, in: objects)
    objects[mapping.space].mappingCount += 1
    objects[mapping.space].mappedPages += UInt64(mapping.pageCount)
    objects[mapping.memory].dmaMappings.append(id, in: objects)
  }

  /// Ends a mapping. The memory may have lived for its sake alone.
  mutating func endMapping(_ id: DMAMappingID, steps: inout Int) {
    let mapping = objects[id]
    objects[mapping.space].mappings.remove(id, in: objects)
    objects[mapping.space].mappingCount -= 1
    objects[mapping.space].mappedPages -= UInt64(mapping.pageCount)
    objects[mapping.memory].dmaMappings.remove(id, in: objects)
    let memory = objects[mapping.memory].header
    if objects[mapping.memory].dmaMappings.isEmpty, memory.names.isEmpty || memory.isCondemned {
      objects.doom(mapping.memory.header)
    }
    if objects[mapping.space].mappings.isEmpty, objects[mapping.space].header.names.isEmpty {
      objects.doom(mapping.space.header)
    }
    freeRecord(id, chargedTo: objects[mapping.space].header.budget)
    // A list, a tree and a slab.
    steps -= 3
  }

  /// Ends all that a device may reach, as far as `steps` go.
  ///
  /// - Returns: Whether nothing is left.
  mutating func endMappings(of space: DMASpaceID, steps: inout Int) -> Bool {
    while steps > 0, !objects[space].mappings.isEmpty {
      endMapping(objects[space].mappings.root, steps: &steps)
    }
    return objects[space].mappings.isEmpty
  }

  /// Ends what devices have of memory whose budget ends: whoever ends that says that they are
  /// stopped.
  ///
  /// - Returns: Whether nothing is left.
  mutating func endMappings(of memory: MemoryID, steps: inout Int) -> Bool {
    while steps > 0, !objects[memory].dmaMappings.isEmpty {
      endMapping(objects[memory].dmaMappings.first, steps: &steps)
    }
    return objects[memory].dmaMappings.isEmpty
  }
}
