import Libmnos
import TestHarness

/// The serial port's interrupt, and the port that makes it fire.
struct ClaimedLine {
  let machine: Handle
  let number: UInt64
  var interrupt: Handle
  private let port: SerialPort?

  /// The line of the first serial port that has one.
  init(_ boot: BootInfo, process: Handle) {
    machine = Handle(rawValue: boot.machine)
    let device = Self.serialPort(boot)
    interrupt = Handle(rawValue: device.interrupt)
    number = KernelCalls.query(interrupt).word(0)
    port = SerialPort(device, process: process)
    port?.beQuiet()
  }

  private static func serialPort(_ boot: BootInfo) -> DeviceRecord {
    let devices = [boot.devices.0, boot.devices.1, boot.devices.2, boot.devices.3]
    return devices.prefix(Int(boot.deviceCount)).first { $0.interrupt != 0 } ?? DeviceRecord()
  }

  /// Has the device ask for service.
  ///
  /// - Throws: If there is none that could.
  func fire(line: UInt = #line) throws(Unexpected) {
    guard let port else {
      return try expect(false, "the machine has no serial port with an interrupt", line: line)
    }
    try expect(port.ask(), "the serial port does not ask for service", line: line)
  }

  /// Serves the device: it asks for nothing more.
  func serve() { port?.beQuiet() }

  /// Binds the line to a new notification, which it signals with `badge`, and no longer to the
  /// last one.
  func bind(_ scope: inout Scope, badge: UInt64 = 8) throws(Unexpected) -> Handle {
    unbind()
    let notification = try scope.notification()
    let badged = try scope.copy(notification, rights: .write.union(.copy), badge: badge)
    try expect(KernelCalls.bind(interrupt, to: badged))
    return notification
  }

  func unbind() { _ = KernelCalls.bind(interrupt, to: .none) }

  func acknowledge() -> Outcome { KernelCalls.raw(.acknowledge, interrupt.argument) }

  var deliveries: UInt64 { KernelCalls.query(interrupt).word(1) }
  var isWaiting: Bool { KernelCalls.query(interrupt).word(2) != 0 }

  /// Asks for a line, with authority over `machine`.
  static func claim(_ line: UInt64, of machine: Handle, from budget: Handle) -> Outcome {
    KernelCalls.create(.interrupt, from: budget, machine.argument, line)
  }
}
