import Libmnos
import TestHarness
import _Volatile

/// (F) A serial port that can be made to ask for service without anybody at its other end.
///
/// The kernel's log goes out by the same port: it is left as it was found between two calls.
@safe struct SerialPort {
  private enum Registers {
    case ports(first: UInt16)
    case memory(address: UInt, shift: UInt8, width: UInt8)
  }

  private let registers: Registers
  private let isPL011: Bool
  /// Where its registers are mapped, below what facts use.
  private static var address: UInt64 { 0x3a_0000_0000 }
  private static var mostLooks: Int { 1_000_000 }

  /// - Returns: nil if it is no serial port that this knows, or it cannot be reached.
  init?(_ device: DeviceRecord, process: Handle) {
    isPL011 = device.kind == DeviceKind.serialPL011.rawValue
    guard isPL011 || device.kind == DeviceKind.serial16550.rawValue else { return nil }
    if device.ports != 0 {
      let ports = Handle(rawValue: device.ports)
      guard KernelCalls.bind(ports, to: process).isStatus(.ok) else { return nil }
      registers = .ports(first: UInt16(truncatingIfNeeded: device.firstPort))
    } else {
      let memory = Handle(rawValue: device.registers)
      guard KernelCalls.map(memory, at: Self.address).isStatus(.ok) else { return nil }
      registers = .memory(
        address: UInt(Self.address) + UInt(device.registerOffset),
        shift: isPL011 ? 0 : device.registerShift,
        width: isPL011 ? max(device.accessWidth, 2) : device.accessWidth)
    }
  }

  /// Has it ask, until `beQuiet`.
  ///
  /// - Returns: false if the device does not do as its manual says.
  func ask() -> Bool { isPL011 ? askPL011() : ask16550() }

  /// Takes back whatever it asks for, and has it ask for nothing more.
  func beQuiet() { isPL011 ? quietPL011() : quiet16550() }

  // MARK: PL011. Source: Arm DDI 0183G §3.3

  /// Asks because its transmitter's buffer has drained, as it did since the log's last line.
  private func askPL011() -> Bool {
    var looks = 0
    while read(0x018) & 1 << 3 != 0, looks < Self.mostLooks { looks += 1 }
    write(1 << 5, 0x038)
    return read(0x040) != 0
  }

  /// The cause stays, so that it can be asked about again.
  private func quietPL011() { write(0, 0x038) }

  // MARK: 16550. Source: National Semiconductor PC16550D data sheet (1995), section 8

  /// Asks because its transmitter is empty.
  private func ask16550() -> Bool {
    var looks = 0
    while read(5) & 1 << 6 == 0, looks < Self.mostLooks { looks += 1 }
    // Output 2 lets interrupts out on PCs.
    write(read(4) | 1 << 3, 4)
    write(1 << 1, 1)
    return looks < Self.mostLooks
  }

  private func quiet16550() {
    write(0, 1)
    // Reading the cause of the interrupt takes it back.
    _ = read(2)
  }

  // MARK: Access

  private func read(_ register: UInt) -> UInt32 {
    switch registers {
    case .ports(let first): return UInt32(portRead(first &+ UInt16(register)))
    case .memory(let address, let shift, let width):
      let place = address + register << UInt(shift)
      // SAFETY: `init` mapped the device's registers, for as long as the program runs.
      switch width {
      case 4: return unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: place).load()
      case 2: return UInt32(unsafe VolatileMappedRegister<UInt16>(unsafeBitPattern: place).load())
      default: return UInt32(unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: place).load())
      }
    }
  }

  private func write(_ value: UInt32, _ register: UInt) {
    switch registers {
    case .ports(let first):
      portWrite(first &+ UInt16(register), UInt8(truncatingIfNeeded: value))
    case .memory(let address, let shift, let width):
      let place = address + register << UInt(shift)
      // SAFETY: as in `read`.
      switch width {
      case 4: unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: place).store(value)
      case 2:
        unsafe VolatileMappedRegister<UInt16>(unsafeBitPattern: place).store(
          UInt16(truncatingIfNeeded: value))
      default:
        unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: place).store(
          UInt8(truncatingIfNeeded: value))
      }
    }
  }
}

@_silgen_name("mnos_port_read8") private func portRead(_ port: UInt16) -> UInt8
@_silgen_name("mnos_port_write8") private func portWrite(_ port: UInt16, _ value: UInt8)
