/// Drives a 16550A-compatible serial port by its interrupts.
///
/// Source: National Semiconductor PC16550D data sheet (1995), section 8. Synopsys DW_apb_uart
/// databook, "Interrupt Identity Register" and "UART Status Register": that one refuses line
/// control while a byte is under way, and then interrupts until its status is read.
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
    awaitLastByte()
    setSpeed()
    _ = setLineControl(UART16550.eightBits)
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
      guard endOtherCause(identification) else { break }
    }
    return received
  }

  /// Takes back an interrupt that neither receiving nor sending ends.
  ///
  /// - Returns: Whether the device was asking for anything.
  private func endOtherCause(_ identification: UInt8) -> Bool {
    let cause = identification & UART16550.causes
    // This cause has the bit that otherwise says that there is none.
    if cause == UART16550.busyCause {
      _ = registers.read(UART16550.status)
      return true
    }
    guard cause & UART16550.noInterruptPending == 0 else { return false }
    if cause == UART16550.modemCause { _ = registers.read(UART16550.modemStatus) }
    // DesignWare's may report bytes that waited too long when none is left.
    if cause == UART16550.timeoutCause,
      registers.read(UART16550.lineStatus) & UART16550.dataReady == 0
    {
      _ = registers.read(UART16550.data)
    }
    return true
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
    guard divisor > 0, divisor <= 0xffff,
      // Without access, the divisor's bytes would go out on the line.
      setLineControl(UART16550.divisorAccess | UART16550.eightBits)
    else { return }
    registers.write(UInt8(truncatingIfNeeded: divisor), to: UART16550.data)
    registers.write(UInt8(truncatingIfNeeded: divisor >> 8), to: UART16550.interruptEnable)
  }

  /// Sets line control, as soon as the device lets it.
  ///
  /// - Returns: false if it never did.
  private func setLineControl(_ value: UInt8) -> Bool {
    for _ in 0..<UART16550.mostLooks {
      registers.write(value, to: UART16550.lineControl)
      if registers.read(UART16550.lineControl) == value { return true }
    }
    return false
  }

  /// What an earlier writer sent leaves the device before its line changes.
  private func awaitLastByte() {
    var looks = 0
    while !hasSentAll, looks < UART16550.mostLooks { looks += 1 }
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
  /// DesignWare's own: whether it is busy. Others have no such register.
  static var status: Int { 31 }

  static var receiveInterrupt: UInt8 { 1 << 0 }
  static var transmitInterrupt: UInt8 { 1 << 1 }
  static var noInterruptPending: UInt8 { 1 << 0 }
  static var causes: UInt8 { 0x0f }
  static var modemCause: UInt8 { 0x00 }
  static var busyCause: UInt8 { 0x07 }
  static var timeoutCause: UInt8 { 0x0c }
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
  /// Times that a device is asked whether it is idle: some bytes' time at 115,200 baud.
  static var mostLooks: Int { 10_000 }
}
