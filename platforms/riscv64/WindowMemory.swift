import KernelHAL
import MnosABI
import PlatformCommon
import RISCVShims

/// Reads firmware tables through the kernel's window on physical memory. Fence: reads
/// memory by its physical address.
///
/// Firmware may put a table, or a wrong pointer, where the window has nothing mapped. So the
/// page tables in use are asked first.
@safe struct WindowMemory: PhysicalMemoryReader {
  private let windowBase: UInt64
  private let format: RISCVPageTableFormat

  /// - Parameter windowBase: Where physical address 0 appears; page tables lie in the window.
  @unsafe init(windowBase: UInt64, format: RISCVPageTableFormat) {
    self.windowBase = windowBase
    self.format = format
  }

  func canRead(at address: UInt64, byteCount: UInt64) -> Bool {
    let (end, isWrapped) = address.addingReportingOverflow(byteCount)
    guard !isWrapped, end <= 1 << 56, byteCount <= 16 << 20 else { return false }
    var page = address & ~(Limits.pageByteCount - 1)
    while page < end {
      guard isMapped(windowBase &+ page) else { return false }
      page += Limits.pageByteCount
    }
    return true
  }

  private func isMapped(_ virtual: UInt64) -> Bool {
    var level = format.levelCount - 1
    var table = TranslationControl.root(of: mnos_riscv_read_satp())
    while level >= 0 {
      let index = virtual >> UInt64(12 + 9 * level) & 511
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

  func byte(at address: UInt64) -> UInt8 {
    // SAFETY: the protocol's precondition: `canRead` found the page mapped.
    unsafe load(UInt8.self, at: address)
  }

  /// - Parameter address: Physical, aligned, and mapped in the window.
  @unsafe private func load<T: FixedWidthInteger>(_ type: T.Type, at address: UInt64) -> T {
    guard let pointer = unsafe UnsafePointer<T>(bitPattern: UInt(windowBase &+ address)) else {
      return 0
    }
    // SAFETY: the caller's word for it.
    return unsafe pointer.pointee
  }
}
