import KernelHAL
import MnosABI

/// A page that the kernel said it had added, as it was when it last said so.
struct AnnouncedPage: Sendable {
  let frame: UInt64
  var rights: PageRights
  /// A hash of the frame when its code was published; nil if it never was.
  var published: UInt64?
}

/// What instruction fetch sees: the code that was published, and no later store to it.
///
/// User code that writes to a frame by one mapping and runs it by another has to make the code
/// visible itself, so a frame with a writable mapping may change without the kernel's doing.
extension SimulatedPlatform {
  /// A page of a space, by the root of its tables.
  struct PageKey: Hashable {
    let root: UInt64
    let page: UInt64
  }

  /// Notes pages that were added, and publishes those that hold code.
  mutating func announce(_ pages: Range<UInt64>, in space: AddressSpaceTag) {
    var page = pages.lowerBound
    while page < pages.upperBound {
      let key = PageKey(root: space.root.rawValue, page: page)
      announced[key] = nil
      if case .leaf(let frame, let rights) = walk(page, root: key.root) {
        announced[key] = AnnouncedPage(frame: frame, rights: rights)
        if rights.includes(.execute) { publish(frame) }
      }
      page += Limits.pageByteCount
    }
  }

  private mutating func publish(_ frame: UInt64) {
    guard isRAM(frame), !neglects(.codePublication) else { return }
    let digest = digest(ofFrame: frame)
    for (key, page) in announced where page.frame == frame { announced[key]?.published = digest }
  }

  /// Takes over what the tables say of a page whose old translation was dropped.
  mutating func reviseAnnouncement(of page: UInt64, in space: AddressSpaceTag) {
    let key = PageKey(root: space.root.rawValue, page: page)
    guard let known = announced[key] else { return }
    guard case .leaf(let frame, let rights) = walk(page, root: key.root), frame == known.frame
    else {
      announced[key] = nil
      return
    }
    announced[key]?.rights = rights
  }

  /// Reports code that is not what was published, unless user code may have changed it.
  mutating func checkPublication(of key: PageKey) {
    guard let page = announced[key], isMapped(key, page, with: .execute), isRAM(page.frame)
    else { return }
    let digest = digest(ofFrame: page.frame)
    guard page.published != digest else { return }
    // Its writable mapping may be gone since it was stored to.
    let isChangedByUser = storedTo.contains(page.frame) || isWritableByUser(page.frame)
    if page.published == nil || !isChangedByUser {
      report(.codeNotPublished(frame: page.frame))
    }
    announced[key]?.published = digest
  }

  mutating func checkAllPublications() {
    for (key, page) in announced where page.published != nil { checkPublication(of: key) }
    storedTo = []
  }

  private func isWritableByUser(_ frame: UInt64) -> Bool {
    announced.contains { $0.value.frame == frame && isMapped($0.key, $0.value, with: .write) }
  }

  private func isMapped(_ key: PageKey, _ page: AnnouncedPage, with right: PageRights) -> Bool {
    guard case .leaf(let frame, let rights) = walk(key.page, root: key.root) else { return false }
    return frame == page.frame && rights.includes(right)
  }

  private func isRAM(_ frame: UInt64) -> Bool {
    memory.contains(frame, count: Limits.pageByteCount)
  }
}
