/// Bytes in order, first in first out, in a fixed amount of memory.
struct ByteRing {
  private var storage: [UInt8]
  private var start = 0
  private(set) var count = 0

  init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == storage.count }

  /// - Precondition: The ring is not full.
  mutating func append(_ byte: UInt8) {
    storage[(start + count) % storage.count] = byte
    count += 1
  }

  /// - Precondition: The ring is not empty.
  mutating func removeLast() { count -= 1 }

  /// - Precondition: `index` is less than `count`.
  subscript(index: Int) -> UInt8 { storage[(start + index) % storage.count] }

  /// - Precondition: `number` is at most `count`.
  mutating func removeFirst(_ number: Int) {
    start = (start + number) % storage.count
    count -= number
  }
}
