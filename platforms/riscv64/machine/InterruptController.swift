import PlatformCommon

/// The controller of interrupt lines, whichever the machine has.
struct InterruptController {
  private var plic: PLIC<DeviceRegisters>
  private var aplic: APLIC<DeviceRegisters, IMSIC>
  private let isPLIC: Bool

  /// No controller, without lines.
  init() {
    self.init(kind: .none, registers: DeviceRegisters(), sourceCount: 0)
  }

  init(kind: InterruptControllerKind, registers: DeviceRegisters, sourceCount: UInt32) {
    var context: UInt64 = 0
    var delivery = APLICDelivery.direct(context: 0)
    switch kind {
    case .none: isPLIC = true
    case .plic(let number):
      context = number
      isPLIC = true
    case .aplic(let kind):
      delivery = kind
      isPLIC = false
    }
    plic = PLIC(registers: registers, context: context, sourceCount: sourceCount)
    aplic = APLIC(
      registers: registers, messages: IMSIC(), delivery: delivery, sourceCount: sourceCount)
  }

  var lineCount: UInt32 { isPLIC ? plic.lineCount : aplic.lineCount }
  /// Source 0 is none; the kernel itself uses no line.
  func isAvailable(_ line: UInt32) -> Bool {
    isPLIC ? line > 0 && line < plic.lineCount : aplic.isWired(line)
  }

  mutating func start() { if isPLIC { plic.start() } else { aplic.start() } }
  mutating func claim() -> UInt32? { isPLIC ? plic.claim() : aplic.claim() }
  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    if isPLIC {
      plic.setLine(line, isEnabled: isEnabled)
    } else {
      aplic.setLine(line, isEnabled: isEnabled)
    }
  }
  mutating func accept(_ line: UInt32) {
    if isPLIC { plic.accept(line) } else { aplic.accept(line) }
  }
}
