/// Where a process's image, stacks and mappings lie, each at random inside its part.
///
/// All ends fit the smallest user address space of the four architectures: riscv64's Sv39,
/// 2^38 bytes.
public enum AddressLayout {
  public static var images: Range<UInt64> { 0x1_0000_0000..<0x10_0000_0000 }
  public static var stacks: Range<UInt64> { 0x10_0000_0000..<0x20_0000_0000 }
  public static var mappings: Range<UInt64> { 0x20_0000_0000..<0x38_0000_0000 }
  /// Bytes that a process maps at most, in one run of addresses.
  public static var mappingByteCount: UInt64 { 0x4_0000_0000 }

  /// A multiple of `alignment` from which `byteCount` bytes fit into `range`.
  ///
  /// - Precondition: they do fit.
  public static func place(
    _ byteCount: UInt64, alignment: UInt64, in range: Range<UInt64>,
    using random: inout RandomState
  ) -> UInt64 {
    let room = range.upperBound - range.lowerBound - byteCount - alignment
    let start = range.lowerBound + random.next() % room
    return (start + alignment - 1) & ~(alignment - 1)
  }
}

/// SplitMix64: spreads one seed over many numbers. Not for secrets.
public struct RandomState: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
