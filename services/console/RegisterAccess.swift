/// The 8-bit registers of a device, by number, wherever they are.
protocol RegisterAccess {
  func read(_ register: Int) -> UInt8
  func write(_ value: UInt8, to register: Int)
}
