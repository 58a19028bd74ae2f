import Libmnos

/// What a client of a file server lends with one request: up to two arrays. As the kernel does, it
/// refuses what the lease does not allow, and what is not there.
public final class TestLender: FileLender {
  public private(set) var bytes: [[UInt8]]
  private let access: LeaseAccess
  /// How many bytes of each are there, and what a server is told that reaches for more. It has got,
  /// or given, the rest then.
  private let reachable: Int
  private let failure: SyscallStatus

  public init(
    _ bytes: [[UInt8]], _ access: LeaseAccess, failure: SyscallStatus = .ok, reachable: Int = 0
  ) {
    self.bytes = bytes
    self.access = access
    self.failure = failure
    self.reachable = failure == .ok ? .max : reachable
  }

  public func byteCount(_ lease: Int, for wanted: LeaseAccess) -> UInt64 {
    lease < bytes.count && access.includes(wanted) ? UInt64(bytes[lease].count) : 0
  }

  public func read(
    _ lease: Int, at offset: UInt64, into target: inout MutableSpan<UInt8>
  ) throws(SyscallStatus) {
    let count = try check(lease, offset, target.count, .read)
    for index in 0..<count { target[index] = bytes[lease][Int(offset) + index] }
    guard count == target.count else { throw failure }
  }

  public func write(
    _ source: Span<UInt8>, to lease: Int, at offset: UInt64
  ) throws(SyscallStatus) {
    let count = try check(lease, offset, source.count, .write)
    for index in 0..<count { bytes[lease][Int(offset) + index] = source[index] }
    guard count == source.count else { throw failure }
  }

  /// - Returns: How many of `count` bytes are there.
  private func check(
    _ lease: Int, _ offset: UInt64, _ count: Int, _ wanted: LeaseAccess
  ) throws(SyscallStatus) -> Int {
    guard lease < bytes.count, Int(offset) + count <= bytes[lease].count else {
      throw .badArgument
    }
    guard access.includes(wanted) else { throw .noRight }
    return max(0, min(count, reachable - Int(offset)))
  }
}
