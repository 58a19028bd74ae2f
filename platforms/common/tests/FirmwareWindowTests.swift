import KernelHAL
import MnosABI
import PlatformCommon
import Testing

/// Three levels; bit 0 of an entry means valid, bit 1 a leaf.
private struct PlainFormat: PageTableFormat {
  var levelCount: Int { 3 }
  var userAddressLimit: UInt64 { 1 << 38 }
  var physicalAddressLimit: UInt64 { 1 << 48 }
  var sharedRootEntries: Range<Int> { 256..<512 }
  func permitsLeaf(atLevel level: Int) -> Bool { true }
  func makeTable(at table: PhysicalAddress) -> UInt64 { table.rawValue | 1 }
  func makeLeaf(at frame: PhysicalAddress, rights: PageRights, level: Int) -> UInt64 {
    frame.rawValue | 3
  }
  func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard entry & 1 != 0 else { return .empty }
    let address = PhysicalAddress(entry & ~0xfff)
    return entry & 2 != 0 ? .leaf(address, .read) : .table(address)
  }
}

/// Physical memory of 8 frames, seen through a window in which its own pages 0 to 3 are
/// mapped. Frame 1 is the root, frames 2 and 3 the tables below it.
@Suite struct FirmwareWindowTests {
  private func withWindow(_ body: (FirmwareWindow<PlainFormat>) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 8 * 4096, alignment: 4096)
    defer { unsafe memory.deallocate() }
    // SAFETY: all offsets are within the 8 frames.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 8 * 4096)
    let base = UInt64(UInt(bitPattern: memory))
    let format = PlainFormat()
    func set(_ table: UInt64, _ index: UInt64, _ entry: UInt64) {
      unsafe memory.storeBytes(of: entry, toByteOffset: Int(table + index * 8), as: UInt64.self)
    }
    func link(page: UInt64) {
      let virtual = base &+ page * 4096
      set(0x1000, virtual >> 30 & 511, format.makeTable(at: PhysicalAddress(0x2000)))
      // The frames may lie across a boundary of 2 MiB: one table serves both sides.
      set(0x2000, virtual >> 21 & 511, format.makeTable(at: PhysicalAddress(0x3000)))
      set(
        0x3000, virtual >> 12 & 511,
        format.makeLeaf(at: PhysicalAddress(page * 4096), rights: .read, level: 0))
    }
    for page in 0..<4 as Range<UInt64> { link(page: page) }
    unsafe memory.storeBytes(of: 0x5a, toByteOffset: 0x3fff, as: UInt8.self)
    // SAFETY: the frames live until the end of this function, the window with them.
    body(
      unsafe FirmwareWindow(
        base: base, format: format, root: PhysicalAddress(0x1000), addressWidth: 40))
  }

  @Test func mappedPagesCanBeRead() {
    withWindow { window in
      #expect(window.canRead(at: 0, byteCount: 4 * 4096))
      #expect(window.canRead(at: 0x3fff, byteCount: 1))
      #expect(window.byte(at: 0x3fff) == 0x5a)
    }
  }

  @Test func pagesThatAreNotMappedCannotBeRead() {
    withWindow { window in
      #expect(!window.canRead(at: 0x3fff, byteCount: 2))
      #expect(!window.canRead(at: 0x4000, byteCount: 1))
    }
  }

  @Test func impossibleRangesCannotBeRead() {
    withWindow { window in
      #expect(!window.canRead(at: .max, byteCount: 2))
      #expect(!window.canRead(at: 1 << 40, byteCount: 1))
      #expect(!window.canRead(at: 0, byteCount: 1 << 32))
    }
  }
}
