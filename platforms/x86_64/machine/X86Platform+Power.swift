import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

extension X86Platform {
  /// Source: ACPI Specification 6.5 §4.8.3.2 (PM1 control), §4.8.3.7 (sleep control).
  private enum Sleep {
    static var enable: UInt16 { 1 << 13 }
    static var typeShift: UInt16 { 10 }
    static var typeMask: UInt16 { 7 << 10 }
    /// Set while the operating system, and not the firmware, has power management.
    static var isHandedOver: UInt16 { 1 << 0 }
    static var controlEnable: UInt8 { 1 << 5 }
    static var controlTypeShift: UInt8 { 2 }
  }
  /// Polls of a port while the hardware reacts, some milliseconds to a second.
  private static var pollLimit: Int { 1_000_000 }

  /// Soft-off by ACPI. Without its tables there is no way that PCs have in common.
  public mutating func powerOff() {
    guard let fixedHardware = firmware?.fixedHardware, let state = firmware?.sleepState else {
      return
    }
    if fixedHardware.isHardwareReduced {
      guard let register = fixedHardware.sleepControl else { return }
      write(state.typeA << Sleep.controlTypeShift | Sleep.controlEnable, to: register)
      waitForEffect()
      return
    }
    guard fixedHardware.controlPortA != 0 else { return }
    takePowerManagement(fixedHardware)
    writeControl(fixedHardware.controlPortA, type: state.typeA)
    if fixedHardware.controlPortB != 0 {
      writeControl(fixedHardware.controlPortB, type: state.typeB)
    }
    waitForEffect()
  }

  /// Has the firmware hand power management over, as it must before it is used.
  /// Source: ACPI Specification 6.5 §4.8.2.5, Legacy/ACPI Select.
  private func takePowerManagement(_ fixedHardware: ACPIFixedHardware) {
    let port = fixedHardware.controlPortA
    guard x86_in16(port) & Sleep.isHandedOver == 0, fixedHardware.commandPort != 0,
      fixedHardware.enableCommand != 0
    else { return }
    x86_out8(fixedHardware.commandPort, fixedHardware.enableCommand)
    for _ in 0..<Self.pollLimit where x86_in16(port) & Sleep.isHandedOver == 0 { x86_pause() }
  }

  private func writeControl(_ port: UInt16, type: UInt8) {
    let kept = x86_in16(port) & ~(Sleep.typeMask | Sleep.enable)
    let value = kept | UInt16(type) << Sleep.typeShift
    x86_out16(port, value)
    x86_out16(port, value | Sleep.enable)
  }

  /// The ACPI reset register, the chip set's, the keyboard controller's line, and last a
  /// fault that the CPU can handle in no way, which resets it.
  public mutating func reboot() {
    if let hardware = firmware?.fixedHardware, let register = hardware.resetRegister {
      write(hardware.resetValue, to: register)
      waitForEffect()
    }
    // Source: Intel ICH9 datasheet §13.7.5, Reset Control Register: hard reset.
    x86_out8(0xcf9, 0x02)
    x86_out8(0xcf9, 0x06)
    waitForEffect()
    // Source: Intel 8042 datasheet, pulse output port.
    x86_out8(0x64, 0xfe)
    waitForEffect()
    // SAFETY: nothing runs on this CPU after the next instruction.
    unsafe x86_load_interrupt_table(0, 0)
    x86_trap()
  }

  /// Writes a byte to a register of the firmware's choice. One in memory must be mapped,
  /// and one in PCI configuration space is reached through the ports of bus 0.
  private func write(_ value: UInt8, to register: ACPIRegister) {
    if let port = register.port {
      x86_out8(port, value)
    } else if let address = register.memoryAddress {
      // SAFETY: the reader finds out whether the window has the page mapped.
      let reader = unsafe FirmwareWindow(
        base: physicalWindowBase, format: pageTableFormat,
        root: PhysicalAddress(ControlRegisters.rootTable), addressWidth: Self.addressWidth)
      guard reader.canRead(at: address, byteCount: 1) else { return }
      unsafe x86_store8(physicalWindowBase &+ address, value)
    } else if register.space == 2 {
      let device = UInt32(truncatingIfNeeded: register.address >> 32) & 0x1f
      let function = UInt32(truncatingIfNeeded: register.address >> 16) & 7
      let offset = UInt32(truncatingIfNeeded: register.address) & 0xff
      x86_out32(0xcf8, 1 << 31 | device << 11 | function << 8 | offset & 0xfc)
      x86_out8(0xcfc + UInt16(offset & 3), value)
    }
  }

  private func waitForEffect() {
    for _ in 0..<Self.pollLimit { x86_pause() }
  }
}
