/// The registers of a device, by number or offset, wherever they are.
protocol RegisterAccess<Value> {
  /// As wide as the device's registers, at least.
  associatedtype Value: FixedWidthInteger
  func read(_ register: Int) -> Value
  func write(_ value: Value, to register: Int)
}
