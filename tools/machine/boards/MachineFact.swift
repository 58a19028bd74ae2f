/// Something that holds on a machine of a certain kind: the system comes up there and answers as it
/// does elsewhere. The raw value is part of a test's name, the same on every architecture.
public enum MachineFact: String, Sendable, CaseIterable {
  case startsFromCD
  case startsFromAHCIDisk
  case startsFromUSBStick
  case startsFromNVMeDrive
  case startsByBIOS
  case startsByUEFI
  case leastMemoryIsEnough
  case sixteenGibibytesAreTaken
  case otherCPUsMayBePresent
  case eightCPUsMayBePresent
  case describedByACPI
  case describedByDeviceTree
  case oldInterruptController
  case newInterruptController
  case secondBestTimer
  case fewAddressBits
  case manyAddressBits
  case hypervisorLevelPresent
  case secondBoard
}

extension MachineSpec {
  /// What a boot of it shows: what its columns say, and what it is in the table for.
  public var facts: Set<MachineFact> {
    var facts = Set(shows)
    switch attachment {
    case .cd, .scsiCD: facts.insert(.startsFromCD)
    case .ahci: facts.insert(.startsFromAHCIDisk)
    case .usb: facts.insert(.startsFromUSBStick)
    case .nvme: facts.insert(.startsFromNVMeDrive)
    case .virtioPCI, .virtioMMIO: break
    }
    facts.insert(firmware == .bios ? .startsByBIOS : .startsByUEFI)
    if memory == "16G" { facts.insert(.sixteenGibibytesAreTaken) }
    if cpuCount > 1 {
      facts.insert(cpuCount == 8 ? .eightCPUsMayBePresent : .otherCPUsMayBePresent)
    }
    return facts
  }
}
