/// The memory that holds what the kernel is told, filled from its beginning.
public struct ResponseArena: ~Copyable, ~Escapable {
  private var memory: MutableSpan<UInt8>
  private let base: UInt64
  private var used = 0

  /// - Parameters:
  ///   - memory: Zeroed.
  ///   - base: Address of `memory` as the kernel sees it; a multiple of 8.
  @_lifetime(copy memory)
  public init(_ memory: consuming MutableSpan<UInt8>, at base: UInt64) {
    self.memory = memory
    self.base = base
  }

  /// Sets `byteCount` zeroed bytes aside, on a multiple of 8, and returns their address.
  public mutating func reserve(_ byteCount: Int) throws(LoaderFailure) -> UInt64 {
    let start = (used + 7) & ~7
    guard byteCount >= 0, byteCount <= memory.count, start <= memory.count - byteCount else {
      throw LoaderFailure(
        "what the kernel must be told does not fit; bytes", value: UInt64(memory.count))
    }
    used = start + byteCount
    return base + UInt64(start)
  }

  /// Stores a number of `byteCount` bytes at an address that `reserve` returned or one in it.
  public mutating func store(_ value: UInt64, at address: UInt64, byteCount: Int = 8) {
    guard address >= base, address - base <= UInt64(memory.count) else { return }
    memory.store(value, at: Int(address - base), byteCount: byteCount)
  }

  /// Places up to four words and returns their address.
  public mutating func words(
    _ first: UInt64, _ second: UInt64, _ third: UInt64 = 0, _ fourth: UInt64 = 0
  ) throws(LoaderFailure) -> UInt64 {
    let address = try reserve(32)
    store(first, at: address)
    store(second, at: address + 8)
    store(third, at: address + 16)
    store(fourth, at: address + 24)
    return address
  }

  /// Places a copy of `range` of `bytes`, with a zero at its end, and returns its address.
  public mutating func text(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(LoaderFailure) -> UInt64 {
    let address = try reserve(range.count + 1)
    var place = Int(address - base)
    for index in range {
      memory[place] = bytes[index]
      place += 1
    }
    return address
  }

  /// Places a path, with a zero at its end, and returns its address.
  public mutating func text(_ path: BootPath) throws(LoaderFailure) -> UInt64 {
    let address = try reserve(path.byteCount + 1)
    for index in 0..<path.byteCount {
      memory[Int(address - base) + index] = path[index]
    }
    return address
  }
}
