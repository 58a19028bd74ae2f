/// A process's capabilities: a frame of chunk numbers, each chunk a frame of 64 slots.
///
/// Look-up is two loads and a compare whatever the table holds. Chunks are added where a
/// slot is named, or at the first gap when the free list is empty; all go back when the
/// process ends.
public struct CapabilityTable: BitwiseCopyable {
  /// The frame of 1,024 chunk frame numbers.
  let directory: FrameNumber
  var chunkCount: UInt16 = 0
  /// No gap is below this chunk.
  var firstGap: UInt16 = 0
  /// First free slot.
  var freeHead = SlotID.none
  var freeCount: UInt32 = 0
  /// Slots that are not free.
  var usedCount: UInt32 = 0

  init(directory: FrameNumber) { self.directory = directory }

  static var chunkLimit: UInt16 { 1024 }

  /// The slot at `index`, or none if no chunk holds it.
  @inline(__always)
  func slot(at index: UInt16, in window: PhysicalWindow) -> SlotID {
    let chunk = window.load(
      UInt64(directory) << 12 &+ UInt64(index >> 6) &* 4, as: FrameNumber.self)
    guard chunk != 0 else { return .none }
    return SlotID(granule: chunk &* Granule.perFrame &+ UInt32(index & 63))
  }
}
