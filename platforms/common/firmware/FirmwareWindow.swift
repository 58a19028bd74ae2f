import KernelHAL
import MnosABI

/// Reads firmware tables through the window on physical memory. Fence: reads memory by its
/// physical address.
///
/// Firmware may put a table, or a wrong pointer, where the window has nothing mapped. So the
/// page tables are asked first.
@safe public struct FirmwareWindow<Format: PageTableFormat>: PhysicalMemoryReader {
  private let base: UInt64
  private let format: Format
  private let root: PhysicalAddress
  private let addressLimit: UInt64

  /// More bytes than any table has.
  private static var byteCountLimit: UInt64 { 16 << 20 }

  /// - Parameters:
  ///   - base: Where physical address 0 appears. All page tables lie in the window.
  ///   - root: The table of the highest level that translates the window's addresses, in use
  ///     as long as this value is.
  ///   - addressWidth: Bits of a physical address, at most 63.
  @unsafe public init(
    base: UInt64, format: Format, root: PhysicalAddress, addressWidth: UInt64
  ) {
    self.base = base
    self.format = format
    self.root = root
    addressLimit = 1 << addressWidth
  }

  @inline(never)
  public func canRead(at address: UInt64, byteCount: UInt64) -> Bool {
    let (end, isWrapped) = address.addingReportingOverflow(byteCount)
    guard !isWrapped, end <= addressLimit, byteCount <= Self.byteCountLimit else { return false }
    var page = address & ~(Limits.pageByteCount - 1)
    while page < end {
      guard isMapped(base &+ page) else { return false }
      page += Limits.pageByteCount
    }
    return true
  }

  /// Whether the page of a virtual address can be read.
  private func isMapped(_ virtual: UInt64) -> Bool {
    var level = format.levelCount - 1
    var table = root.rawValue
    while level >= 0 {
      let index = PageTableWalk.index(of: virtual, atLevel: level)
      // SAFETY: tables in use lie in RAM, all of which the window maps.
      let entry = unsafe load(UInt64.self, at: table &+ index * 8)
      switch format.decode(entry, level: level) {
      case .empty: return false
      case .leaf: return true
      case .table(let next): table = next.rawValue
      }
      level -= 1
    }
    return false
  }

  public func byte(at address: UInt64) -> UInt8 {
    // SAFETY: the protocol's precondition: `canRead` found the page mapped.
    unsafe load(UInt8.self, at: address)
  }

  /// - Parameter address: Physical, aligned, and mapped in the window.
  @unsafe private func load<T: FixedWidthInteger>(_ type: T.Type, at address: UInt64) -> T {
    guard let pointer = unsafe UnsafePointer<T>(bitPattern: UInt(base &+ address)) else {
      return 0
    }
    // SAFETY: the caller's word for it.
    return unsafe pointer.pointee
  }
}
