import X86Shims

/// The interrupt controller and timer inside the CPU that runs this.
///
/// Source: Intel SDM vol. 3A ch. 11, Advanced Programmable Interrupt Controller.
@safe struct LocalAPIC {
  /// Where the registers are: model-specific registers if the firmware left the CPU in
  /// x2APIC mode, memory otherwise.
  private let isExtended: Bool
  private let registers: UInt64
  /// Physical address of the registers in memory; 0 in x2APIC mode.
  let physicalBase: UInt64

  private enum Register {
    static var identifier: UInt32 { 0x20 }
    static var taskPriority: UInt32 { 0x80 }
    static var endOfInterrupt: UInt32 { 0xb0 }
    static var spurious: UInt32 { 0xf0 }
    static var commandLow: UInt32 { 0x300 }
    static var commandHigh: UInt32 { 0x310 }
    static var timer: UInt32 { 0x320 }
    static var thermal: UInt32 { 0x330 }
    static var performance: UInt32 { 0x340 }
    static var pin0: UInt32 { 0x350 }
    static var error: UInt32 { 0x370 }
    static var initialCount: UInt32 { 0x380 }
    static var currentCount: UInt32 { 0x390 }
    static var divider: UInt32 { 0x3e0 }
  }
  private static var masked: UInt32 { 1 << 16 }
  private static var deadlineMode: UInt32 { 2 << 17 }

  /// Finds the controller and turns it on if the firmware has not. Its registers are not
  /// touched yet.
  init(physicalWindowBase: UInt64) {
    var base = x86_read_msr(ModelRegister.localAPICBase)
    if base & (1 << 11) == 0 {
      base |= 1 << 11
      // SAFETY: turns the controller on at the address where it is.
      unsafe x86_write_msr(ModelRegister.localAPICBase, base)
    }
    isExtended = base & (1 << 10) != 0
    physicalBase = isExtended ? 0 : base & 0x000f_ffff_ffff_f000
    registers = physicalWindowBase &+ physicalBase
  }

  private func read(_ register: UInt32) -> UInt32 {
    if isExtended {
      let value = x86_read_msr(ModelRegister.extendedLocalAPIC + register >> 4)
      return UInt32(truncatingIfNeeded: value)
    }
    // SAFETY: `deviceRegion` had the registers mapped before anything calls this.
    return unsafe x86_load32(registers &+ UInt64(register))
  }

  @inline(__always)
  private func write(_ register: UInt32, _ value: UInt32) {
    if isExtended {
      // SAFETY: only this controller's own registers are written.
      unsafe x86_write_msr(ModelRegister.extendedLocalAPIC + register >> 4, UInt64(value))
    } else {
      // SAFETY: as for `read`.
      unsafe x86_store32(registers &+ UInt64(register), value)
    }
  }

  /// Accepts interrupts of every priority; all local sources masked but NMI's pin.
  func start() {
    write(Register.timer, Self.masked)
    write(Register.thermal, Self.masked)
    write(Register.performance, Self.masked)
    write(Register.pin0, Self.masked)
    write(Register.error, Self.masked)
    write(Register.taskPriority, 0)
    write(Register.spurious, 1 << 8 | UInt32(X86_SPURIOUS_VECTOR))
    // Whatever the firmware left in service.
    for _ in 0..<8 { endInterrupt() }
  }

  var identifier: UInt32 {
    isExtended ? read(Register.identifier) : read(Register.identifier) >> 24
  }

  @inline(__always)
  func endInterrupt() { write(Register.endOfInterrupt, 0) }

  /// Sends a vector to the CPU with this APIC id, which may be this one.
  func send(vector: UInt32, to identifier: UInt32) {
    if isExtended {
      // SAFETY: the vector is one of the kernel's own.
      unsafe x86_write_msr(
        ModelRegister.extendedLocalAPIC + Register.commandLow >> 4,
        UInt64(identifier) << 32 | UInt64(vector))
      return
    }
    write(Register.commandHigh, identifier << 24)
    write(Register.commandLow, vector)
  }

  /// Counts down from the highest value without interrupting, one count a bus clock.
  func startMeasuring() {
    write(Register.divider, 0b1011)
    write(Register.timer, Self.masked | UInt32(X86_TIMER_VECTOR))
    write(Register.initialCount, .max)
  }
  /// Counts since `startMeasuring`.
  var measuredCounts: UInt32 { .max - read(Register.currentCount) }

  /// Makes the timer interrupt when its count, or the time stamp, is reached.
  func startTimer(byTimeStamp: Bool) {
    write(Register.initialCount, 0)
    let mode = byTimeStamp ? Self.deadlineMode : 0
    write(Register.timer, mode | UInt32(X86_TIMER_VECTOR))
    // The mode is in memory, the deadline in a model-specific register, whose writes wait for
    // nothing: one that came first would be lost.
    // Source: Intel SDM vol. 3A §10.5.4.1, TSC-Deadline Mode.
    x86_memory_fence()
  }

  /// Interrupts once after this many counts; 0 stops the timer.
  @inline(__always)
  func setTimer(counts: UInt32) { write(Register.initialCount, counts) }

  /// Interrupts once when the time stamp reaches `stamp`; 0 stops the timer.
  @inline(__always)
  func setTimer(timeStamp stamp: UInt64) {
    // SAFETY: the register only times an interrupt.
    unsafe x86_write_msr(ModelRegister.timeStampDeadline, stamp)
  }
}
