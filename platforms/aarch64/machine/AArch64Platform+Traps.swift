import AArch64Shims
import KernelHAL
import MnosABI
import PlatformCommon

/// Traps, interrupts and the timer.
extension AArch64Platform {
  /// - Parameters: as asm/Trap.S passes them: cause word, pc, FAR_EL1.
  public mutating func decodeTrap(cause: UInt64, detail: UInt64, address: UInt64) -> TrapCause {
    switch TrapReason(cause: cause) {
    case .interrupt: return claim()
    case .systemError(let code):
      return .fault(Fault(kind: .other, address: detail, code: code))
    case .floatAccess where turnOnFloat(): return .spurious
    case .floatAccess:
      return .fault(Fault(kind: .illegalInstruction, address: detail, code: cause))
    case .exception(let syndrome):
      return .fault(Fault(syndrome, pc: detail, address: address))
    }
  }

  /// Interrupts are masked by PSTATE throughout, but wake the CPU all the same: one that comes
  /// before the wait is still pending in it, so none is slept through.
  ///
  /// Source: DDI 0487 §D1.7.2, Wait for Interrupt.
  public mutating func waitForInterrupt() -> TrapCause {
    mnos_aarch64_wait_for_interrupt()
    return pollInterrupt()
  }

  /// ISR_EL1 says whether there is anything to ask the controller about.
  public mutating func pollInterrupt() -> TrapCause {
    mnos_aarch64_read_isr() & Self.interruptBits == 0 ? .spurious : claim()
  }

  /// ISR_EL1.I and F.
  private static var interruptBits: UInt64 { 1 << 7 | 1 << 6 }

  private mutating func claim() -> TrapCause {
    let interrupt = controller.claim()
    guard interrupt < GICLayout.interruptLimit else { return .spurious }
    if interrupt == layout.timerInterrupt {
      setTimer(ticks: .max)
      // The timer's level is down before the controller looks at it again.
      mnos_aarch64_instruction_barrier()
      controller.complete(interrupt)
      return .timer
    }
    // What is done about the interrupt afterwards is done after it was claimed.
    mnos_aarch64_device_barrier()
    if interrupt >= GICLayout.firstShared { return .interrupt(line: interrupt) }
    controller.complete(interrupt)
    return interrupt == 0 ? .wakeup : .spurious
  }

  // MARK: Time

  @inline(__always)
  public func now() -> UInt64 {
    time.nanoseconds(in: mnos_aarch64_read_counter() &- startTicks)
  }

  @inline(__always)
  public func timestamp() -> UInt64 { mnos_aarch64_read_counter() }

  public func nanoseconds(ticks: UInt64) -> UInt64 { time.nanoseconds(in: ticks) }

  public mutating func armTimer(deadline: UInt64) {
    guard deadline != .max else {
      setTimer(ticks: .max)
      return
    }
    let ticks = mnos_aarch64_read_counter()
    let now = time.nanoseconds(in: ticks &- startTicks)
    let rest = deadline > now ? time.ticks(for: deadline - now) : 0
    let (target, overflow) = ticks.addingReportingOverflow(rest)
    setTimer(ticks: overflow ? .max : target)
  }

  /// Interrupts once the counter is at `ticks` or beyond.
  @inline(__always)
  func setTimer(ticks: UInt64) { mnos_aarch64_write_cntv_cval(ticks) }

  // MARK: Interrupt lines

  public var interruptLineCount: UInt32 { controller.lineCount }
  /// Devices' interrupts only: the others are each CPU's own, and the kernel's.
  public func isLineAvailable(_ line: UInt32) -> Bool {
    line >= GICLayout.firstShared && line < controller.lineCount
  }
  /// What a driver did to the device before is done before the line is let through.
  public mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard line >= GICLayout.firstShared else { return }
    mnos_aarch64_device_barrier()
    controller.setLine(line, isEnabled: isEnabled)
  }
  /// The line is kept before its claim ends, or a level still up would interrupt again.
  public mutating func acceptInterrupt(line: UInt32) {
    controller.setLine(line, isEnabled: false)
    mnos_aarch64_device_barrier()
    controller.complete(line)
  }

  public mutating func wake(cpu: Int) {
    if cpu == 0 { controller.interruptSelf() }
  }
}
