import KernelHAL
import MnosABI

/// Turns object IDs into the objects, through the platform's physical window.
///
/// The one fence between IDs and memory: all objects are bitwise copyable values in
/// frames that the frame allocator gave out, and an ID other than none comes only from a
/// slab or a table that placed such an object there.
///
/// What needs nothing but the objects (lists, trees, tables, waits) is written as methods of
/// the store, in the files that are about it; `Kernel` adds the machine and the frames.
@safe public struct ObjectStore<P: Platform & ~Copyable>: BitwiseCopyable {
  /// Where the origin appears in the kernel's address space.
  @usableFromInline let base: UInt
  /// Where the state that all CPUs share lies.
  @usableFromInline let sharedAddress: UInt

  /// - Parameters:
  ///   - windowBase: Address of physical 0; RAM is readable and writable there.
  ///   - origin: The frame before the lowest RAM.
  ///   - sharedFrame: A frame for `SharedState`, owned by the store.
  @unsafe public init(windowBase: UInt64, origin: FrameNumber, sharedFrame: FrameNumber) {
    base = UInt(windowBase) &+ UInt(origin) << 12
    sharedAddress = UInt(windowBase) &+ UInt(sharedFrame) << 12
  }

  /// A frame as the store counts it.
  ///
  /// - Precondition: It lies within `Granule.reach` from the origin.
  func place(of frame: FrameNumber) -> StoreFrame {
    StoreFrame(truncatingIfNeeded: distance(of: frame))
  }
  /// A frame counted from the origin, wherever it lies.
  func distance(of frame: FrameNumber) -> FrameNumber { frame &- shared.origin }
  /// A frame that is counted from the origin, as the frame allocator counts it.
  func number(of frame: StoreFrame) -> FrameNumber { number(at: FrameNumber(frame)) }
  func number(at distance: FrameNumber) -> FrameNumber { shared.origin &+ distance }

  @inlinable @inline(__always)
  func address(_ granule: UInt32) -> UInt {
    assert(granule != 0, "no object was named")
    return base &+ UInt(granule) << UInt(Granule.shift)
  }

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

  /// An entry of a table of frames, by its place in bytes from the origin.
  ///
  /// - Precondition: It lies in a frame that is such a table.
  subscript(entryAt place: UInt64) -> StoreFrame {
    @inline(__always) get {
      // SAFETY: the precondition; RAM is mapped from the origin on.
      unsafe UnsafePointer(bitPattern: base &+ UInt(place)).unsafelyUnwrapped.pointee
    }
    nonmutating set {
      // SAFETY: as above; the kernel lock makes this the only access.
      unsafe UnsafeMutablePointer(bitPattern: base &+ UInt(place)).unsafelyUnwrapped.pointee =
        newValue
    }
  }

  /// What all CPUs share.
  @inlinable public var shared: SharedState {
    @inline(__always) unsafeAddress {
      // SAFETY: the frame is the store's own and holds nothing else at its start.
      unsafe UnsafePointer(bitPattern: sharedAddress).unsafelyUnwrapped
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      // SAFETY: as above; the kernel lock makes this the only access.
      unsafe UnsafeMutablePointer(bitPattern: sharedAddress).unsafelyUnwrapped
    }
  }

  /// The root budget's place: the end of the frame that `shared` begins.
  var rootBudget: BudgetID {
    let frame = UInt32(truncatingIfNeeded: (sharedAddress &- base) >> UInt(Granule.shift))
    return BudgetID(granule: frame + Granule.perFrame - 2)
  }

  /// Where a thread's registers are in the kernel's address space, for entry code.
  @inline(__always)
  public func registersAddress(of thread: ThreadID) -> UInt {
    address(thread.granule) &+ Thread<P>.registersOffset
  }

  /// The same object store for a copy of its memory, in another window.
  @unsafe func seen(from windowBase: UInt64) -> ObjectStore {
    unsafe ObjectStore(
      windowBase: windowBase, origin: shared.origin,
      sharedFrame: shared.origin &+ FrameNumber((sharedAddress &- base) >> 12))
  }

  /// The object that a reference without a type names, as `type`, which it must be of.
  @inline(__always)
  func cast<Object: KernelObject>(
    _ reference: AnyObjectID, to type: Object.Type
  ) -> ObjectID<Object> {
    guard self[reference].typeCode == Object.type.rawValue else {
      kernelBug("a reference to an object of another type")
    }
    return reference.narrowed(to: type)
  }
}

/// State that all CPUs share, beside the objects. It lies in a frame of its own.
public struct SharedState: BitwiseCopyable {
  /// The frame from which places are counted; no object lies in it.
  let origin: FrameNumber
  /// One per CPU that takes part; none after the last.
  var cpus: [64 of CPUID] = .init(repeating: .none)
  var cpuCount = 0
  /// What is about to end, and how urgent that is.
  var reaper = ReaperQueue()
  /// Threads whose work is a revoke, the longest at it first.
  var revokers = List<Revokers>()
  /// The processes that have not ended, and how many there have been.
  var processes = SearchTree<ProcessesOfMachine>()
  var processesMade: UInt64 = 0
  /// Slots that are not free, in all tables.
  public internal(set) var capabilityCount: UInt64 = 0
  /// Objects alive, by type; mappings count as `none`.
  public internal(set) var objectCounts: [12 of UInt64] = .init(repeating: 0)
  /// Claimed interrupts, chained by line modulo 64.
  var interrupts: [64 of InterruptID] = .init(repeating: .none)
  /// Budgets with a share of the CPU's time.
  var shareCount: UInt32 = 0
  /// The first process, and how it ended if it did: nothing can run without it.
  var firstProcess = ProcessID.none
  public internal(set) var firstProcessEnd: ProcessEnd?

  init(origin: FrameNumber) { self.origin = origin }

  /// Objects alive of one type.
  public func count(of type: ObjectType) -> UInt64 { objectCounts[Int(type.rawValue)] }
}

/// How a process ended.
public struct ProcessEnd: BitwiseCopyable {
  /// See `ExitValue`.
  public let exitValue: UInt64
  /// Where it faulted, if it did.
  public let faultAddress: UInt64
  public let faultPC: UInt64
}
