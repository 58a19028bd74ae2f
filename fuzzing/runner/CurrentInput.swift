import Foundation

/// (F) The input being run, in a file that outlives the process: after a trap it holds the culprit.
@safe final class CurrentInput {
  private let place: UnsafeMutableRawPointer
  private let byteCount: Int

  /// - Returns: nil if the file cannot be made.
  init?(path: String, mostBytes: Int) {
    byteCount = mostBytes + 8
    let file = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0, ftruncate(file, byteCount) == 0 else { return nil }
    // SAFETY: a fresh mapping of a file of that length.
    let mapped = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { return nil }
    unsafe place = mapped
  }

  func hold(_ bytes: [UInt8]) {
    let count = min(bytes.count, byteCount - 8)
    // SAFETY: the mapping is 8 bytes longer than the longest input that is held.
    unsafe place.storeBytes(of: UInt64(count), as: UInt64.self)
    unsafe bytes.withUnsafeBytes { source in
      guard count > 0, let start = unsafe source.baseAddress else { return }
      unsafe (place + 8).copyMemory(from: start, byteCount: count)
    }
  }
}
