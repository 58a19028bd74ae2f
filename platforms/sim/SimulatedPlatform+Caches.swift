import KernelHAL
import MnosABI

/// Caches: what goes past them must have been written back, and must not be stored to through the
/// kernel's window.
///
/// The machine does not see the kernel's stores. It remembers what a frame held when it was flushed
/// and after every store that went past the caches, and looks whether it still does whenever user
/// code accesses it that way.
extension SimulatedPlatform {
  public mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64) {
    guard (base.rawValue | byteCount) & (Limits.pageByteCount - 1) == 0,
      memory.contains(base.rawValue, count: byteCount)
    else { return report(.flushOutsideMemory(base.rawValue)) }
    guard !neglects(.cacheFlush) else { return }
    var frame = base.rawValue
    while frame < base.rawValue + byteCount {
      flushed[frame] = digest(ofFrame: frame)
      frame += Limits.pageByteCount
    }
  }

  /// Reports memory that user code accesses past the caches while these may hold something else.
  mutating func checkCaches(of frame: UInt64, rights: PageRights) {
    guard memory.contains(frame, count: Limits.pageByteCount) else { return }
    guard rights.includes(.writeCombining) else {
      // From now on the caches hold it.
      flushed[frame] = nil
      return
    }
    let digest = digest(ofFrame: frame)
    if flushed[frame] != digest { report(.cacheNotFlushed(frame: frame)) }
    flushed[frame] = digest
  }

  /// A device writes a word of RAM, past the caches.
  public mutating func storeByDevice(_ value: UInt64, at address: UInt64) {
    memory.writeWord(value, at: address)
    noteStorePastCaches(at: address)
  }

  /// Takes over a store that went past the caches.
  mutating func noteStorePastCaches(at address: UInt64) {
    let frame = address & ~(Limits.pageByteCount - 1)
    if flushed[frame] != nil { flushed[frame] = digest(ofFrame: frame) }
  }
}
