import Libmnos

/// The capabilities from which init gives, and how each grant becomes one in a new process.
struct Authority: ~Copyable {
  let machine: Machine
  let archive: Memory
  let endpoint: ReceiveEndpoint
  let devices: [DeviceRecord]

  /// Copies what `grant` names into `process` and notes it in `record`.
  func give(
    _ grant: Grant, to process: borrowing Process, number: UInt32, in record: inout StartRecord
  ) throws(SpawnFailure) {
    switch grant {
    case .directory:
      let badge = ClientBadge(process: number, mayUseDirectory: true)
      try giveSender("directory", badge, to: process, in: &record)
    case .processes(let mayUsePower):
      let badge = ClientBadge(
        process: number, mayUseProcesses: true, mayUsePower: mayUsePower)
      try giveSender("processes", badge, to: process, in: &record)
    case .machineStatistics:
      try Self.give(machine, "machine", rights: .read, to: process, in: &record)
    case .archive:
      let rights = Rights.read.union(.copy).union(.transfer)
      try Self.give(archive, "initramfs", rights: rights, to: process, in: &record)
    case .serialPort:
      try giveSerialPort(to: process, in: &record)
    }
  }

  /// Names a copy of a capability in the record.
  static func give<Kind>(
    _ capability: borrowing Capability<Kind>, _ name: StaticString, rights: Rights,
    badge: UInt64 = 0, to process: borrowing Process, in record: inout StartRecord
  ) throws(SpawnFailure) {
    let handle: Handle
    do throws(SyscallStatus) {
      handle = try capability.copy(into: process, rights: rights, badge: badge)
    } catch {
      throw .kernel(error)
    }
    let entry = StartRecord.NamedCapability(
      name: ShortName(name), handle: handle, type: Kind.objectType)
    guard record.append(entry) else { throw .tooManyGrants }
  }

  private func giveSender(
    _ name: StaticString, _ badge: ClientBadge, to process: borrowing Process,
    in record: inout StartRecord
  ) throws(SpawnFailure) {
    let rights = Rights.write.union(.call).union(.grant)
    try Self.give(
      endpoint, name, rights: rights, badge: badge.rawValue, to: process, in: &record)
  }

  /// The first serial port; a machine without one gives nothing, and its driver says so.
  private func giveSerialPort(
    to process: borrowing Process, in record: inout StartRecord
  ) throws(SpawnFailure) {
    let kinds = [DeviceKind.serial16550.rawValue, DeviceKind.serialPL011.rawValue]
    guard var device = devices.first(where: { kinds.contains($0.kind) }) else { return }
    do throws(SyscallStatus) {
      device.registers = try Self.copy(device.registers, into: process)
      device.ports = try Self.copy(device.ports, into: process)
      device.interrupt = try Self.copy(device.interrupt, into: process)
    } catch {
      throw .kernel(error)
    }
    guard record.append(device) else { throw .tooManyGrants }
  }

  private static func copy(
    _ handle: UInt32, into process: borrowing Process
  ) throws(SyscallStatus) -> UInt32 {
    guard handle != 0 else { return 0 }
    return try Handle(rawValue: handle).copy(into: process, rights: .all).rawValue
  }
}
