import MnosABI

public struct Endpoint: Hashable, Sendable {
  /// Threads in order of arrival; never both lists at once.
  public var senders: [ObjectID] = []
  public var receivers: [ObjectID] = []
  public var isDestroyed = false
  public init() {}
}

public struct Notification: Hashable, Sendable {
  public var word: UInt64 = 0
  public var waiters: [ObjectID] = []
  public var isDestroyed = false
  public init() {}
}

public struct Memory: Hashable, Sendable {
  public var byteCount: UInt64
  /// The memory of which this is a part; it may be a part itself.
  public var whole: ObjectID?
  public init(byteCount: UInt64, whole: ObjectID? = nil) {
    self.byteCount = byteCount
    self.whole = whole
  }
}

public struct Budget: Hashable, Sendable {
  public var objectLimit: UInt64
  /// Objects charged to it that the model does not know: those at boot, interrupts and the like.
  public var unmodelledObjects: UInt64 = 0
  public init(objectLimit: UInt64) { self.objectLimit = objectLimit }
}

public struct Process: Hashable, Sendable {
  public var state = ProcessState.new
  public var exitValue: UInt64 = 0
  /// The fault that stopped or ended it.
  public var fault: Fault?
  public var mappings: Set<Mapping> = []
  /// By slot the handle that was last valid for it: the next one is another.
  public var lastHandles: [UInt16: UInt32] = [:]
  public init() {}
}

/// Pages of a process that show memory.
public struct Mapping: Hashable, Sendable {
  public var address: UInt64
  public var byteCount: UInt64
  /// The capability it was made through, and the place in its memory.
  public var memory: CapabilityID
  public var offset: UInt64
  public var rights: Rights
  /// All that `protect` can ever give.
  public var ceiling: Rights
}
