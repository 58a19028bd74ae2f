import PlatformTesting

/// Makes inputs from others by a seed: the same seed and inputs, the same results.
public struct FuzzMutator {
  private var random: SeededGenerator
  /// Inputs to take parts from.
  private let pool: [[UInt8]]

  public init(seed: UInt64, pool: [[UInt8]]) {
    random = SeededGenerator(seed: seed)
    self.pool = pool
  }

  /// An input of the pool with one to four changes, at most `limit` bytes long.
  public mutating func next(for target: FuzzTarget) -> [UInt8] {
    let start = pool.isEmpty ? [] : pool[Int.random(in: 0..<pool.count, using: &random)]
    return mutated(start, for: target, limit: target.mostBytes)
  }

  public mutating func mutated(
    _ bytes: [UInt8], for target: FuzzTarget, limit: Int
  ) -> [UInt8] {
    var result = bytes
    let headers = target.headers(bytes).filter { !$0.isEmpty }
    for _ in 0..<Int.random(in: 1...4, using: &random) { change(&result, headers) }
    if result.count > limit { result.removeLast(result.count - limit) }
    return result
  }

  private mutating func change(_ bytes: inout [UInt8], _ headers: [Range<Int>]) {
    guard !bytes.isEmpty else {
      bytes = (0..<Int.random(in: 1...64, using: &random)).map { _ in byte() }
      return
    }
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<6: setField(&bytes, headers)
    case 6, 7: bytes[place(in: bytes, headers)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 8, 9: bytes[place(in: bytes, headers)] = byte()
    case 10: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
    case 11: bytes.removeSubrange(part(of: bytes, most: 64))
    case 12: repeatPart(of: &bytes)
    case 13: copyPart(of: &bytes)
    default: splice(&bytes)
    }
  }

  private mutating func byte() -> UInt8 { .random(in: .min ... .max, using: &random) }

  /// A place in a header, half of the time.
  private mutating func place(in bytes: [UInt8], _ headers: [Range<Int>]) -> Int {
    if Bool.random(using: &random), let header = headers.randomElement(using: &random),
      header.lowerBound < bytes.count
    {
      return Int.random(
        in: header.lowerBound..<min(header.upperBound, bytes.count), using: &random)
    }
    return Int.random(in: 0..<bytes.count, using: &random)
  }

  /// A part of at most `most` bytes, and at least one.
  private mutating func part(of bytes: [UInt8], most: Int) -> Range<Int> {
    let start = Int.random(in: 0..<bytes.count, using: &random)
    return start..<start + Int.random(in: 1...min(most, bytes.count - start), using: &random)
  }

  /// Writes a number of 1, 2, 4 or 8 bytes with an edge in it, of either byte order.
  private mutating func setField(_ bytes: inout [UInt8], _ headers: [Range<Int>]) {
    let width = 1 << Int.random(in: 0..<4, using: &random)
    guard bytes.count >= width else { return }
    // Fields mostly lie on their own boundary, or on one of 4 bytes.
    let step = min(width, 4)
    let start = min(place(in: bytes, headers) / step * step, bytes.count - width)
    let isBigEndian = Bool.random(using: &random)
    func index(_ position: Int) -> Int { start + (isBigEndian ? width - 1 - position : position) }
    let old = (0..<width).reduce(0 as UInt64) { $0 | UInt64(bytes[index($1)]) << UInt64(8 * $1) }
    let value = edge(near: old, width: width, count: bytes.count)
    for position in 0..<width {
      bytes[index(position)] = UInt8(truncatingIfNeeded: value >> UInt64(8 * position))
    }
  }

  private mutating func edge(near old: UInt64, width: Int, count: Int) -> UInt64 {
    let most = UInt64.max >> UInt64(64 - 8 * width)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return 0
    case 1: return UInt64.random(in: 1...3, using: &random)
    case 2: return most &- UInt64.random(in: 0...3, using: &random)
    case 3: return (most >> 1) &+ UInt64.random(in: 0...1, using: &random)
    case 4: return old &+ UInt64.random(in: 1...2, using: &random)
    case 5: return old &- UInt64.random(in: 1...2, using: &random)
    case 6: return UInt64(count) &+ UInt64.random(in: 0...8, using: &random) &- 4
    default:
      let bit = UInt64.random(in: 0..<UInt64(8 * width), using: &random)
      return (1 << bit) &+ UInt64.random(in: 0...2, using: &random) &- 1
    }
  }

  private mutating func repeatPart(of bytes: inout [UInt8]) {
    let part = Array(bytes[part(of: bytes, most: 512)])
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes.insert(contentsOf: part, at: Int.random(in: 0...bytes.count, using: &random))
    }
  }

  /// Copies a part over another.
  private mutating func copyPart(of bytes: inout [UInt8]) {
    let part = Array(bytes[part(of: bytes, most: 64)])
    let start = Int.random(in: 0...bytes.count - part.count, using: &random)
    bytes.replaceSubrange(start..<start + part.count, with: part)
  }

  /// Puts the end of another input behind the beginning of this one.
  private mutating func splice(_ bytes: inout [UInt8]) {
    guard let other = pool.randomElement(using: &random), !other.isEmpty else { return }
    let cut = Int.random(in: 0...min(bytes.count, other.count), using: &random)
    bytes = Array(bytes[..<cut] + other[cut...])
  }
}
