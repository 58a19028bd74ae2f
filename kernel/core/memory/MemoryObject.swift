import KernelHAL
import MnosABI

/// Page frames, or a part of them derived from it.
///
/// The frames belong to the object that was created; a derived one keeps its parent alive.
/// They stay charged to the creator's budget until the last capability to any part is gone and no
/// device has them, or that budget ends, which ends the parts too.
public struct MemoryObject: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .memory }

  public enum Kind: UInt8, BitwiseCopyable {
    /// RAM that goes back to the frame allocator.
    case owned
    /// RAM that the boot loader filled; never given back.
    case boot
    /// A device's registers.
    case device
    /// Part of another memory object.
    case part
  }

  public internal(set) var header = ObjectHeader(.memory)
  var frames: FrameMap
  let pageCount: UInt32
  let kind: Kind
  /// How pages are mapped; a part is what its whole is.
  let caching: Caching
  /// Whether it tells its physical address: it is a device's, or was made to be one run.
  let isContiguous: Bool
  /// The memory that it is a part of, and its place among that one's parts.
  let whole: MemoryID
  var ofWhole = Links<MemoryObject>()
  var parts = List<PartsOfMemory>()
  /// What devices have of it; a part has none.
  var dmaMappings = List<DMAMappingsOfMemory>()
  /// Pages that are clear, in new memory, and have frames, where those form a tree.
  var filled: UInt32 = 0
  /// What its budget paid for beside the object.
  var chargedFrames: UInt32 = 0
  /// How far the look for frames is.
  var search = FrameSearch(count: 1, below: .max, alignment: 1)

  init(
    _ frames: FrameMap, pageCount: UInt32, kind: Kind, caching: Caching, isContiguous: Bool,
    whole: MemoryID = .none
  ) {
    self.frames = frames
    self.pageCount = pageCount
    self.kind = kind
    self.caching = caching
    self.isContiguous = isContiguous
    self.whole = whole
  }

  /// What a device or the boot loader has at a physical address.
  ///
  /// - Parameter byteCount: A multiple of the page size, below 2^44.
  init(at base: UInt64, byteCount: UInt64, kind: Kind, caching: Caching) {
    self.init(
      FrameMap(run: base), pageCount: UInt32(byteCount / Limits.pageByteCount), kind: kind,
      caching: caching, isContiguous: true)
  }

  var byteCount: UInt64 { UInt64(pageCount) * Limits.pageByteCount }
}

/// The parts of a whole; those of a part are its own, not the whole's.
enum PartsOfMemory: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ part: MemoryID, in store: ObjectStore<P>
  ) -> Links<MemoryObject> {
    get { store[part].ofWhole }
    set { store[part].ofWhole = newValue }
  }
}

/// Pages of one process that show a memory object. Exactly one granule.
///
/// It ends with the capability it was made through.
public struct Mapping: BitwiseCopyable {
  let process: ProcessID
  let slot: SlotID
  let address: UInt64
  /// The page of the memory that its first page shows.
  let firstPage: UInt32
  let pageCount: UInt32
  /// Pages `0..<mappedCount` are in the page table.
  var mappedCount: UInt32 = 0
  var rightsBits: UInt16
  /// The most that `protect` may give: what was asked for, and held, when it was made.
  let ceilingBits: UInt16
  let caching: Caching
  /// Its height in the tree of its process, and its place there.
  var height: UInt8 = 0
  var ofProcess = TreeLinks<Mapping>()
  /// The thread whose work is on this mapping, or none.
  var worker = ThreadID.none
  var ofSlot = Links<Mapping>()

  init(
    process: ProcessID, slot: SlotID, address: UInt64, firstPage: UInt32, pageCount: UInt32,
    rights: Rights, ceiling: Rights, caching: Caching
  ) {
    self.process = process
    self.slot = slot
    self.address = address
    self.firstPage = firstPage
    self.pageCount = pageCount
    rightsBits = rights.bits
    ceilingBits = ceiling.bits
    self.caching = caching
  }

  var rights: Rights { Rights(bits: rightsBits) }
  var ceiling: Rights { Rights(bits: ceilingBits) }
  var end: UInt64 { page(at: pageCount) }
  /// Address of a page of it.
  func page(at index: UInt32) -> UInt64 { address + UInt64(index) * Limits.pageByteCount }

  /// What its entries in the page table say.
  var pageRights: PageRights {
    var result = PageRights.user.union(.read)
    if rights.includes(.write) { result = result.union(.write) }
    if rights.includes(.execute) { result = result.union(.execute) }
    switch caching {
    case .normal: return result
    case .writeCombining: return result.union(.writeCombining)
    case .device: return result.union(.device)
    }
  }
}

/// The mappings made through a capability: they end with it.
enum MappingsOfSlot: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ mapping: MappingID, in store: ObjectStore<P>
  ) -> Links<Mapping> {
    get { store[mapping].ofSlot }
    set { store[mapping].ofSlot = newValue }
  }
}

/// The mappings in an address space, by address.
enum MappingsOfProcess: TreeRole {
  static subscript<P: Platform & ~Copyable>(
    _ mapping: MappingID, in store: ObjectStore<P>
  ) -> TreeLinks<Mapping> {
    get { store[mapping].ofProcess }
    set { store[mapping].ofProcess = newValue }
  }

  static subscript<P: Platform & ~Copyable>(
    heightOf mapping: MappingID, in store: ObjectStore<P>
  ) -> UInt8 {
    get { store[mapping].height }
    set { store[mapping].height = newValue }
  }

  static func key<P: Platform & ~Copyable>(
    of mapping: MappingID, in store: ObjectStore<P>
  ) -> UInt64 { store[mapping].address }
}
