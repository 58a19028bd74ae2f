import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

extension X86Platform: MachinePlatform {
  public mutating func activateKernelTables(root: PhysicalAddress) {
    // SAFETY: the caller's tables map this code, its stack and the window.
    unsafe x86_write_cr3(root.rawValue)
    ControlRegisters.enableProtection(features)
    Self.checkPageAttributes()
    CPUData(index: Int(x86_current_cpu())).setAccessPrevention(
      features.hasSupervisorAccessPrevention)
  }

  /// The page-table format uses entry 0 as write-back and 3 as uncached, as the CPU has
  /// them after reset; anything else is set back.
  /// Source: Intel SDM vol. 3A §12.12, Page Attribute Table.
  private static func checkPageAttributes() {
    let value = x86_read_msr(ModelRegister.pageAttributes)
    guard value & 0xff != 6 || value >> 24 & 0xff != 0 else { return }
    // SAFETY: the kernel's own tables use no other entry.
    unsafe x86_write_msr(ModelRegister.pageAttributes, 0x0007_0406_0007_0406)
  }

  // MARK: Firmware tables

  public mutating func discover() throws(BootFailure) {
    // SAFETY: the window maps all RAM, and so every page table.
    let reader = unsafe WindowReader(windowBase: physicalWindowBase, format: pageTableFormat)
    guard acpiRoot != 0 else {
      throw .missing(StaticReason("the boot loader gave no ACPI root pointer"))
    }
    guard let root = ACPIRoot(pointerAt: acpiRoot, in: reader) else {
      throw .malformed(StaticReason("ACPI root tables"))
    }
    guard let table = root.table(.interruptControllers) else {
      throw .missing(StaticReason("ACPI interrupt controller table (MADT)"))
    }
    guard let model = ACPIInterruptModel(table) else {
      throw .malformed(StaticReason("ACPI interrupt controller table (MADT)"))
    }
    guard model.controllerCount > 0 else {
      throw .missing(StaticReason("I/O APIC in the ACPI tables"))
    }
    interruptModel = model
    readPowerTables(root)
    if let table = root.table(.eventTimer), let timer = ACPIEventTimer(table) {
      eventTimerAddress = timer.address
    }
    serialDevice = describeSerial(root.table(.serialConsole).flatMap { ACPISerialConsole($0) })
  }

  private mutating func readPowerTables(_ root: ACPIRoot<WindowReader>) {
    guard let table = root.table(.fixedHardware) else { return }
    fixedHardware = ACPIFixedHardware(table)
    if let block = root.table(.definitionBlock, at: fixedHardware.definitionBlock) {
      sleepState = ACPISleepState(off: block)
    }
    var skip: UInt64 = 0
    while sleepState == nil, let block = root.table(.secondaryDefinitionBlock, skip: skip) {
      sleepState = ACPISleepState(off: block)
      skip += 1
    }
  }

  /// The firmware's console if it names a 16550, else the PC's first port if it answers.
  private func describeSerial(_ console: ACPISerialConsole?) -> DeviceDescription? {
    var device = DeviceDescription()
    device.kind = .serial16550
    device.clockFrequency = DebugPort.clockFrequency
    if let console, console.kind == .uart16550 {
      if let port = console.register.port {
        device.ports = PortRange(first: UInt32(port), count: DebugPort.portCount)
      } else if let address = console.register.memoryAddress {
        device.registers = address
        device.registerByteCount = UInt64(DebugPort.portCount) << UInt64(console.registerShift)
        device.registerShift = console.registerShift
        device.accessWidth = console.accessWidth
      }
      if console.clockFrequency != 0 { device.clockFrequency = console.clockFrequency }
      device.line = line(of: console.interrupt)
      if device.ports.count > 0 || device.registers != 0 { return device }
    }
    guard debugPort.isPresent else { return nil }
    device.ports = PortRange(first: UInt32(DebugPort.base), count: DebugPort.portCount)
    device.line = interruptModel?.route(isa: DebugPort.isaInterrupt).line
    return device
  }

  private func line(of interrupt: ACPISerialConsole.Interrupt) -> UInt32? {
    switch interrupt {
    case .none: nil
    case .isa(let number): interruptModel?.route(isa: Int(number)).line
    case .line(let line): line
    }
  }

  public func device(at index: Int) -> DeviceDescription? { index == 0 ? serialDevice : nil }

  // MARK: Devices of the platform's own

  /// Local APIC, event timer, then the I/O APICs; those that are not there are left out.
  public func deviceRegion(at index: Int) -> MemoryRegion? {
    var position = index
    if localAPIC.physicalBase != 0 {
      if position == 0 { return Self.page(at: localAPIC.physicalBase) }
      position -= 1
    }
    if eventTimerAddress != 0 {
      if position == 0 { return Self.page(at: eventTimerAddress) }
      position -= 1
    }
    guard let model = interruptModel, position < model.controllerCount else { return nil }
    return Self.page(at: model.controller(at: position).address)
  }

  private static func page(at address: UInt64) -> MemoryRegion {
    let mask = Limits.pageByteCount - 1
    return MemoryRegion(base: address & ~mask, byteCount: Limits.pageByteCount, kind: .device)
  }

  public mutating func startDevices() throws(BootFailure) {
    LegacyInterruptController.mask()
    localAPIC.start()
    bootIdentifier = localAPIC.identifier
    startIOAPICs()
    try startClock()
  }

  private mutating func startIOAPICs() {
    guard let model = interruptModel else { return }
    var index = 0
    while index < model.controllerCount {
      let controller = model.controller(at: index)
      // SAFETY: `deviceRegion` had the registers mapped.
      ioAPICs[index] = unsafe IOAPIC(
        registers: physicalWindowBase &+ controller.address, firstLine: controller.firstLine)
      addLines(of: index)
      index += 1
    }
  }

  /// Fills in where the lines go; all stay masked.
  private mutating func addLines(of index: Int) {
    let controller = ioAPICs[index]
    for pin in 0..<controller.lineCount {
      let line = controller.firstLine &+ pin
      guard line < InterruptLineStates.lineLimit else { return }
      controller.set(entry(line: line, isMasked: true), line: line)
      interruptLineCount = max(interruptLineCount, line + 1)
    }
  }

  private mutating func startClock() throws(BootFailure) {
    let known = features.timeStampFrequency
    guard let result = calibrate(known: known) else {
      throw .missing(StaticReason("timer that the CPU's clock can be measured by"))
    }
    clock.timeStamp = TimeScale(frequency: result.timeStampFrequency)
    clock.localTimer = TimeScale(frequency: result.localTimerFrequency)
    clock.usesDeadline = features.hasTimeStampDeadline
    clock.start = x86_read_time_stamp()
    localAPIC.startTimer(byTimeStamp: clock.usesDeadline)
  }

  /// The best reference that counts: what the CPU says of itself, event timer,
  /// power-management timer, interval timer.
  private func calibrate(known: UInt64) -> Calibration? {
    if known > 0 {
      let reference = ReferenceCounter(timeStampFrequency: known)
      if let result = measure(reference) { return result }
    }
    if eventTimerAddress != 0,
      // SAFETY: `deviceRegion` had the registers mapped.
      let reference = unsafe ReferenceCounter(eventTimer: physicalWindowBase &+ eventTimerAddress),
      let result = measure(reference)
    {
      return result
    }
    if fixedHardware.timerPort != 0 {
      let reference = ReferenceCounter(
        powerManagementPort: fixedHardware.timerPort, is32Bit: fixedHardware.isTimer32Bit)
      if let result = measure(reference) { return result }
    }
    return measure(ReferenceCounter())
  }

  private func measure(_ reference: ReferenceCounter) -> Calibration? {
    Calibration(by: reference, of: localAPIC, knownTimeStampFrequency: features.timeStampFrequency)
  }

  // MARK: The rest

  /// RDSEED, else RDRAND, else the time stamp.
  public func entropy() -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<64 {
      if features.hasSeed {
        if unsafe x86_read_seed(&value) != 0 { return value }
      } else if features.hasRandom {
        if unsafe x86_read_random(&value) != 0 { return value }
      }
      x86_pause()
    }
    return x86_read_time_stamp() &* 0x9e37_79b9_7f4a_7c15
  }

  public func halt() -> Never {
    while true { x86_halt() }
  }
}
