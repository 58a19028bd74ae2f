/// (F) Memory that this process sees at an address of its own, until the value ends.
@frozen @safe public struct MappedMemory: ~Copyable {
  /// Of the memory. A plain number, because the compiler boxes what is borrowed by a span,
  /// and cannot box a generic noncopyable type.
  private let handle: Handle
  public let address: UInt64
  public let byteCount: Int
  public let isWritable: Bool

  /// Maps whole pages of `memory`, at a free address.
  ///
  /// - Parameters:
  ///   - rights: `read`, or `read` and `write`.
  ///   - offset: Where in the memory to begin: whole pages.
  ///   - byteCount: By default all that follows `offset`.
  /// - Throws: `noRight`; `badArgument`; `noMemory` for page tables; `unavailable` on the
  ///   host. The capability is deleted then.
  public init(
    _ memory: consuming Memory, rights: Rights = Rights.read.union(.write), offset: UInt64 = 0,
    byteCount: UInt64? = nil
  ) throws(SyscallStatus) {
    let whole = try memory.byteCount()
    guard offset <= whole else { throw .badArgument }
    let byteCount = try Pages.roundUp(byteCount ?? (whole - offset))
    let handle = memory.handle
    address = try OwnProcess.withLock { (state) throws(SyscallStatus) in
      guard let address = state.reserveAddresses(byteCount: byteCount) else { throw .noSlot }
      do throws(SyscallStatus) {
        try SystemCall.invoke(
          .map, UInt64(handle.rawValue), 0, address, word0: offset,
          word1: byteCount, word2: UInt64(rights.bits))
      } catch {
        state.releaseAddresses(address, byteCount: byteCount)
        throw error
      }
      return address
    }
    self.byteCount = Int(byteCount)
    isWritable = rights.includes(.write)
    self.handle = memory.relinquish()
  }

  /// The capability, for passing the same memory on.
  public var memory: Memory {
    _read {
      let memory = Memory(adopting: handle)
      yield memory
      _ = memory.relinquish()
    }
  }

  /// What the memory holds now. Whoever else has it mapped may change it at any time.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) borrowing get {
      // SAFETY: these pages stay mapped as long as this value lives.
      let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address))
      let span = unsafe Span(_unsafeStart: start.unsafelyUnwrapped, count: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// - Precondition: mapped for writing.
  public var mutableBytes: MutableSpan<UInt8> {
    @_lifetime(&self) mutating get {
      precondition(isWritable)
      // SAFETY: these pages stay mapped, writable, as long as this value lives.
      let start = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(address))
      let span = unsafe MutableSpan(_unsafeStart: start.unsafelyUnwrapped, count: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Leaves the memory mapped as long as the process lives.
  public consuming func keepForEver() -> PermanentBytes {
    let bytes = PermanentBytes(address: address, byteCount: byteCount)
    discard self
    return bytes
  }

  deinit {
    let (address, byteCount) = (address, UInt64(byteCount))
    try? OwnProcess.withLock { (state) throws(SyscallStatus) in
      try SystemCall.invoke(.unmap, 0, address, byteCount)
      state.releaseAddresses(address, byteCount: byteCount)
    }
    handle.delete()
  }
}

/// Bytes that stay where they are, readable, as long as the process lives.
@safe public struct PermanentBytes {
  private let address: UInt64
  private let byteCount: Int

  fileprivate init(address: UInt64, byteCount: Int) {
    self.address = address
    self.byteCount = byteCount
  }

  public var bytes: Span<UInt8> {
    @_lifetime(immortal) get {
      // SAFETY: made from a mapping that nothing ends any more.
      let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address))
      let span = unsafe Span(_unsafeStart: start.unsafelyUnwrapped, count: byteCount)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}
