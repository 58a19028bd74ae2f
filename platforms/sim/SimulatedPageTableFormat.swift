import KernelHAL
import MnosABI

/// Page tables laid out like no real machine's, so that no portable code fits by luck.
///
/// Bits 62-63 say what an entry is (0 empty, 1 table, 2 leaf), 48-54 a leaf's rights in an
/// order of their own, 40-47 a check of the rest, 0-39 the frame number, scrambled. An
/// entry that is not all zero and fails its check was never written as an entry.
///
/// A user page that can be written or executed can be read, because real tables cannot say
/// otherwise: none of the machines has a page for writing alone, and on x86-64 whatever is
/// present can be read (Intel SDM vol. 3A §4.6.1). So a kernel that maps a page for writing
/// or executing alone gives away more than it was asked for, and tests see it.
public struct SimulatedPageTableFormat: PageTableFormat {
  public let levelCount: Int
  public let sharedRootEntries: Range<Int>
  /// The highest level at which a leaf may stand.
  public let highestLeafLevel: Int

  /// - Parameters:
  ///   - levelCount: 3 to 5.
  ///   - sharesRoot: Whether the upper half of the root is the kernel's, as on x86, or
  ///     the kernel has a root register of its own, as on Arm.
  public init(levelCount: Int = 3, sharesRoot: Bool = true, highestLeafLevel: Int = 1) {
    self.levelCount = levelCount
    self.highestLeafLevel = highestLeafLevel
    sharedRootEntries = sharesRoot ? 256..<512 : 0..<0
  }

  public var userAddressLimit: UInt64 { 1 << (12 + 9 * UInt64(levelCount) - 1) }

  /// Frame numbers have 40 bits in an entry.
  public var physicalAddressLimit: UInt64 { 1 << 52 }

  public func permitsLeaf(atLevel level: Int) -> Bool {
    level >= 0 && level <= highestLeafLevel
  }

  public func makeTable(at table: PhysicalAddress) -> UInt64 {
    Self.seal(1 << 62 | Self.scramble(table))
  }

  public func makeLeaf(at frame: PhysicalAddress, rights: PageRights, level: Int) -> UInt64 {
    precondition(permitsLeaf(atLevel: level), "a leaf at a level that has none")
    precondition(
      frame.rawValue & (Limits.pageByteCount << (9 * UInt64(level)) - 1) == 0,
      "a leaf that is not aligned to its size")
    precondition(
      !rights.includes(.write.union(.execute)), "a leaf both writable and executable")
    precondition(
      !rights.includes(.device.union(.writeCombining)), "a leaf uncached in two ways")
    return Self.leaf(at: frame, anyRights: Self.withImplied(rights))
  }

  /// An entry that no kernel may make: for tests of those who look for such.
  public static func leaf(at frame: PhysicalAddress, anyRights rights: PageRights) -> UInt64 {
    let bits = rights.bits
    return Self.seal(2 << 62 | UInt64(Self.reverse(bits)) << 48 | Self.scramble(frame))
  }

  public func decode(_ entry: UInt64, level: Int) -> PageTableEntry {
    guard !isDamaged(entry) else { return .empty }
    switch entry >> 62 {
    case 1: return level > 0 ? .table(Self.unscramble(entry)) : .empty
    case 2:
      guard permitsLeaf(atLevel: level) else { return .empty }
      let rights = PageRights(bits: Self.reverse(UInt8(entry >> 48 & 0x7f)))
      return .leaf(Self.unscramble(entry), rights)
    default: return .empty
    }
  }

  /// Whether `entry` is something that neither a cleared frame nor this format has.
  public func isDamaged(_ entry: UInt64) -> Bool {
    entry != 0 && Self.seal(entry) != entry
  }

  private static let mask: UInt64 = 0x5a_c396_3ca5

  private static func scramble(_ address: PhysicalAddress) -> UInt64 {
    precondition(address.rawValue >> 52 == 0, "a physical address of more than 52 bits")
    precondition(address.rawValue & 0xfff == 0, "a table or leaf inside a frame")
    return address.rawValue >> 12 ^ mask
  }

  private static func unscramble(_ entry: UInt64) -> PhysicalAddress {
    PhysicalAddress(((entry & 0xff_ffff_ffff) ^ mask) << 12)
  }

  /// The rights that a page has when it is given these.
  private static func withImplied(_ rights: PageRights) -> PageRights {
    guard rights.includes(.user) else { return rights }
    let isReadable = rights.includes(.write) || rights.includes(.execute)
    return isReadable ? rights.union(.read) : rights
  }

  /// The seven bits of page rights in reverse order.
  private static func reverse(_ bits: UInt8) -> UInt8 {
    precondition(bits < 128, "page rights that nobody defined")
    var result: UInt8 = 0
    for bit in 0..<7 where bits & 1 << UInt8(bit) != 0 { result |= 1 << UInt8(6 - bit) }
    return result
  }

  /// `entry` with its check bits right.
  private static func seal(_ entry: UInt64) -> UInt64 {
    let bare = entry & ~(0xff << 40)
    var folded = bare ^ bare >> 32
    folded ^= folded >> 16
    folded ^= folded >> 8
    return bare | ((folded & 0xff) ^ 0x3c) << 40
  }
}
