import KernelHAL
import MnosABI
import PlatformCommon
import ProgramFormat
import X86Shims

/// What KernelImage calls every machine.
public typealias KernelPlatform = X86Platform

extension X86Platform: LiminePlatform {
  public static var name: StaticString { "x86_64" }
  public static var programMachine: ProgramMachine { .x86_64 }
  public static var processorLayout: LimineProcessorLayout { .x86 }
  public static var lowestLevelCount: Int { 4 }

  public mutating func activateKernelTables(root: PhysicalAddress) {
    // SAFETY: the caller's tables map this code, its stack and the window.
    unsafe x86_write_cr3(root.rawValue)
    ControlRegisters.enableProtection(features)
    Self.setPageAttributes()
    CPUData(index: Int(x86_current_cpu())).setAccessPrevention(
      features.hasSupervisorAccessPrevention)
  }

  /// Fills the page attribute table as the format has it.
  ///
  /// The kernel's own tables, in use by now, name entries that change from what a loader or a
  /// firmware had there at most by mistake of theirs; for that case caches are emptied, and the
  /// TLB of all that it knows, global pages too.
  /// Source: Intel SDM vol. 3A §12.12.4, Programming the PAT.
  private static func setPageAttributes() {
    guard x86_read_msr(ModelRegister.pageAttributes) != PageAttributes.word else { return }
    x86_empty_caches()
    // SAFETY: entries 0 and 3, which the kernel's tables name, mean what they are for.
    unsafe x86_write_msr(ModelRegister.pageAttributes, PageAttributes.word)
    x86_empty_caches()
    let control = x86_read_cr4()
    // SAFETY: the bit for global pages (PGE) only decides what the TLB keeps; changing it
    // empties the TLB. Source: Intel SDM vol. 3A §4.10.4.1.
    unsafe x86_write_cr4(control & ~ControlWords.globalPages)
    unsafe x86_write_cr4(control)
  }

  // MARK: Firmware tables

  /// The tables were read by `init`, for BIOSes put them into memory that they call reserved,
  /// which only the boot loader's direct map is sure to have.
  public mutating func discover() throws(BootFailure) {
    if let failure = firmwareFailure { throw failure }
  }

  public func device(at index: Int) -> DeviceDescription? {
    index == 0 ? firmware?.serialDevice(hasFirstPort: debugPort.isPresent) : nil
  }

  // MARK: Devices of the platform's own

  /// The local APIC, then what the firmware's tables name.
  public func deviceRegion(at index: Int) -> MemoryRegion? {
    guard localAPIC.physicalBase != 0 else { return firmware?.deviceRegion(at: index) }
    return index == 0
      ? FirmwareTables.page(at: localAPIC.physicalBase) : firmware?.deviceRegion(at: index - 1)
  }

  public mutating func startDevices() throws(BootFailure) {
    LegacyInterruptController.mask()
    localAPIC.start()
    bootIdentifier = localAPIC.identifier
    startIOAPICs()
    try startClock()
  }

  private mutating func startIOAPICs() {
    guard let model = firmware?.interruptModel else { return }
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

  /// Fills in where the lines go. Those triggered by levels stay masked.
  private mutating func addLines(of index: Int) {
    let controller = ioAPICs[index]
    for pin in 0..<controller.lineCount {
      let line = controller.firstLine &+ pin
      guard line < InterruptLineStates.lineLimit else { return }
      interruptLineCount = max(interruptLineCount, line + 1)
      let isWatched = isLineAvailable(line) && !signal(line: line).isLevel
      if isWatched { _ = lines.watch(line) }
      controller.set(entry(line: line, isMasked: !isWatched), line: line)
    }
  }

  private mutating func startClock() throws(BootFailure) {
    let known = features.timeStampFrequency
    guard let result = calibrate(known: known) else {
      throw .missing(StaticReason("timer that the CPU's clock can be measured by"))
    }
    guard let timeStamp = TimeScale(frequency: result.timeStampFrequency),
      let localTimer = TimeScale(frequency: result.localTimerFrequency)
    else { throw .malformed(StaticReason("frequency of the CPU's clock")) }
    clock.timeStamp = timeStamp
    clock.localTimer = localTimer
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
    let eventTimer = firmware?.eventTimerAddress ?? 0
    if eventTimer != 0,
      // SAFETY: `deviceRegion` had the registers mapped.
      let reference = unsafe ReferenceCounter(eventTimer: physicalWindowBase &+ eventTimer),
      let result = measure(reference)
    {
      return result
    }
    if let hardware = firmware?.fixedHardware, hardware.timerPort != 0 {
      let reference = ReferenceCounter(
        powerManagementPort: hardware.timerPort, is32Bit: hardware.isTimer32Bit)
      if let result = measure(reference) { return result }
    }
    return measure(ReferenceCounter())
  }

  @inline(never)
  private func measure(_ reference: ReferenceCounter) -> Calibration? {
    Calibration(by: reference, of: localAPIC, knownTimeStampFrequency: features.timeStampFrequency)
  }

  // MARK: The rest

  /// RDSEED, else RDRAND, else the time stamp.
  public func entropy() -> UInt64 {
    HardwareRandom.number(
      seed: { features.hasSeed ? Self.answer { unsafe x86_read_seed(&$0) } : nil },
      random: { features.hasRandom ? Self.answer { unsafe x86_read_random(&$0) } : nil },
      counter: { x86_read_time_stamp() })
  }

  private static func answer(_ ask: (inout UInt64) -> UInt8) -> UInt64? {
    var value: UInt64 = 0
    if ask(&value) != 0 { return value }
    x86_pause()
    return nil
  }

  public func halt() -> Never {
    while true { x86_halt() }
  }
}
