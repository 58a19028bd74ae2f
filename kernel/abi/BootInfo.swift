/// What init receives: one read-only page whose address is init's start argument.
///
/// All fields fixed width, little endian. Handles are valid in init's own table.
public struct BootInfo: BitwiseCopyable, Sendable {
  /// "mnosboot" as bytes.
  public static var expectedMagic: UInt64 { 0x746f_6f62_736f_6e6d }
  public static var currentVersion: UInt32 { 1 }

  public var magic: UInt64 = 0
  public var version: UInt32 = 0
  /// Devices in `devices` that are filled.
  public var deviceCount: UInt32 = 0

  public var process: UInt32 = 0
  public var thread: UInt32 = 0
  public var budget: UInt32 = 0
  public var machine: UInt32 = 0
  /// Read-only memory: the initramfs archive, from its first page on.
  public var initramfs: UInt32 = 0
  /// Read-only, executable memory: init's own ELF file.
  public var program: UInt32 = 0
  /// Bytes in the archive and in init's file.
  public var initramfsByteCount: UInt64 = 0
  public var programByteCount: UInt64 = 0
  /// Offset of the archive's first byte in the `initramfs` memory.
  public var initramfsOffset: UInt64 = 0

  /// Where init's image was placed, and its stack's lowest and highest address.
  public var imageBase: UInt64 = 0
  public var imageEnd: UInt64 = 0
  public var stackBase: UInt64 = 0
  public var stackEnd: UInt64 = 0
  /// 64 bits from the platform's entropy source, or the clock where it has none.
  public var randomSeed: UInt64 = 0

  public var devices: (DeviceRecord, DeviceRecord, DeviceRecord, DeviceRecord)

  public init() {
    let empty = DeviceRecord()
    devices = (empty, empty, empty, empty)
  }
}

/// A device that the platform's tables described, with what a driver needs to use it.
public struct DeviceRecord: BitwiseCopyable, Sendable {
  /// A `DeviceKind`.
  public var kind: UInt32 = 0
  /// Memory capability for the registers, or 0 if they are I/O ports.
  public var registers: UInt32 = 0
  /// Offset of the first register in that memory, in bytes.
  public var registerOffset: UInt32 = 0
  /// Distance between registers as a power of two, in bytes.
  public var registerShift: UInt8 = 0
  /// Bytes in one register access: 1, 2 or 4.
  public var accessWidth: UInt8 = 0
  public var reserved: UInt16 = 0
  /// Port-range capability, or 0, and its first port.
  public var ports: UInt32 = 0
  public var firstPort: UInt32 = 0
  /// Interrupt capability, or 0.
  public var interrupt: UInt32 = 0
  /// The device's input clock in hertz, or 0 if unknown.
  public var clockFrequency: UInt32 = 0

  public init() {}
}

/// What a `DeviceRecord` describes.
public enum DeviceKind: UInt32, Sendable {
  case none = 0
  /// A 16550-compatible serial port.
  case serial16550 = 1
  /// An Arm PL011 serial port.
  case serialPL011 = 2
}
