import KernelHAL
import MnosABI

/// A kind of kernel object that a capability can name.
///
/// Each begins with an `ObjectHeader`, also where that is not visible in the type.
public protocol KernelObject {
  static var type: ObjectType { get }
}

/// What every kernel object begins with: its type, who pays for it, and who names it.
///
///     byte 0      4        8             16            24      28
///     | type  ... | budget | of budget   | reaping     | names |      |
///
/// Bytes 1 to 3 say how far its end has come: its place with the reaper, whether it is
/// condemned, and how urgent it is.
public struct ObjectHeader: BitwiseCopyable {
  public internal(set) var typeCode: UInt8 = 0
  /// Where the reaper has it: something about its end is to be done.
  var reaperPlace = ReaperPlace.none
  /// Whether it ends although capabilities name it: its budget is being ended.
  var isCondemned = false
  /// While the reaper has it: the highest priority of those who caused that.
  var urgency: UInt8 = 0
  /// The budget that it is charged to; none for the root budget.
  public internal(set) var budget = BudgetID.none
  /// Its place among what is charged to that budget, and in the reaper's queue.
  var ofBudget = Links<ObjectHeader>()
  var reaping = Links<ObjectHeader>()
  /// The capabilities that name it, of all tables, in any state. Reply rights are not here:
  /// a thread knows the only one that there can be.
  var names = List<NamesOfObject>()
  private var reserved: UInt32 = 0

  init(_ type: ObjectType) { typeCode = type.rawValue }

  public var type: ObjectType { ObjectType(rawValue: typeCode) ?? .none }
  /// Whether the reaper is going to look at it.
  var isDoomed: Bool { reaperPlace != .none }
}

/// Where an object stands with the reaper.
enum ReaperPlace: UInt8, BitwiseCopyable {
  case none
  /// This entry doomed it.
  case incoming
  /// In the queue of its urgency.
  case queued
}

/// The list of all that is charged to a budget.
enum ObjectsOfBudget: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ object: AnyObjectID, in store: ObjectStore<P>
  ) -> Links<ObjectHeader> {
    @inline(__always) get { store[object].ofBudget }
    @inline(__always) set { store[object].ofBudget = newValue }
  }
}

/// The queue of objects about whose end something is to be done.
enum Doomed: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ object: AnyObjectID, in store: ObjectStore<P>
  ) -> Links<ObjectHeader> {
    @inline(__always) get { store[object].reaping }
    @inline(__always) set { store[object].reaping = newValue }
  }
}
