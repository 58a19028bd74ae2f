import KernelHAL
import MnosABI
import PlatformCommon

/// What the firmware's tables say of the machine.
struct MachineLayout: FirmwareLayout, Equatable {
  /// The input pin of the cores that the extended interrupt controller is wired to.
  var interruptPin: UInt8? = nil
  /// The registers of the platform's interrupt controller.
  var controllerBase: UInt64 = 0
  var controllerByteCount: UInt64 = 0
  /// The serial port, or kind `none`.
  var serialPort = DeviceDescription()
  var powerOff: PowerControl? = nil
  var reboot: PowerControl? = nil
  /// Random bits from the firmware, or 0.
  var entropySeed = EntropySeed()
  /// What was wrong with the tables.
  var report = FirmwareReport()

  /// Whether the kernel can run with it.
  func validate() throws(BootFailure) {
    guard controllerBase != 0 else {
      throw .missing(StaticReason("platform interrupt controller (PCH PIC: BIO PIC of the MADT)"))
    }
    guard
      controllerBase % 4096 == 0, controllerByteCount >= PlatformInterruptLayout.byteCount
    else { throw .malformed(StaticReason("registers of the interrupt controller")) }
    guard interruptPin != nil else {
      throw .missing(StaticReason("extended interrupt controller (EIOINTC: EIO PIC of the MADT)"))
    }
  }

  /// Register blocks that the kernel itself uses; nil past the last.
  func region(at index: Int) -> MemoryRegion? {
    switch index {
    case 0:
      MemoryRegion(base: controllerBase, byteCount: controllerByteCount, kind: .device)
    case 1 where serialPort.kind != .none:
      MemoryRegion(
        base: serialPort.registers, byteCount: serialPort.registerByteCount, kind: .device)
    case 1, 2: (powerOff ?? reboot)?.region
    case 3 where powerOff != nil: reboot?.region
    default: nil
    }
  }
}

/// A value whose write to a register turns the machine off or restarts it.
struct PowerControl: Equatable {
  /// Physical address.
  let address: UInt64
  let value: UInt32
  /// Bytes of the register: 1 or 4.
  let byteCount: UInt64

  /// What the kernel must map for it.
  var region: MemoryRegion { MemoryRegion(base: address, byteCount: byteCount, kind: .device) }

  /// Writes to `registers`, which start at the address.
  func perform<Registers: ByteRegisterAccess>(on registers: inout Registers) {
    if byteCount == 1 {
      registers.write8(UInt8(truncatingIfNeeded: value), at: 0)
    } else {
      registers.write(value, at: 0)
    }
  }
}
