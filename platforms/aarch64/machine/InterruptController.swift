import KernelHAL
import MnosABI
import PlatformCommon

/// The machine's interrupt controller. Fence: opens the registers of devices.
enum InterruptController {
  /// Until the tables were read.
  case none
  case version2(Version2)
  case version3(Version3)

  typealias Version2 = GICv2<DeviceRegisters, DeviceRegisters>
  typealias Version3 = GICv3<DeviceRegisters, DeviceRegisters, SystemRegisterInterface>

  /// - Parameters:
  ///   - windowBase: Where physical address 0 appears; the layout's regions are mapped there.
  ///   - affinity: MPIDR_EL1's affinity fields of this CPU.
  /// - Returns: nil if no redistributor is this CPU's.
  @unsafe init?(_ layout: MachineLayout, windowBase: UInt64, affinity: UInt64) {
    // SAFETY: the parameter's promise, here and below; each block has one user.
    let distributor = unsafe DeviceRegisters(
      base: windowBase &+ layout.distributor.base, byteCount: layout.distributor.byteCount)
    switch layout.controller {
    case .none: return nil
    case .version2:
      let interface = unsafe DeviceRegisters(
        base: windowBase &+ layout.interface.base, byteCount: layout.interface.byteCount)
      self = .version2(GICv2(distributor: distributor, interface: interface))
    case .version3:
      for index in 0..<layout.redistributors.count {
        let region = layout.redistributors[index]
        let registers = unsafe DeviceRegisters(
          base: windowBase &+ region.base, byteCount: region.byteCount)
        guard
          let offset = GICRedistributors.offset(
            ofAffinity: affinity, in: registers, byteCount: region.byteCount)
        else { continue }
        let own = unsafe DeviceRegisters(
          base: windowBase &+ region.base &+ offset,
          byteCount: GICLayout.redistributorByteCount)
        self = .version3(
          GICv3(
            distributor: distributor, redistributor: own, interface: SystemRegisterInterface(),
            affinity: affinity))
        return
      }
      return nil
    }
  }

  /// Does `body` with the controller, or nothing if there is none. Neither kind keeps state
  /// outside its registers.
  @inline(__always)
  private func with<Result>(
    _ otherwise: Result, _ body2: (inout Version2) -> Result,
    _ body3: (inout Version3) -> Result
  ) -> Result {
    switch self {
    case .none: return otherwise
    case .version2(var controller): return body2(&controller)
    case .version3(var controller): return body3(&controller)
    }
  }

  /// One more than the highest interrupt.
  var lineCount: UInt32 { with(0, { $0.lineCount }, { $0.lineCount }) }
  func start() { with((), { $0.start() }, { $0.start() }) }
  func setLine(_ line: UInt32, isEnabled: Bool) {
    with((), { $0.setLine(line, isEnabled: isEnabled) }, { $0.setLine(line, isEnabled: isEnabled) })
  }
  /// 1020 or more if nothing is pending.
  func claim() -> UInt32 { with(1023, { $0.claim() }, { $0.claim() }) }
  func complete(_ line: UInt32) {
    with((), { $0.complete(line) }, { $0.complete(line) })
  }
  func interruptSelf() { with((), { $0.interruptSelf() }, { $0.interruptSelf() }) }
}
