/// What the machine's tables say of the controller of interrupt lines.
enum InterruptControllerKind: Equatable {
  case none
  /// The number is that of the boot CPU's supervisor mode in the controller.
  case plic(context: UInt64)
  case aplic(APLICDelivery)

  /// Bytes of registers that it has at least.
  var leastByteCount: UInt64 {
    switch self {
    case .none: 0
    case .plic(let context): PLICLayout.byteCount(context: context)
    case .aplic(let delivery): APLICLayout.byteCount(delivery)
    }
  }

  /// Whether the number is one that such a controller can have.
  var isPossible: Bool {
    switch self {
    case .none: false
    case .plic(let context): context <= PLICLayout.highestContext
    case .aplic(.direct(let context)): context <= APLICLayout.highestContext
    case .aplic(.messages(let file, let identityCount)):
      file <= 0x3fff && (1...2047).contains(identityCount)
    }
  }
}
