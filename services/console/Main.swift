import Libmnos
import _Volatile

/// The console: drives the serial port and serves "console".
@main struct Console: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      if let device = try? start.takeDevice(.serialPL011) {
        try servePL011(device, &start)
      } else {
        try serve16550(try start.takeDevice(.serial16550), &start)
      }
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  private static func serve16550(
    _ device: consuming Device, _ start: inout StartContext
  ) throws(SyscallStatus) {
    let clock = device.clockFrequency
    if let ports = device.ports.take() {
      try ports.enable(for: start.process)
      let registers = PortRegisters(first: device.firstPort)
      // PCs do not say: their serial ports have had this clock since 1981.
      try serve(
        UART16550Driver(registers: registers, clockFrequency: clock == 0 ? 1_843_200 : clock),
        device, &start)
    } else {
      let mapped = try map(&device)
      let registers = MemoryRegisters<UInt8>(
        address: UInt(mapped.address + device.registerOffset), shift: device.registerShift,
        width: device.accessWidth)
      try serve(
        UART16550Driver(registers: registers, clockFrequency: clock), device, &start)
    }
  }

  private static func servePL011(
    _ device: consuming Device, _ start: inout StartContext
  ) throws(SyscallStatus) {
    let mapped = try map(&device)
    // Registers have 16 bits and lie 4 bytes apart; some buses want all 32 at once.
    let registers = MemoryRegisters<UInt32>(
      address: UInt(mapped.address + device.registerOffset), shift: 0,
      width: device.accessWidth == 2 ? 2 : 4)
    try serve(PL011Driver(registers: registers), device, &start)
  }

  private static func map(_ device: inout Device) throws(SyscallStatus) -> MappedMemory {
    guard let memory = device.registers.take() else { throw .unavailable }
    return try MappedMemory(memory)
  }

  private static func serve<Driver: SerialDriver>(
    _ driver: Driver, _ device: consuming Device, _ start: inout StartContext
  ) throws(SyscallStatus) {
    let interrupt = device.interrupt.take()
    let notification = try start.budget.makeNotification()
    try notification.bind(to: start.thread)
    try interrupt?.bind(to: try notification.makeSignaller(bits: 1))
    var loop = ConsoleLoop(driver: driver, interrupt: interrupt)
    let directory = Client<NameProtocol>(try start.take(ShortName("directory")))
    let endpoint = try start.serve(as: Name("console"), by: directory)
    try endpoint.serve(&loop)
  }
}

/// Registers behind x86 I/O ports. In a process without the ports, an access faults.
struct PortRegisters: RegisterAccess {
  let first: UInt16

  func read(_ register: Int) -> UInt8 { portRead(first &+ UInt16(register)) }
  func write(_ value: UInt8, to register: Int) { portWrite(first &+ UInt16(register), value) }
}

@_silgen_name("mnos_port_read8") private func portRead(_ port: UInt16) -> UInt8
@_silgen_name("mnos_port_write8") private func portWrite(_ port: UInt16, _ value: UInt8)

/// (F) Registers in mapped device memory.
@safe struct MemoryRegisters<Value: FixedWidthInteger>: RegisterAccess {
  private let address: UInt
  private let shift: UInt8
  private let width: UInt8

  /// - Parameters:
  ///   - address: Of register 0, in device memory that stays mapped.
  ///   - shift: Distance between registers, as a power of two.
  ///   - width: Bytes in one access: 1, 2 or 4.
  init(address: UInt, shift: UInt8, width: UInt8) {
    self.address = address
    self.shift = shift
    self.width = width
  }

  func read(_ register: Int) -> Value {
    let place = address + UInt(register) << UInt(shift)
    // SAFETY: the initialiser's caller keeps the device mapped, and the driver's registers
    // lie in it; any value read is valid.
    switch width {
    case 4:
      return Value(
        truncatingIfNeeded: unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: place).load())
    case 2:
      return Value(
        truncatingIfNeeded: unsafe VolatileMappedRegister<UInt16>(unsafeBitPattern: place).load())
    default:
      return Value(
        truncatingIfNeeded: unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: place).load())
    }
  }

  func write(_ value: Value, to register: Int) {
    let place = address + UInt(register) << UInt(shift)
    // SAFETY: as in `read`.
    switch width {
    case 4:
      unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: place).store(
        UInt32(truncatingIfNeeded: value))
    case 2:
      unsafe VolatileMappedRegister<UInt16>(unsafeBitPattern: place).store(
        UInt16(truncatingIfNeeded: value))
    default:
      unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: place).store(
        UInt8(truncatingIfNeeded: value))
    }
  }
}
