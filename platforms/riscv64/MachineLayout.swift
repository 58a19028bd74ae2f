import KernelHAL
import PlatformCommon

/// What the firmware's tables say of the machine, whichever tables they were.
struct MachineLayout: FirmwareLayout, Equatable {
  /// Ticks of the time counter per second.
  var timeFrequency: UInt64 = 0
  /// Whether the boot hart has page tables; where nothing says so, it is running on them.
  var hasPageTables = true
  var controllerKind = InterruptControllerKind.none
  var controllerBase: UInt64 = 0
  var controllerByteCount: UInt64 = 0
  /// Interrupt sources, without source 0.
  var controllerSourceCount: UInt32 = 0
  /// The serial port, or kind `none`.
  var serialPort = DeviceDescription()
  /// What the tables say that the boot hart can do, or all harts.
  var extensions = RISCVExtensions()
  /// Bytes in a block that cache instructions take, or 0.
  var cacheBlockByteCount: UInt64 = 0
  var powerOff: RegisterWrite? = nil
  var reboot: RegisterWrite? = nil
  var entropySeed = EntropySeed()
  /// What was wrong with the tables.
  var report = FirmwareReport()

  /// Whether the kernel can run with it.
  func validate() throws(BootFailure) {
    guard hasPageTables else {
      throw .missing(StaticReason("page tables of the hart that boots"))
    }
    guard timeFrequency > 0 else {
      throw .missing(StaticReason("frequency of the time counter"))
    }
    guard controllerKind != .none else {
      throw .missing(StaticReason("interrupt controller (PLIC or APLIC)"))
    }
    guard
      controllerKind.isPossible, controllerKind.leastByteCount <= controllerByteCount,
      controllerBase % 4096 == 0
    else { throw .malformed(StaticReason("registers of the interrupt controller")) }
  }
}

extension MachineLayout {
  /// Register blocks that the kernel itself uses; nil past the last.
  func region(at index: Int) -> MemoryRegion? {
    switch index {
    case 0:
      MemoryRegion(base: controllerBase, byteCount: controllerByteCount, kind: .device)
    case 1:
      powerOff?.region ?? reboot?.region
    case 2 where powerOff != nil && reboot?.base != powerOff?.base: reboot?.region
    default: nil
    }
  }
}
