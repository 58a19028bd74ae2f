import KernelHAL

/// Turns object IDs into the objects, through the platform's physical window.
///
/// The one fence between IDs and memory: all objects are bitwise copyable values in
/// frames that the frame allocator gave out, and an ID other than none comes only from a
/// pool or a table that placed such an object there.
@safe public struct ObjectStore<P: Platform & ~Copyable>: BitwiseCopyable {
  @usableFromInline let base: UInt

  /// - Parameter windowBase: Address of physical 0; RAM is readable and writable there.
  @unsafe public init(windowBase: UInt64) { base = UInt(windowBase) }

  @inlinable @inline(__always)
  func address(_ granule: UInt32) -> UInt { base &+ UInt(granule) << UInt(Granule.shift) }

  /// The object that `id` names, in place.
  ///
  /// - Precondition: `id` is not none and its object is alive.
  @inlinable public subscript<Object: BitwiseCopyable>(_ id: ObjectID<Object>) -> Object {
    @inline(__always) unsafeAddress {
      // SAFETY: an ID names a live object of its type; see the type's comment.
      unsafe UnsafePointer(bitPattern: address(id.granule)).unsafelyUnwrapped
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      // SAFETY: as above; the kernel lock makes this the only access.
      unsafe UnsafeMutablePointer(bitPattern: address(id.granule)).unsafelyUnwrapped
    }
  }

  /// The thread that `id` names, in place. Same precondition.
  @inlinable public subscript(_ id: ThreadID) -> Thread<P> {
    @inline(__always) unsafeAddress {
      // SAFETY: a thread ID names a live thread of this kernel's platform.
      unsafe UnsafePointer(bitPattern: address(id.granule)).unsafelyUnwrapped
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      // SAFETY: as above.
      unsafe UnsafeMutablePointer(bitPattern: address(id.granule)).unsafelyUnwrapped
    }
  }

  /// Where a thread's registers are in the kernel's address space, for entry code.
  public func registersAddress(of thread: ThreadID) -> UInt { address(thread.granule) }
}
