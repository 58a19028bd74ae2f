import KernelHAL
import MnosABI

/// The first granule of a slab: a frame that holds objects of one type.
public struct SlabHeader: BitwiseCopyable {
  /// Slabs of the same list, by ID; none at the ends.
  var next = ObjectID<SlabHeader>.none
  var previous = ObjectID<SlabHeader>.none
  /// Bit i is set while object i is alive.
  var live: UInt64 = 0
}

/// Where the objects of one type live: slabs of one frame, taken and given back as needed.
///
/// Cost: O(1) for both operations. An empty slab's frame goes back at once, so that counts
/// of free frames tell exactly what is in use.
public struct ObjectPool {
  /// Granules per object, and objects per slab.
  let stride: UInt32
  let capacity: Int
  /// Slabs with room, and slabs without.
  var open = ObjectID<SlabHeader>.none
  var full = ObjectID<SlabHeader>.none
  /// Objects alive.
  public private(set) var count: UInt64 = 0

  /// - Parameter objectByteCount: At most 4,032.
  init(objectByteCount: Int) {
    stride = UInt32((objectByteCount + 63) / 64)
    capacity = Int((Granule.perFrame - 1) / stride)
  }

  /// Bytes that one object is charged for.
  public var chargedByteCount: UInt64 { UInt64(stride) * Granule.byteCount }

  private var fullMask: UInt64 { capacity == 64 ? .max : (1 << UInt64(capacity)) - 1 }

  /// Takes a place for an object, with undefined contents.
  ///
  /// - Returns: Its first granule, or nil if a slab is needed and no frame is left.
  mutating func allocate<P: Platform & ~Copyable>(
    in store: ObjectStore<P>, frames: inout FrameAllocator
  ) -> UInt32? {
    if open.isNone {
      guard let frame = frames.allocate() else { return nil }
      let slab = ObjectID<SlabHeader>(granule: frame * Granule.perFrame)
      store[slab] = SlabHeader()
      Self.push(slab, on: &open, in: store)
    }
    let slab = open
    let index = (~store[slab].live).trailingZeroBitCount
    store[slab].live |= 1 << UInt64(index)
    if store[slab].live == fullMask {
      Self.remove(slab, from: &open, in: store)
      Self.push(slab, on: &full, in: store)
    }
    count += 1
    return slab.granule + 1 + UInt32(index) * stride
  }

  /// Gives back an object's place.
  mutating func free<P: Platform & ~Copyable>(
    _ granule: UInt32, in store: ObjectStore<P>, frames: inout FrameAllocator
  ) {
    let slab = ObjectID<SlabHeader>(granule: granule & ~(Granule.perFrame - 1))
    let index = UInt64((granule - slab.granule - 1) / stride)
    let wasFull = store[slab].live == fullMask
    store[slab].live &= ~(1 << index)
    count -= 1
    if wasFull {
      Self.remove(slab, from: &full, in: store)
      Self.push(slab, on: &open, in: store)
    }
    if store[slab].live == 0 {
      Self.remove(slab, from: &open, in: store)
      frames.free(slab.granule / Granule.perFrame, count: 1)
    }
  }

  /// The live object at or after `position`, for audits; start with nil. O(slabs) in all.
  func nextLive<P: Platform & ~Copyable>(
    after position: PoolPosition?, in store: ObjectStore<P>
  ) -> PoolPosition? {
    var slab = position?.slab ?? (open.isNone ? full : open)
    var inFull = position?.isInFull ?? open.isNone
    var index = (position?.index ?? -1) + 1
    while !slab.isNone {
      while index < capacity {
        if store[slab].live & (1 << UInt64(index)) != 0 {
          return PoolPosition(
            slab: slab, index: index, isInFull: inFull,
            granule: slab.granule + 1 + UInt32(index) * stride)
        }
        index += 1
      }
      index = 0
      slab = store[slab].next
      if slab.isNone, !inFull {
        slab = full
        inFull = true
      }
    }
    return nil
  }

  private static func push<P: Platform & ~Copyable>(
    _ slab: ObjectID<SlabHeader>, on head: inout ObjectID<SlabHeader>, in store: ObjectStore<P>
  ) {
    store[slab].next = head
    store[slab].previous = .none
    if !head.isNone { store[head].previous = slab }
    head = slab
  }

  private static func remove<P: Platform & ~Copyable>(
    _ slab: ObjectID<SlabHeader>, from head: inout ObjectID<SlabHeader>, in store: ObjectStore<P>
  ) {
    let next = store[slab].next
    let previous = store[slab].previous
    if !next.isNone { store[next].previous = previous }
    if previous.isNone { head = next } else { store[previous].next = next }
  }
}

/// A place in a walk over a pool's live objects.
public struct PoolPosition {
  let slab: ObjectID<SlabHeader>
  let index: Int
  let isInFull: Bool
  public let granule: UInt32
}
