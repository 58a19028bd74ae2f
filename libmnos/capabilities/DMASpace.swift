/// An address as a device uses it, in bytes. Only the DMA space that gave it knows what it means.
public struct DeviceAddress: Equatable, Comparable, Sendable {
  public let rawValue: UInt64
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The address so many bytes further on. What was mapped together lies together.
  public func advanced(by byteCount: UInt64) -> DeviceAddress {
    DeviceAddress(rawValue &+ byteCount)
  }
}

/// What a device may do with memory.
public enum DeviceAccess: Sendable {
  case read
  case write
  case readWrite

  var rights: Rights {
    switch self {
    case .read: .read
    case .write: .write
    case .readWrite: .read.union(.write)
    }
  }
}

/// What one device may reach of memory. A driver maps and unmaps; who manages the device ends it.
extension Capability where Kind == DMASpaceKind {
  /// Lets the device reach memory. The frames stay its own until they are unmapped or the space
  /// ends, even if every capability to the memory goes before.
  ///
  /// - Parameters:
  ///   - memory: Made from the space's own budget, contiguous, and no part of another; the
  ///     capability has `manage` beside what the device may do.
  ///   - offset: Where in the memory to begin: whole pages.
  ///   - byteCount: Whole pages; by default all that follows `offset`.
  /// - Returns: The address by which the device reaches the first byte.
  /// - Throws: `noRight`; `badArgument`; `badState` for memory of another budget, a part, or what is
  ///   mapped already; `unavailable` if the device cannot reach so far, or pages do not lie
  ///   together; `noMemory`, `noSlot` if the budget is spent.
  public func map(
    _ memory: borrowing Memory, offset: UInt64 = 0, byteCount: UInt64? = nil,
    access: DeviceAccess = .readWrite
  ) throws(SyscallStatus) -> DeviceAddress {
    var length = byteCount ?? 0
    if byteCount == nil {
      let whole = try memory.byteCount()
      guard offset <= whole else { throw .badArgument }
      length = whole - offset
    }
    return DeviceAddress(
      try SystemCall.invoke(
        .map, memory.argument, argument, 0, word0: offset, word1: length,
        word2: UInt64(access.rights.bits)))
  }

  /// Ends what `map` made, once the device uses it no more: the frames may be given to others.
  ///
  /// - Parameter byteCount: As many as were mapped together.
  /// - Throws: `badState` if nothing was mapped so; `noRight` without `write`.
  public func unmap(at address: DeviceAddress, byteCount: UInt64) throws(SyscallStatus) {
    try SystemCall.invoke(.unmap, argument, address.rawValue, byteCount)
  }

  /// Says that the device is stopped, and cannot write any more: all that was mapped ends, and
  /// nothing can be mapped again.
  ///
  /// - Throws: `noRight` without `manage`; `badState` if that was said before.
  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }

  public func usage() throws(SyscallStatus) -> DMASpaceUsage {
    DMASpaceUsage(words: try query())
  }
}

/// What `query` says about a DMA space.
public struct DMASpaceUsage: Equatable, Sendable {
  /// One past the highest address that its device can use; nil if it can use all.
  public let limit: DeviceAddress?
  public let mappedByteCount: UInt64
  public let mappingCount: UInt64

  init(words: [8 of UInt64]) {
    limit = words[0] == 0 ? nil : DeviceAddress(words[0])
    mappedByteCount = words[1]
    mappingCount = words[2]
  }
}
