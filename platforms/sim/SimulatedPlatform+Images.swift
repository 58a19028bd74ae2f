import KernelHAL

/// Going back to a state that a machine was in, which is much cheaper than another machine.
extension SimulatedPlatform {
  /// All that a machine holds beside its RAM.
  public struct Devices: Sendable {
    fileprivate let cpus: [CPU]
    fileprivate let interruptController: SimulatedInterruptController
    fileprivate let currentCPU: Int
    fileprivate let time, clockReadCost: UInt64
    fileprivate let powerState: PowerState
    fileprivate let debugOutput: [UInt8]
    fileprivate let violations: [SimulatedViolation]
    fileprivate let deviceRegisters: [UInt64: UInt64]
    fileprivate let lastAddition: Range<UInt64>
    fileprivate let orderedTables: Set<UInt64>
    fileprivate let announced: [PageKey: AnnouncedPage]
    fileprivate let storedTo: Set<UInt64>
    fileprivate let flushed: [UInt64: UInt64]
  }

  /// The machine beside its RAM, as it is now.
  public var devices: Devices {
    Devices(
      cpus: cpus, interruptController: interruptController, currentCPU: currentCPU, time: time,
      clockReadCost: clockReadCost, powerState: powerState, debugOutput: debugOutput,
      violations: violations, deviceRegisters: deviceRegisters, lastAddition: lastAddition,
      orderedTables: orderedTables, announced: announced, storedTo: storedTo, flushed: flushed)
  }

  /// Goes back to what the machine held beside its RAM; the clock goes back too.
  public mutating func restore(_ devices: Devices) {
    cpus = devices.cpus
    interruptController = devices.interruptController
    currentCPU = devices.currentCPU
    clock.time = devices.time
    clock.readCost = devices.clockReadCost
    powerState = devices.powerState
    debugOutput = devices.debugOutput
    violations = devices.violations
    deviceRegisters = devices.deviceRegisters
    lastAddition = devices.lastAddition
    orderedTables = devices.orderedTables
    announced = devices.announced
    storedTo = devices.storedTo
    flushed = devices.flushed
  }
}
