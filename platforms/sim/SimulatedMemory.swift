import MnosABI

/// The RAM of a simulated machine: one buffer, owned and freed by this value.
///
/// It starts out full of `poison`, so that memory used without being cleared shows.
@safe struct SimulatedMemory: ~Copyable {
  /// What RAM holds before anyone wrote to it; as a page-table entry it is damaged.
  static let poison: UInt64 = 0xa5a5_a5a5_a5a5_a5a5

  let base: UInt64
  let byteCount: Int
  private let buffer: UnsafeMutableRawPointer

  init(base: UInt64, frameCount: Int) {
    self.base = base
    byteCount = frameCount * Int(Limits.pageByteCount)
    // SAFETY: the buffer is this value's alone until deinit frees it, and every word of
    // it is initialised here.
    unsafe buffer = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: Int(Limits.pageByteCount))
    unsafe buffer.initializeMemory(
      as: UInt64.self, repeating: Self.poison, count: byteCount / 8)
  }

  deinit {
    // SAFETY: allocated in init, freed only here.
    unsafe buffer.deallocate()
  }

  /// Where physical address 0 would be in this process, so that RAM is in the buffer.
  var windowBase: UInt64 {
    // SAFETY: the address is computed with, not read through.
    unsafe UInt64(UInt(bitPattern: buffer)) &- base
  }

  /// Whether all of the `count` bytes at `address` are RAM.
  func contains(_ address: UInt64, count: UInt64 = 8) -> Bool {
    guard address >= base else { return false }
    let offset = address - base
    return offset <= UInt64(byteCount) && count <= UInt64(byteCount) - offset
  }

  /// Another memory with the same content.
  borrowing func copy() -> SimulatedMemory {
    let other = SimulatedMemory(base: base, frameCount: byteCount / Int(Limits.pageByteCount))
    // SAFETY: both buffers have `byteCount` bytes and do not overlap.
    unsafe other.buffer.copyMemory(from: buffer, byteCount: byteCount)
    return other
  }

  /// Whether the `count` bytes at `address`, multiples of 64 both, are all 0.
  func isClear(at address: UInt64, count: UInt64) -> Bool {
    precondition(contains(address, count: count) && address % 64 == 0 && count % 64 == 0)
    var offset = Int(address - base)
    let end = offset + Int(count)
    while offset < end {
      // SAFETY: the range is in the buffer, checked above, which is aligned to a page.
      let words = unsafe buffer.load(fromByteOffset: offset, as: SIMD8<UInt64>.self)
      if words != .zero { return false }
      offset += 64
    }
    return true
  }

  func readWord(at address: UInt64) -> UInt64 {
    precondition(contains(address))
    // SAFETY: the eight bytes are in the buffer, checked above.
    return unsafe buffer.loadUnaligned(
      fromByteOffset: Int(address - base), as: UInt64.self)
  }

  func writeWord(_ value: UInt64, at address: UInt64) {
    precondition(contains(address))
    // SAFETY: the eight bytes are in the buffer, checked above.
    unsafe buffer.storeBytes(of: value, toByteOffset: Int(address - base), as: UInt64.self)
  }

  func readByte(at address: UInt64) -> UInt8 {
    precondition(contains(address, count: 1))
    // SAFETY: the byte is in the buffer, checked above.
    return unsafe buffer.load(fromByteOffset: Int(address - base), as: UInt8.self)
  }

  func writeByte(_ value: UInt8, at address: UInt64) {
    precondition(contains(address, count: 1))
    // SAFETY: the byte is in the buffer, checked above.
    unsafe buffer.storeBytes(of: value, toByteOffset: Int(address - base), as: UInt8.self)
  }

  /// A hash of the `count` bytes at `address`, a multiple of 8.
  func digest(at address: UInt64, count: UInt64) -> UInt64 {
    precondition(contains(address, count: count) && count % 8 == 0)
    // SAFETY: the range is in the buffer, checked above.
    let words = unsafe UnsafeRawBufferPointer(
      start: buffer + Int(address - base), count: Int(count))
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var offset = 0
    while offset < words.count {
      // SAFETY: `offset` is a multiple of 8 below the count, which is one too.
      hash =
        unsafe (hash ^ words.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        &* 0x100_0000_01b3
      hash ^= hash >> 29
      offset += 8
    }
    return hash
  }
}
