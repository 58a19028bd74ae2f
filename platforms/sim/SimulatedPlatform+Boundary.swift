import KernelHAL
import MnosABI

extension SimulatedPlatform: Platform {
  public typealias Registers = SimulatedRegisters
  public typealias ExtendedState = SimulatedExtendedState
  public typealias Format = SimulatedPageTableFormat

  public var physicalWindowBase: UInt64 { memory.windowBase }
  public var pageTableFormat: SimulatedPageTableFormat { configuration.pageTableFormat }
  public var cpuCount: Int { configuration.cpuCount }

  public func now() -> UInt64 { clock.read() }

  public func timestamp() -> UInt64 { clock.time }

  public func nanoseconds(ticks: UInt64) -> UInt64 { ticks }

  public mutating func armTimer(deadline: UInt64) {
    guard !neglect.contains(.timer) else { return }
    cpus[currentCPU].timerDeadline = deadline
  }

  public var addressSpaceIdentifierCount: UInt32 { configuration.addressSpaceIdentifierCount }

  public mutating func activate(_ space: AddressSpaceTag) {
    check(space)
    cpus[currentCPU].activeSpace = space
    guard space.identifier == 0, !neglects(.activation) else { return }
    cpus[currentCPU].translations.drop(identifier: 0)
    cpus[currentCPU].walks.drop(identifier: 0)
  }

  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    check(space)
    guard !neglects(.mappingAdded) else { return }
    let dropsWalks = linksTables && !neglects(.tableLinks)
    let end = page.rawValue + pageCount * Limits.pageByteCount
    lastAddition = page.rawValue..<end
    for cpu in cpus.indices {
      cpus[cpu].translations.dropEmpty(page.rawValue..<end, in: space)
      if dropsWalks { cpus[cpu].walks.drop(space) }
    }
    announce(page.rawValue..<end, in: space)
  }

  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    check(space)
    guard !neglects(.mappingRemoved) else { return }
    for cpu in cpus.indices {
      if cpu != currentCPU && neglect.contains(.mappingRemovedElsewhere) { continue }
      cpus[cpu].translations.drop(page: page.rawValue, in: space)
    }
    reviseAnnouncement(of: page.rawValue, in: space)
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    check(space)
    guard !neglects(.spaceRemoved) else { return }
    for cpu in cpus.indices {
      cpus[cpu].translations.drop(space)
      cpus[cpu].walks.drop(space)
    }
  }

  private mutating func check(_ space: AddressSpaceTag) {
    if space.identifier >= configuration.addressSpaceIdentifierCount {
      report(.identifierOutOfRange(space.identifier))
    }
    if !memory.contains(space.root.rawValue, count: Limits.pageByteCount) {
      report(.rootNotInMemory(space.root.rawValue))
    }
  }

  public var interruptLineCount: UInt32 { configuration.lineCount }

  public func isLineAvailable(_ line: UInt32) -> Bool { interruptController.isAvailable(line) }

  public mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard interruptController.isAvailable(line) else { return report(.lineNotAvailable(line)) }
    interruptController.enable(line, isEnabled)
  }

  public mutating func acceptInterrupt(line: UInt32) {
    guard line < configuration.lineCount else { return report(.lineNotAvailable(line)) }
    if !interruptController.accept(line) { report(.lineNotClaimed(line)) }
  }

  public mutating func wake(cpu: Int) {
    cpus[cpu].isWakeupPending = true
    cpus[cpu].wakeCount += 1
  }

  public mutating func switchExtendedState(
    from old: inout SimulatedExtendedState, to new: inout SimulatedExtendedState
  ) {
    guard !neglect.contains(.extendedState) else { return }
    if !old.isLoaded { report(.extendedStateSavedElsewhere) }
    old.words = cpus[currentCPU].extendedRegisters
    old.isLoaded = false
    loadExtendedState(&new)
  }

  public mutating func loadExtendedState(_ new: inout SimulatedExtendedState) {
    guard !neglect.contains(.extendedState) else { return }
    if new.isLoaded { report(.extendedStateLoadedTwice) }
    cpus[currentCPU].extendedRegisters = new.words
    new.words = .init(repeating: SimulatedMemory.poison)
    new.isLoaded = true
  }

  public var hasPorts: Bool { configuration.hasPorts }

  public mutating func activatePorts(_ ports: PortSet) {
    if !configuration.hasPorts && !ports.isEmpty { report(.noPorts) }
    guard !neglect.contains(.portSet) else { return }
    cpus[currentCPU].ports = ports
  }

  public mutating func writeDebug(byte: UInt8) { debugOutput.append(byte) }
  public mutating func powerOff() { powerState = .off }
  public mutating func reboot() { powerState = .rebooting }
}
