import MnosABI

/// A frame that holds objects, counted from the store's origin, which is the frame before the
/// lowest RAM.
typealias StoreFrame = UInt32

/// Names a kernel object: the number of the 64-byte granule where it starts, counted from the
/// store's origin.
///
/// Typed by what it names, so that IDs cannot be mixed. 0 names nothing, and the frame of the
/// origin is never memory of the kernel's: looking at `none` stops at once.
///
/// No object is freed while a system call is being carried out: ends are queued and carried
/// out by the reaper, so an ID that was looked up stays good until the entry is over. An ID
/// that is kept longer has a back link that clears it, or is looked up again by its token.
/// See docs/design/kernel.md, "Two phases".
public struct ObjectID<Object>: Equatable, BitwiseCopyable {
  public let granule: UInt32

  @inlinable public init(granule: UInt32) { self.granule = granule }
  @inlinable public static var none: ObjectID { ObjectID(granule: 0) }
  @inlinable public var isNone: Bool { granule == 0 }
  @inlinable public static func == (left: ObjectID, right: ObjectID) -> Bool {
    left.granule == right.granule
  }

  /// The frame in which the object lies, counted from the store's origin.
  var frame: StoreFrame { granule / Granule.perFrame }

  /// What lies in a frame, so many granules from its start.
  ///
  /// - Precondition: Such an object lies there, or is about to be placed there.
  @inline(__always)
  static func place(in frame: StoreFrame, at offset: UInt32 = 0) -> ObjectID {
    ObjectID(granule: frame &* Granule.perFrame &+ offset)
  }

  /// The same place, named as what lies there.
  ///
  /// - Precondition: An object of that type lies there: its header or the slot that names it
  ///   was looked at, or it is the header of one.
  @inline(__always)
  func narrowed<Other>(to: Other.Type) -> ObjectID<Other> { ObjectID<Other>(granule: granule) }
}

extension ObjectID where Object: KernelObject {
  /// The object's header: what it has in common with all others.
  var header: AnyObjectID { AnyObjectID(granule: granule) }
}

/// The unit in which objects are placed and named.
public enum Granule {
  @inlinable public static var byteCount: UInt64 { 64 }
  @inlinable public static var shift: UInt64 { 6 }
  /// Granules in a frame.
  @inlinable public static var perFrame: UInt32 { 64 }
  /// Objects lie within 256 GiB from the store's origin: what 32 bits can name.
  @inlinable public static var reach: UInt64 { 1 << 38 }
}

/// Names an object of any type, by its header.
public typealias AnyObjectID = ObjectID<ObjectHeader>
/// Stands for `Thread`, whose real type depends on the platform.
public enum ThreadTag: KernelObject {
  public static var type: ObjectType { .thread }
}
/// Stands for the right to answer a thread: a capability that names the thread itself.
public enum ReplyTag: KernelObject {
  public static var type: ObjectType { .reply }
}
extension ObjectID where Object == ReplyTag {
  /// The thread that waits for the answer.
  var caller: ThreadID { ThreadID(granule: granule) }
}
public typealias ThreadID = ObjectID<ThreadTag>
public typealias SlotID = ObjectID<CapabilitySlot>
public typealias EndpointID = ObjectID<Endpoint>
public typealias NotificationID = ObjectID<Notification>
public typealias MemoryID = ObjectID<MemoryObject>
public typealias MappingID = ObjectID<Mapping>
public typealias ProcessID = ObjectID<Process>
public typealias InterruptID = ObjectID<Interrupt>
public typealias BudgetID = ObjectID<Budget>
public typealias CPUID = ObjectID<CPUState>
