import KernelHAL
import MnosABI

/// The translations that one simulated CPU remembers.
///
/// Nothing leaves it but by a flush that the kernel asked for. A look-up sees the
/// identifier and the page only, as in real hardware; a flush takes away only what was
/// filled through the address space that it names, so a wrong tag flushes nothing.
public struct SimulatedTranslationBuffer: Sendable {
  /// What a translation is found by.
  public struct Key: Hashable, Sendable {
    public let identifier: UInt32
    public let page: UInt64
  }

  /// A remembered translation.
  public struct Entry: Equatable, Sendable {
    /// The root through which it was found.
    public let root: UInt64
    /// The page's frame; nil if the page was found unmapped.
    public let frame: UInt64?
    public let rights: PageRights
  }

  public private(set) var entries: [Key: Entry] = [:]

  func entry(identifier: UInt32, page: UInt64) -> Entry? {
    entries[Key(identifier: identifier, page: page)]
  }

  mutating func insert(_ entry: Entry, identifier: UInt32, page: UInt64) {
    entries[Key(identifier: identifier, page: page)] = entry
  }

  mutating func drop(identifier: UInt32) {
    entries = entries.filter { $0.key.identifier != identifier }
  }

  mutating func drop(_ space: AddressSpaceTag) {
    entries = entries.filter {
      $0.key.identifier != space.identifier || $0.value.root != space.root.rawValue
    }
  }

  mutating func drop(page: UInt64, in space: AddressSpaceTag) {
    let key = Key(identifier: space.identifier, page: page)
    if entries[key]?.root == space.root.rawValue { entries[key] = nil }
  }

  /// Drops what says that pages in a range are not mapped.
  mutating func dropEmpty(_ pages: Range<UInt64>, in space: AddressSpaceTag) {
    entries = entries.filter {
      $0.key.identifier != space.identifier || $0.value.root != space.root.rawValue
        || $0.value.frame != nil || !pages.contains($0.key.page)
    }
  }
}
