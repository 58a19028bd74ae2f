/// Names a kernel object: the number of the 64-byte granule where it starts.
///
/// Typed by what it names, so that IDs cannot be mixed. 0 names nothing. An ID is only as
/// good as the back link that clears it when its object ends; see docs/design/kernel.md.
public struct ObjectID<Object>: Equatable, BitwiseCopyable {
  public let granule: UInt32

  @inlinable public init(granule: UInt32) { self.granule = granule }
  @inlinable public static var none: ObjectID { ObjectID(granule: 0) }
  @inlinable public var isNone: Bool { granule == 0 }
  @inlinable public static func == (left: ObjectID, right: ObjectID) -> Bool {
    left.granule == right.granule
  }
}

/// The unit in which objects are placed and named.
public enum Granule {
  @inlinable public static var byteCount: UInt64 { 64 }
  @inlinable public static var shift: UInt64 { 6 }
  /// Granules in a frame.
  @inlinable public static var perFrame: UInt32 { 64 }
  /// Physical memory at or above this cannot hold objects, nor is it used: 256 GiB.
  @inlinable public static var reach: UInt64 { 1 << 38 }
}

/// Stands for `Thread`, whose real type depends on the platform.
public enum ThreadTag {}
/// Stands for `CPUState`, likewise.
public typealias ThreadID = ObjectID<ThreadTag>
public typealias SlotID = ObjectID<CapabilitySlot>
public typealias EndpointID = ObjectID<Endpoint>
public typealias NotificationID = ObjectID<Notification>
public typealias MemoryID = ObjectID<MemoryObject>
public typealias MappingID = ObjectID<Mapping>
public typealias ProcessID = ObjectID<Process>
public typealias InterruptID = ObjectID<Interrupt>
public typealias BudgetID = ObjectID<Budget>
