import KernelHAL
import MnosABI

/// Words of records in user memory, reached through the page tables and the physical window.
///
/// A user address is a claim: every access checks that it is mapped for that use, in RAM.
extension Kernel where P: ~Copyable {
  /// Reads a word of a process's memory.
  ///
  /// - Throws: `badPointer` unless `address` is 8-byte aligned and readable.
  mutating func readWord(at address: UInt64, in process: ProcessID) throws(Failure) -> UInt64 {
    window.load(try resolve(address, needing: .read, in: process), as: UInt64.self)
  }

  /// Writes a word of a process's memory.
  ///
  /// - Throws: `badPointer` unless `address` is 8-byte aligned and writable.
  mutating func writeWord(_ word: UInt64, at address: UInt64, in process: ProcessID) throws(Failure)
  {
    window.store(word, at: try resolve(address, needing: .write, in: process))
  }

  /// Checks that `count` words at `address` can all be accessed.
  ///
  /// - Throws: `badPointer`. Cost: one walk per page.
  mutating func checkWords(
    at address: UInt64, count: UInt64, needing rights: PageRights, in process: ProcessID
  ) throws(Failure) {
    guard count > 0 else { return }
    let (last, overflow) = address.addingReportingOverflow(count * 8 - 8)
    guard !overflow else { throw .badPointer }
    var page = address & ~(Limits.pageByteCount - 1)
    _ = try resolve(address, needing: rights, in: process)
    while page < last & ~(Limits.pageByteCount - 1) {
      page += Limits.pageByteCount
      _ = try resolve(page, needing: rights, in: process)
    }
  }

  private mutating func resolve(
    _ address: UInt64, needing rights: PageRights, in process: ProcessID
  ) throws(Failure) -> UInt64 {
    guard address & 7 == 0,
      let frame = translate(address & ~(Limits.pageByteCount - 1), needing: rights, in: process)
    else { throw .badPointer }
    return frame | (address & (Limits.pageByteCount - 1))
  }
}
