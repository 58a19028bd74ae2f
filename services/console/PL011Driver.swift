/// Drives an Arm PL011 serial port, or a generic UART that is a part of one, by its interrupts.
///
/// Line speed and format stay as the firmware set them. Source: Arm DDI 0183G, PrimeCell UART
/// (PL011) TRM, chapters 2 and 3; DEN0094C, Arm BSA, appendix on the generic UART, which has
/// neither control nor line-control registers.
struct PL011Driver<Registers: RegisterAccess<UInt32>>: SerialDriver {
  let registers: Registers
  /// Times that the device's own buffer was found to have overflowed.
  private(set) var overruns = 0

  init(registers: Registers) { self.registers = registers }

  mutating func start() {
    registers.write(0, to: PL011.interruptMask)
    enableDevice()
    // What says that bytes wait is left standing: they were typed while no driver ran.
    registers.write(PL011.otherCauses, to: PL011.interruptClear)
    registers.write(PL011.receiveInterrupts, to: PL011.interruptMask)
  }

  mutating func service(
    receiving input: inout ByteRing, sending output: inout OutputQueue
  ) -> Int {
    var received = 0
    // Looked at until it asks for nothing. The bound keeps a broken device from holding the
    // console for ever.
    for _ in 0..<PL011.mostRounds {
      received += receive(into: &input)
      send(from: &output)
      enableInterrupts(input: input, output: output)
      guard registers.read(PL011.maskedInterrupts) != 0 else { break }
    }
    return received
  }

  var hasSentAll: Bool { registers.read(PL011.flags) & PL011.busy == 0 }

  private mutating func receive(into input: inout ByteRing) -> Int {
    var count = 0
    // A line held low gives one break and then nothing until it rises: the bound is for a
    // device that says otherwise.
    var breaks = 0
    while !input.isFull, breaks < PL011.mostBreaks,
      registers.read(PL011.flags) & PL011.receiverEmpty == 0
    {
      let word = registers.read(PL011.data)
      if word & PL011.overrun != 0 { overruns += 1 }
      guard word & PL011.breakReceived == 0 else {
        breaks += 1
        continue
      }
      input.append(UInt8(truncatingIfNeeded: word))
      count += 1
    }
    return count
  }

  /// Fills the transmitter's buffer. Its interrupt comes when the buffer drains past its
  /// level, so this stops only where it is full: a buffer that never filled would never ask.
  /// The queue's own length is the bound.
  private func send(from output: inout OutputQueue) {
    while !output.isEmpty, registers.read(PL011.flags) & PL011.transmitterFull == 0,
      let byte = output.next()
    {
      registers.write(UInt32(byte), to: PL011.data)
    }
  }

  /// Asks for interrupts only while there is something to do about them.
  private func enableInterrupts(input: ByteRing, output: OutputQueue) {
    var enabled: UInt32 = 0
    if !input.isFull { enabled |= PL011.receiveInterrupts }
    if !output.isEmpty { enabled |= PL011.transmitInterrupt }
    registers.write(enabled, to: PL011.interruptMask)
  }

  /// Turns on what the firmware left off: buffers, receiver, transmitter. Only then does the
  /// device have to be stopped, since its line control may not change while it runs.
  ///
  /// Source: DDI 0183G §3.3.7 and §3.3.8.
  private func enableDevice() {
    let control = registers.read(PL011.control)
    // A control register is never 0: this is a generic UART, which is always on.
    guard control != 0 else { return }
    let format = registers.read(PL011.lineControl)
    if format & PL011.enableBuffers == 0 {
      awaitLastByte()
      registers.write(control & ~PL011.enable, to: PL011.control)
      registers.write(format | PL011.enableBuffers | PL011.eightBits, to: PL011.lineControl)
    }
    let wanted = control | PL011.enable | PL011.bothDirections | PL011.ready
    if registers.read(PL011.control) != wanted { registers.write(wanted, to: PL011.control) }
  }

  /// What an earlier writer sent has to leave the device first; a device that never gets
  /// there is stopped all the same.
  private func awaitLastByte() {
    var looks = 0
    while !hasSentAll, looks < PL011.mostLooks { looks += 1 }
  }
}

/// Registers, by their offset in bytes, and bits of the PL011. Source: DDI 0183G §3.3.
enum PL011 {
  static var data: Int { 0x000 }
  static var flags: Int { 0x018 }
  static var lineControl: Int { 0x02c }
  static var control: Int { 0x030 }
  static var interruptMask: Int { 0x038 }
  static var maskedInterrupts: Int { 0x040 }
  static var interruptClear: Int { 0x044 }

  // In what is read from the data register, beside the byte.
  static var breakReceived: UInt32 { 1 << 10 }
  static var overrun: UInt32 { 1 << 11 }

  static var busy: UInt32 { 1 << 3 }
  static var receiverEmpty: UInt32 { 1 << 4 }
  static var transmitterFull: UInt32 { 1 << 5 }

  static var enableBuffers: UInt32 { 1 << 4 }
  static var eightBits: UInt32 { 0b11 << 5 }

  static var enable: UInt32 { 1 << 0 }
  static var bothDirections: UInt32 { 0b11 << 8 }
  /// Data terminal ready and request to send.
  static var ready: UInt32 { 0b11 << 10 }

  /// Enough has come, or a little and then nothing for a while.
  static var receiveInterrupts: UInt32 { 1 << 4 | 1 << 6 }
  static var transmitInterrupt: UInt32 { 1 << 5 }
  /// The modem's lines and faulty bytes, which are seen as the bytes are read.
  static var otherCauses: UInt32 { 0b1111 | 0b1111 << 7 }

  /// Times that one interrupt may look at the device, and breaks that are taken at each.
  static var mostRounds: Int { 64 }
  static var mostBreaks: Int { 256 }
  /// Times that the last byte is looked for.
  static var mostLooks: Int { 100_000 }
}
