/// Which two scalars compose into one: sorted words of 64 bits, each the first scalar, the
/// second and the composed one, 21 bits each, the first one uppermost; before them how many.
@safe public struct CompositionTable {
  private let start: UnsafeRawPointer

  /// - Parameter start: A table as the build writes it, on a multiple of 8, never freed.
  @unsafe public init(at start: UnsafeRawPointer) { unsafe self.start = start }

  /// What `first` and `second` compose into, if anything.
  public func composition(of first: UInt32, and second: UInt32) -> UInt32? {
    guard first <= 0x10ffff, second <= 0x10ffff else { return nil }
    let pair = UInt64(first) << 21 | UInt64(second)
    var low = 0
    var high = Int(truncatingIfNeeded: word(0))
    while low < high {
      let middle = (low + high) / 2
      let entry = word(1 + middle)
      if entry >> 21 == pair { return UInt32(truncatingIfNeeded: entry & 0x1f_ffff) }
      if entry >> 21 < pair { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func word(_ index: Int) -> UInt64 {
    // SAFETY: the build wrote as many words as the first one says.
    unsafe start.load(fromByteOffset: 8 * index, as: UInt64.self)
  }
}
