/// The I/O ports a process may use: up to 4 ranges. Empty ranges have count 0.
public struct PortSet: Equatable, BitwiseCopyable, Sendable {
  public var ranges: (PortRange, PortRange, PortRange, PortRange)
  @inlinable public init() {
    let none = PortRange(first: 0, count: 0)
    ranges = (none, none, none, none)
  }
  @inlinable public static func == (left: PortSet, right: PortSet) -> Bool {
    left.ranges.0 == right.ranges.0 && left.ranges.1 == right.ranges.1
      && left.ranges.2 == right.ranges.2 && left.ranges.3 == right.ranges.3
  }
  /// - Precondition: `0 <= index < 4`.
  @inlinable public subscript(index: Int) -> PortRange {
    get {
      switch index {
      case 0: ranges.0
      case 1: ranges.1
      case 2: ranges.2
      default: ranges.3
      }
    }
    set {
      switch index {
      case 0: ranges.0 = newValue
      case 1: ranges.1 = newValue
      case 2: ranges.2 = newValue
      default: ranges.3 = newValue
      }
    }
  }

  @inlinable public var isEmpty: Bool { self == PortSet() }
}

/// Ports `first` up to `first + count`, within 0...65,535.
public struct PortRange: Equatable, BitwiseCopyable, Sendable {
  public let first: UInt32
  public let count: UInt32
  @inlinable public init(first: UInt32, count: UInt32) {
    self.first = first
    self.count = count
  }
}
