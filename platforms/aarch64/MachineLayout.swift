import KernelHAL
import MnosABI
import PlatformCommon

/// What the firmware's tables say of the machine, whichever tables they were.
struct MachineLayout: FirmwareLayout, Equatable {
  enum Controller: Equatable {
    case none
    /// CPU interface in memory.
    case version2
    /// CPU interface in system registers, a redistributor for each CPU. Version 4 is the same.
    case version3
  }

  var controller = Controller.none
  var distributor = Self.nowhere
  /// Version 2 only.
  var interface = Self.nowhere
  /// Version 3 only.
  var redistributors = MemoryRegionList()
  /// The virtual timer's interrupt, or 0.
  var timerInterrupt: UInt32 = 0
  /// Ticks of the time counter per second, or 0: CNTFRQ_EL0 says it then.
  var timeFrequency: UInt64 = 0
  /// The serial port, or kind `none`.
  var serialPort = DeviceDescription()
  var conduit = PowerConduit.none
  var powerOff: RegisterWrite? = nil
  var reboot: RegisterWrite? = nil
  var entropySeed = EntropySeed()
  /// What was wrong with the tables.
  var report = FirmwareReport()

  private static var nowhere: MemoryRegion {
    MemoryRegion(base: 0, byteCount: 0, kind: .device)
  }

  /// Whether the kernel can run with it.
  func validate() throws(BootFailure) {
    guard controller != .none else {
      throw .missing(StaticReason("interrupt controller (GICv2 or GICv3)"))
    }
    let least =
      controller == .version2
      ? GICLayout.distributorByteCount : GICLayout.routingDistributorByteCount
    guard distributor.base % 4096 == 0, distributor.byteCount >= least else {
      throw .malformed(StaticReason("registers of the interrupt distributor"))
    }
    switch controller {
    case .none: break
    case .version2:
      guard interface.base != 0, interface.base % 4096 == 0,
        interface.byteCount >= GICLayout.interfaceByteCount
      else { throw .malformed(StaticReason("registers of the interrupt controller's CPU side")) }
    case .version3:
      guard redistributors.count > 0 else {
        throw .missing(StaticReason("redistributor of the interrupt controller"))
      }
    }
    guard (16..<32).contains(timerInterrupt) else {
      throw .missing(StaticReason("interrupt of the virtual timer"))
    }
  }

  /// Register blocks that the kernel itself uses; nil past the last.
  func region(at index: Int) -> MemoryRegion? {
    var remaining = index
    func isNext(_ region: MemoryRegion) -> Bool {
      guard region.byteCount > 0 else { return false }
      remaining -= 1
      return remaining < 0
    }
    if isNext(distributor) { return distributor }
    if isNext(interface) { return interface }
    for region in 0..<redistributors.count where isNext(redistributors[region]) {
      return redistributors[region]
    }
    if let port = consoleRegion, isNext(port) { return port }
    if let block = powerOff?.region, isNext(block) { return block }
    if let block = reboot?.region, block != powerOff?.region, isNext(block) { return block }
    return nil
  }

  /// The registers of a port that the kernel can write on.
  var consoleRegion: MemoryRegion? {
    guard serialPort.kind == .serialPL011 else { return nil }
    return MemoryRegion(
      base: serialPort.registers, byteCount: serialPort.registerByteCount, kind: .device)
  }
}
