import KernelHAL
import LoongArchShims
import MnosABI
import PlatformCommon

/// What ECFG lets through, with the distance of the vectors, which asm/Entry.S has set.
enum EnabledInterrupts {
  private static var vectored: UInt64 { 1 << 16 }

  static func write(_ bits: InterruptBits) {
    mnos_loongarch_write_ecfg(vectored | bits.rawValue)
  }
}

/// Traps, interrupts and the timer.
extension LoongArchPlatform {
  /// - Parameters: ESTAT, ERA and BADV, as asm/Trap.S passes them.
  public mutating func decodeTrap(cause: UInt64, detail: UInt64, address: UInt64) -> TrapCause {
    switch LoongArchCause(estat: cause) {
    case .interrupt(let pending): return claim(pending)
    case .exception(let code, let subcode):
      if code == LoongArchCause.floatDisabled, turnOnFloat() { return .spurious }
      let instruction = UInt32(truncatingIfNeeded: mnos_loongarch_read_badi())
      return .fault(
        Fault(
          code: code, subcode: subcode, pc: detail, address: address, instruction: instruction))
    }
  }

  public mutating func waitForInterrupt() -> TrapCause {
    mnos_loongarch_wait_for_interrupt()
    return pollInterrupt()
  }

  public mutating func pollInterrupt() -> TrapCause {
    claim(InterruptBits(estat: mnos_loongarch_read_estat()))
  }

  private mutating func claim(_ pending: InterruptBits) -> TrapCause {
    if pending.contains(devicePin) { return claimLine() }
    if pending.contains(.timer) {
      stopTimer()
      return .timer
    }
    if pending.contains(.interprocessor) {
      InterprocessorInterrupt.acknowledge()
      return .wakeup
    }
    return .spurious
  }

  private mutating func claimLine() -> TrapCause {
    // Line n of the one controller is vector n of the other.
    guard let line = vectors.claim() else { return .spurious }
    return .interrupt(line: line)
  }

  // MARK: Time

  @inline(__always)
  public func now() -> UInt64 {
    time.nanoseconds(in: mnos_loongarch_read_time() &- startTicks)
  }

  @inlinable public func timestamp() -> UInt64 { mnos_loongarch_read_time() }

  public func nanoseconds(ticks: UInt64) -> UInt64 { time.nanoseconds(in: ticks) }

  public mutating func armTimer(deadline: UInt64) {
    guard deadline != .max else {
      stopTimer()
      return
    }
    let now = now()
    let rest = deadline > now ? time.ticks(for: deadline - now) : 0
    mnos_loongarch_write_tcfg(timer.word(ticks: rest))
  }

  /// Stops the timer, and takes its interrupt back.
  func stopTimer() {
    mnos_loongarch_write_tcfg(ConstantTimer.off)
    mnos_loongarch_write_ticlr(ConstantTimer.clear)
  }

  // MARK: Interrupt lines

  public var interruptLineCount: UInt32 { lines.lineCount }
  /// The kernel itself uses no line.
  public func isLineAvailable(_ line: UInt32) -> Bool { line < lines.lineCount }
  public mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    lines.setLine(line, isEnabled: isEnabled)
  }
  /// The claim ended the delivery already.
  public mutating func acceptInterrupt(line: UInt32) {
    lines.setLine(line, isEnabled: false)
  }

  public mutating func wake(cpu: Int) {
    if cpu == 0 { InterprocessorInterrupt.send(toCore: core) }
  }
}
