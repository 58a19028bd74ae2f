/// The threads of this process, by their stacks, so that the end of the program can end
/// them all. Pure: handles are numbers to it.
struct ThreadRegistry {
  /// Threads of one program at a time.
  static var capacity: Int { 64 }

  struct Entry: Equatable {
    var thread = Handle.none
    var stackBase: UInt64 = 0
    var stackEnd: UInt64 = 0
  }

  private var entries: [64 of Entry] = .init(repeating: Entry())
  private(set) var count = 0

  /// - Precondition: `0 <= index < count`.
  subscript(index: Int) -> Entry { entries[index] }

  /// - Returns: false if there is no place left.
  mutating func add(_ entry: Entry) -> Bool {
    guard count < Self.capacity else { return false }
    entries[count] = entry
    count += 1
    return true
  }

  mutating func remove(_ thread: Handle) {
    for index in 0..<count where entries[index].thread == thread {
      count -= 1
      entries[index] = entries[count]
      return
    }
  }

  /// The place of the thread whose stack holds `address`; nil for a thread that is not here.
  func index(ofStackAt address: UInt64) -> Int? {
    for index in 0..<count
    where entries[index].stackBase <= address && address < entries[index].stackEnd {
      return index
    }
    return nil
  }
}
