import KernelHAL
import MnosABI
import PlatformCommon
import RISCVShims

/// Traps, interrupts and the timer.
extension RISCVPlatform {
  /// - Parameters: scause, sepc and stval, as asm/Trap.S passes them.
  public mutating func decodeTrap(cause: UInt64, detail: UInt64, address: UInt64) -> TrapCause {
    switch RISCVCause(scause: cause) {
    case .timerInterrupt: return claimTimer()
    case .externalInterrupt: return claimLine()
    case .softwareInterrupt: return claimWakeup()
    case .otherInterrupt: return .spurious
    case .exception(let code):
      if code == RISCVCause.illegalInstruction, turnOnFloat() { return .spurious }
      return .fault(Fault(exception: code, pc: detail, address: address))
    }
  }

  /// Interrupts are masked by sstatus.SIE throughout, but wake the CPU all the same: one that
  /// comes before the wait is still pending in it, so none is slept through.
  ///
  /// Source: RISC-V Privileged Architecture, "Wait for Interrupt".
  public mutating func waitForInterrupt() -> TrapCause {
    mnos_riscv_wait_for_interrupt()
    return pollInterrupt()
  }

  public mutating func pollInterrupt() -> TrapCause {
    let pending = mnos_riscv_read_sip()
    if pending & InterruptBits.external != 0 { return claimLine() }
    if pending & InterruptBits.timer != 0 { return claimTimer() }
    if pending & InterruptBits.software != 0 { return claimWakeup() }
    return .spurious
  }

  private mutating func claimTimer() -> TrapCause {
    setTimer(ticks: .max)
    return .timer
  }

  /// What is done about the interrupt afterwards is done after it was claimed.
  private mutating func claimLine() -> TrapCause {
    guard let line = controller.claim() else { return .spurious }
    mnos_riscv_fence_devices()
    return .interrupt(line: line)
  }

  private mutating func claimWakeup() -> TrapCause {
    mnos_riscv_clear_sip(InterruptBits.software)
    return .wakeup
  }

  // MARK: Time

  @inline(__always)
  public func now() -> UInt64 {
    time.nanoseconds(in: mnos_riscv_read_time() &- startTicks)
  }

  @inlinable public func timestamp() -> UInt64 { mnos_riscv_read_time() }

  public func nanoseconds(ticks: UInt64) -> UInt64 { time.nanoseconds(in: ticks) }

  public mutating func armTimer(deadline: UInt64) {
    guard deadline != .max else {
      setTimer(ticks: .max)
      return
    }
    let ticks = mnos_riscv_read_time()
    let now = time.nanoseconds(in: ticks &- startTicks)
    let rest = deadline > now ? time.ticks(for: deadline - now) : 0
    let (target, overflow) = ticks.addingReportingOverflow(rest)
    setTimer(ticks: overflow ? .max : target)
  }

  /// Interrupts once the time counter is at `ticks` or beyond.
  @inline(__always)
  func setTimer(ticks: UInt64) {
    if features.hasTimerCompare {
      mnos_riscv_write_stimecmp(ticks)
    } else {
      firmware.setTimer(ticks: ticks)
    }
  }

  // MARK: Interrupt lines

  public var interruptLineCount: UInt32 { controller.lineCount }
  public func isLineAvailable(_ line: UInt32) -> Bool { controller.isAvailable(line) }
  /// What a driver did to the device before is done before the line is completed.
  public mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    mnos_riscv_fence_devices()
    controller.setLine(line, isEnabled: isEnabled)
  }
  public mutating func acceptInterrupt(line: UInt32) {
    controller.accept(line)
  }

  public mutating func wake(cpu: Int) {
    if cpu == 0 { firmware.sendInterrupt(toHart: boot.bootCPU) }
  }
}
