import Foundation

/// Waiting on, reading and writing file descriptors. The one place of this module where memory is
/// handed to the operating system.
enum Descriptors {
  /// What may happen to a descriptor that is waited on.
  struct Interest {
    let descriptor: Int32
    var wantsToRead = false
    var wantsToWrite = false
  }

  /// Waits until one of `interests` can go on, or until `deadline`.
  ///
  /// - Returns: For each interest whether it is ready (an end or an error counts as ready).
  static func wait(
    for interests: [Interest], until deadline: ContinuousClock.Instant?
  ) -> [Bool] {
    var entries = interests.map { interest in
      pollfd(
        fd: interest.descriptor,
        events: Int16(interest.wantsToRead ? POLLIN : 0)
          | Int16(interest.wantsToWrite ? POLLOUT : 0),
        revents: 0)
    }
    // SAFETY: the array lives through the call, and its own count says how long it is.
    let count = unsafe poll(&entries, nfds_t(entries.count), milliseconds(until: deadline))
    guard count > 0 else { return interests.map { _ in false } }
    return entries.map { $0.revents != 0 }
  }

  /// Reads what is there, waiting for something if nothing is.
  ///
  /// - Returns: nil at the end of the input or on an error.
  static func read(_ descriptor: Int32, atMost limit: Int = 4096) -> [UInt8]? {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      // SAFETY: the buffer has room for `limit` bytes, and `count` is what was filled.
      let result = unsafe Foundation.read(descriptor, buffer.baseAddress, limit)
      count = max(0, result)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// Writes as much of `bytes` as is taken at once.
  ///
  /// - Returns: How many bytes were taken; nil if the other end is gone.
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Int? {
    let result = unsafe bytes.withUnsafeBytes {
      // SAFETY: the pointer and the count are those of the array, which outlives the call.
      unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
    }
    if result >= 0 { return result }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  /// Writes all of `bytes`, waiting as long as it takes.
  static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, let count = write(descriptor, Array(rest)) {
      rest = rest.dropFirst(count)
    }
  }

  /// Makes writes take what fits rather than wait.
  static func makeNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = deadline - ContinuousClock.now
    let milliseconds =
      left.components.seconds * 1000
      + left.components.attoseconds / 1_000_000_000_000_000
    return Int32(max(0, min(milliseconds + 1, 1_000_000)))
  }
}
