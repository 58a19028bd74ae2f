import KernelHAL
import MnosABI

/// The first granule of a slab: a frame of objects of one size, all charged to one budget.
public struct Slab: BitwiseCopyable {
  /// What the frame allocator's mark of a slab's frame says, for those who look at a kernel
  /// from outside. No page table has so many entries.
  static var frameMark: UInt16 { 0x2000 }

  /// Bit i is set while object i is alive.
  var live: UInt64 = 0
  /// Slabs of the same budget and size with room.
  var open = Links<Slab>()
  let size: SlabSize
  private var padding: (UInt8, UInt16, UInt32) = (0, 0, 0)

  init(_ size: SlabSize) { self.size = size }
}

/// Sizes of objects in slabs.
///
/// Few sizes, so that a small budget pays for few frames that are mostly empty.
public enum SlabSize: UInt8, BitwiseCopyable {
  /// One granule: endpoint, notification, interrupt, mapping.
  case small
  /// Two: memory object, budget.
  case medium
  /// Four: process.
  case large
  /// As many as the platform's registers make a thread.
  case thread

  static var count: Int { 4 }
}

/// The slabs with room that a budget has, by size.
struct SlabSet: BitwiseCopyable {
  var open: [4 of List<OpenSlabs>] = .init(repeating: List())
}

/// The list of slabs with room.
enum OpenSlabs: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ slab: ObjectID<Slab>, in store: ObjectStore<P>
  ) -> Links<Slab> {
    get { store[slab].open }
    set { store[slab].open = newValue }
  }
}

/// Taking and giving back places in slabs. O(1); who pays for their frames: `Charging`.
extension ObjectStore where P: ~Copyable {
  func stride(_ size: SlabSize) -> UInt32 {
    switch size {
    case .small: 1
    case .medium: 2
    case .large: 4
    case .thread: UInt32((MemoryLayout<Thread<P>>.size + 63) / 64)
    }
  }

  /// The `live` of a slab without room.
  private func fullMask(_ size: SlabSize) -> UInt64 {
    (1 << UInt64((Granule.perFrame - 1) / stride(size))) - 1
  }

  /// Takes a place in a slab with room.
  ///
  /// - Returns: The place, or none if no slab has room.
  func takePlace(_ size: SlabSize, in set: inout SlabSet) -> AnyObjectID {
    let slab = set.open[Int(size.rawValue)].first
    guard !slab.isNone else { return .none }
    let index = (~self[slab].live).trailingZeroBitCount
    self[slab].live |= 1 << UInt64(index)
    if self[slab].live == fullMask(size) { set.open[Int(size.rawValue)].remove(slab, in: self) }
    return .place(in: slab.frame, at: 1 + UInt32(index) * stride(size))
  }

  /// Makes a frame an empty slab.
  func addSlab(_ frame: FrameNumber, _ size: SlabSize, to set: inout SlabSet) {
    let slab = ObjectID<Slab>.place(in: place(of: frame))
    self[slab] = Slab(size)
    set.open[Int(size.rawValue)].append(slab, in: self)
  }

  /// Gives back a place.
  ///
  /// - Returns: The slab's frame if nothing is left in it: it is a slab no more.
  func releasePlace<Object>(_ object: ObjectID<Object>, in set: inout SlabSet) -> FrameNumber? {
    let slab = ObjectID<Slab>(granule: object.granule & ~(Granule.perFrame - 1))
    let size = self[slab].size
    let index = UInt64((object.granule - slab.granule - 1) / stride(size))
    if self[slab].live == fullMask(size) { set.open[Int(size.rawValue)].append(slab, in: self) }
    self[slab].live &= ~(1 << index)
    guard self[slab].live == 0 else { return nil }
    set.open[Int(size.rawValue)].remove(slab, in: self)
    return number(of: slab.frame)
  }
}
