/// Drives a 16550A-compatible serial port by its interrupts.
///
/// Source: National Semiconductor PC16550D data sheet (1995), section 8.
struct UART16550Driver<Registers: RegisterAccess<UInt8>>: SerialDriver {
  let registers: Registers
  /// Hertz of the clock that the divisor divides; 0 keeps the line speed as it was set.
  let clockFrequency: UInt32
  /// Bytes that may follow one another when the transmitter is empty.
  private(set) var burst = 1
  /// Bytes that came too fast for the device's own buffer.
  private(set) var overruns = 0

  init(registers: Registers, clockFrequency: UInt32) {
    self.registers = registers
    self.clockFrequency = clockFrequency
  }

  mutating func start() {
    registers.write(0, to: UART16550.interruptEnable)
    setSpeed()
    registers.write(UART16550.eightBits, to: UART16550.lineControl)
    // The bits that clear the buffers stay 0: what was typed while no driver ran is kept.
    registers.write(UART16550.enableBuffers, to: UART16550.bufferControl)
    registers.write(UART16550.readyAndInterrupts, to: UART16550.modemControl)
    let identification = registers.read(UART16550.interruptIdentification)
    burst = identification & UART16550.buffersEnabled == UART16550.buffersEnabled ? 16 : 1
    registers.write(UART16550.receiveInterrupt, to: UART16550.interruptEnable)
  }

  mutating func service(
    receiving input: inout ByteRing, sending output: inout OutputQueue
  ) -> Int {
    var received = 0
    // Looked at until it asks for nothing: an edge-triggered line would not ask again.
    // The bound keeps a broken device from holding the console for ever.
    for _ in 0..<UART16550.mostRounds {
      received += receive(into: &input)
      send(from: &output)
      enableInterrupts(input: input, output: output)
      let identification = registers.read(UART16550.interruptIdentification)
      guard identification & UART16550.noInterruptPending == 0 else { break }
      if identification & UART16550.causes == UART16550.modemCause {
        _ = registers.read(UART16550.modemStatus)
      }
    }
    return received
  }

  var hasSentAll: Bool {
    registers.read(UART16550.lineStatus) & UART16550.transmitterIdle != 0
  }

  private mutating func receive(into input: inout ByteRing) -> Int {
    var count = 0
    while !input.isFull {
      let status = registers.read(UART16550.lineStatus)
      if status & UART16550.overrun != 0 { overruns += 1 }
      guard status & UART16550.dataReady != 0 else { break }
      let byte = registers.read(UART16550.data)
      guard status & UART16550.breakReceived == 0 else { continue }
      input.append(byte)
      count += 1
    }
    return count
  }

  private func send(from output: inout OutputQueue) {
    var rounds = 0
    while !output.isEmpty, rounds < UART16550.mostBursts,
      registers.read(UART16550.lineStatus) & UART16550.transmitterEmpty != 0
    {
      for _ in 0..<burst {
        guard let byte = output.next() else { return }
        registers.write(byte, to: UART16550.data)
      }
      rounds += 1
    }
  }

  /// Asks for interrupts only while there is something to do about them.
  private func enableInterrupts(input: ByteRing, output: OutputQueue) {
    var enabled: UInt8 = 0
    if !input.isFull { enabled |= UART16550.receiveInterrupt }
    if !output.isEmpty { enabled |= UART16550.transmitInterrupt }
    registers.write(enabled, to: UART16550.interruptEnable)
  }

  private func setSpeed() {
    let divisor = clockFrequency / (16 * UART16550.lineSpeed)
    guard divisor > 0, divisor <= 0xffff else { return }
    registers.write(UART16550.divisorAccess | UART16550.eightBits, to: UART16550.lineControl)
    registers.write(UInt8(truncatingIfNeeded: divisor), to: UART16550.data)
    registers.write(UInt8(truncatingIfNeeded: divisor >> 8), to: UART16550.interruptEnable)
  }
}

/// Registers and bits of the 16550.
enum UART16550 {
  // Registers. The first is the receiver's when read, the transmitter's when written,
  // and with the second the divisor's while `divisorAccess` is set.
  static var data: Int { 0 }
  static var interruptEnable: Int { 1 }
  static var interruptIdentification: Int { 2 }
  static var bufferControl: Int { 2 }
  static var lineControl: Int { 3 }
  static var modemControl: Int { 4 }
  static var lineStatus: Int { 5 }
  static var modemStatus: Int { 6 }

  static var receiveInterrupt: UInt8 { 1 << 0 }
  static var transmitInterrupt: UInt8 { 1 << 1 }
  static var noInterruptPending: UInt8 { 1 << 0 }
  static var causes: UInt8 { 0x0e }
  static var modemCause: UInt8 { 0x00 }
  static var buffersEnabled: UInt8 { 0xc0 }
  static var enableBuffers: UInt8 { 1 << 0 }
  static var eightBits: UInt8 { 0x03 }
  static var divisorAccess: UInt8 { 1 << 7 }
  /// Data terminal ready, request to send, and output 2, which lets interrupts out on PCs.
  static var readyAndInterrupts: UInt8 { 0x0b }
  static var dataReady: UInt8 { 1 << 0 }
  static var overrun: UInt8 { 1 << 1 }
  static var breakReceived: UInt8 { 1 << 4 }
  static var transmitterEmpty: UInt8 { 1 << 5 }
  static var transmitterIdle: UInt8 { 1 << 6 }

  /// Bits per second.
  static var lineSpeed: UInt32 { 115_200 }
  /// Times that one interrupt may look at the device, and fill its transmitter, each.
  static var mostRounds: Int { 64 }
  static var mostBursts: Int { 16 }
}
