import MnosABI

/// A run of page frames, or a part of one derived from it.
///
/// The frames belong to the object that was created; a derived one keeps its parent alive.
/// They stay charged to the creator's budget until the last capability to any part is gone.
public struct MemoryObject: BitwiseCopyable {
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
  /// Physical address and bytes, both multiples of the page size.
  let base: UInt64
  let byteCount: UInt64
  let kind: Kind
  /// Whether pages are mapped as device registers; a part is what its whole is.
  let isDevice: Bool
  let parent: MemoryID
  /// Capabilities to it, and parts derived from it.
  var referenceCount: UInt32 = 0
  let budget: BudgetID
}

/// Pages of one process that show a memory object.
///
/// It ends with the capability it was made through.
public struct Mapping: BitwiseCopyable {
  let process: ProcessID
  let slot: SlotID
  let address: UInt64
  let pageCount: UInt64
  /// Physical address of the first page.
  let base: UInt64
  var rights: Rights
  let isDevice: Bool
  /// Pages `0..<mappedCount` are in the page table.
  var mappedCount: UInt64 = 0
  /// The thread whose work is on this mapping, or none.
  var worker = ThreadID.none
  // Lists: through the slot, and of the process.
  var nextOfSlot = MappingID.none
  var previousOfSlot = MappingID.none
  var nextOfProcess = MappingID.none
  var previousOfProcess = MappingID.none

  var end: UInt64 { address + pageCount * Limits.pageByteCount }
}
