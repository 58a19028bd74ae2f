import KernelHAL
import MnosABI

/// A serial port of a device tree; its interrupt is left to who knows the controller.
public struct DeviceTreeSerialPort {
  public let node: DeviceTreeNode
  public var device: DeviceDescription
}

extension DeviceTree {
  /// The port that the firmware talks on; the first there is, where the tree does not say.
  ///
  /// No other will do if that one cannot be driven: a board may have its radio on the next.
  ///
  /// - Parameter isDriven: Whether there is a driver for a kind.
  ///
  /// Source: Devicetree Specification 0.4 §3.6, /chosen; Linux devicetree bindings serial/8250
  /// and serial/pl011.
  public func serialPort(
    noting report: inout FirmwareReport, driving isDriven: (DeviceKind) -> Bool
  ) -> DeviceTreeSerialPort? {
    func isPort(_ node: DeviceTreeNode) -> Bool {
      let kind = serialKind(of: node)
      return kind != .none && isDriven(kind)
    }
    guard let chosen = child("chosen", of: root), let path = property("stdout-path", of: chosen)
    else { return firstNode(where: isPort).flatMap { serialPort(at: $0) } }
    if let node = node(namedBy: path), isPort(node), let port = serialPort(at: node) {
      return port
    }
    report.note(.deviceTree, .unknownConsole)
    return nil
  }

  private func serialPort(at node: DeviceTreeNode) -> DeviceTreeSerialPort? {
    guard let registers = registers(of: node) else { return nil }
    var device = DeviceDescription()
    device.kind = serialKind(of: node)
    device.registers = registers.base
    device.registerByteCount = registers.byteCount
    let isPL011 = device.kind == .serialPL011
    let shift = cell("reg-shift", of: node) ?? (isPL011 ? 2 : 0)
    device.registerShift = UInt8(truncatingIfNeeded: min(shift, 8))
    switch cell("reg-io-width", of: node) {
    case 2: device.accessWidth = 2
    case 4: device.accessWidth = 4
    default: device.accessWidth = isPL011 ? 4 : 1
    }
    device.clockFrequency = cell("clock-frequency", of: node) ?? inputClock(of: node) ?? 0
    return DeviceTreeSerialPort(node: node, device: device)
  }

  /// The frequency of a device's first clock, if that never changes.
  ///
  /// Source: Linux devicetree binding clock/fixed-clock.
  private func inputClock(of node: DeviceTreeNode) -> UInt32? {
    guard
      let handle = cell("clocks", of: node), let clock = self.node(withHandle: handle),
      isCompatible(clock, with: "fixed-clock")
    else { return nil }
    return cell("clock-frequency", of: clock)
  }

  private func serialKind(of node: DeviceTreeNode) -> DeviceKind {
    guard isEnabled(node), let models = property("compatible", of: node) else { return .none }
    if lists("arm,pl011", in: models) { return .serialPL011 }
    let is16550 =
      lists("ns16550a", in: models) || lists("ns16550", in: models)
      || lists("snps,dw-apb-uart", in: models)
    return is16550 ? .serial16550 : .none
  }
}

extension ACPISerialConsole {
  /// The port as a device; its line is left to who knows the controller. nil if it is
  /// neither in memory nor at I/O ports.
  public var device: DeviceDescription? {
    var device = DeviceDescription()
    device.clockFrequency = clockFrequency
    if let port = register.port {
      device.ports = PortRange(first: UInt32(port), count: 8)
    } else if let address = register.memoryAddress {
      device.registers = address
      device.registerByteCount = kind == .uartPL011 ? 0x1000 : 8 << UInt64(registerShift)
      device.registerShift = kind == .uartPL011 ? 2 : registerShift
      device.accessWidth = kind == .uartPL011 ? 4 : accessWidth
    } else {
      return nil
    }
    switch kind {
    case .uart16550: device.kind = .serial16550
    case .uartPL011: device.kind = .serialPL011
    }
    return device
  }
}
