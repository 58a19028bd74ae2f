import KernelHAL

/// The non-leaf entries that one simulated CPU remembers from its walks.
///
/// An entry stays until a fence for its whole space: neither a fence for one page nor the news
/// of a new leaf makes the CPU look at it again. RISC-V is that strict; other architectures ask
/// for less.
/// Source: RISC-V Privileged Architecture, "Supervisor Memory-Management Fence Instruction":
/// with rs1 other than x0, only leaf entries are ordered.
public struct SimulatedWalkCache: Sendable {
  /// Whose entry, at which level, and the page's index bits down to that level.
  private struct Key: Hashable {
    let identifier: UInt32
    let level: Int
    let prefix: UInt64

    init(_ page: UInt64, level: Int, identifier: UInt32) {
      self.identifier = identifier
      self.level = level
      prefix = page >> UInt64(12 + 9 * level)
    }
  }

  /// A remembered entry, and the root that it was found from.
  private struct Entry {
    let root: UInt64
    let word: UInt64
  }

  private var entries: [Key: Entry] = [:]

  /// The entry's word as it was when the CPU first walked through it, or nil.
  func word(for page: UInt64, level: Int, identifier: UInt32) -> UInt64? {
    entries[Key(page, level: level, identifier: identifier)]?.word
  }

  mutating func insert(_ word: UInt64, for page: UInt64, level: Int, in space: AddressSpaceTag) {
    entries[Key(page, level: level, identifier: space.identifier)] = Entry(
      root: space.root.rawValue, word: word)
  }

  mutating func drop(identifier: UInt32) {
    entries = entries.filter { $0.key.identifier != identifier }
  }

  mutating func drop(_ space: AddressSpaceTag) {
    entries = entries.filter {
      $0.key.identifier != space.identifier || $0.value.root != space.root.rawValue
    }
  }
}
