/// What the console asks of the driver of a serial device.
protocol SerialDriver {
  /// Sets the device up. Bytes that it has received already stay.
  mutating func start()

  /// Serves the device until it asks for nothing more: called on its interrupt, and
  /// whenever there is something new to send or room to receive.
  ///
  /// - Returns: How many bytes were received.
  mutating func service(receiving input: inout ByteRing, sending output: inout OutputQueue) -> Int

  /// Whether the last byte has left the device.
  var hasSentAll: Bool { get }
}
