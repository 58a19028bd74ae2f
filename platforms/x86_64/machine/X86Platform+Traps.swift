import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

/// Traps, interrupts and the timer.
extension X86Platform {
  public func isLineAvailable(_ line: UInt32) -> Bool {
    line < interruptLineCount && controllerIndex(line: line) != nil
      && firmware?.interruptModel.isWired(line: line) == true
  }

  public mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard let index = controllerIndex(line: line) else { return }
    guard isEnabled else {
      let change = lines.disable(line, isLevel: signal(line: line).isLevel)
      apply(change, line: line, controller: index)
      return
    }
    let (change, isMissed) = lines.enable(line)
    apply(change, line: line, controller: index)
    if isMissed { localAPIC.send(vector: Self.vector(line: line), to: bootIdentifier) }
  }

  /// The line is masked before the end of the interrupt is told, so that a level that is
  /// still up does not come again.
  public mutating func acceptInterrupt(line: UInt32) {
    let change = lines.disable(line, isLevel: signal(line: line).isLevel)
    if change != .none, let index = controllerIndex(line: line) {
      apply(change, line: line, controller: index)
    }
    localAPIC.endInterrupt()
  }

  public mutating func decodeTrap(cause: UInt64, detail: UInt64, address: UInt64) -> TrapCause {
    if cause < X86Exception.count {
      return .fault(X86Exception.fault(vector: cause, errorCode: detail, address: address))
    }
    return decodeInterrupt(vector: UInt32(truncatingIfNeeded: cause))
  }

  public mutating func waitForInterrupt() -> TrapCause {
    decodeInterrupt(vector: x86_wait_for_interrupt())
  }

  public mutating func pollInterrupt() -> TrapCause {
    decodeInterrupt(vector: x86_poll_interrupt())
  }

  private mutating func decodeInterrupt(vector: UInt32) -> TrapCause {
    switch vector {
    case UInt32(X86_TIMER_VECTOR):
      localAPIC.endInterrupt()
      return .timer
    case UInt32(X86_WAKEUP_VECTOR):
      localAPIC.endInterrupt()
      return .wakeup
    case UInt32(X86_FIRST_LINE_VECTOR)..<UInt32(X86_LEGACY_VECTOR):
      return decodeLine(vector - UInt32(X86_FIRST_LINE_VECTOR))
    default:
      // Neither the local APIC's own spurious vector nor the masked 8259s wait for an end.
      return .spurious
    }
  }

  private mutating func decodeLine(_ line: UInt32) -> TrapCause {
    guard let index = controllerIndex(line: line) else {
      localAPIC.endInterrupt()
      return .spurious
    }
    let (isReported, change) = lines.arrive(line, isLevel: signal(line: line).isLevel)
    if isReported { return .interrupt(line: line) }
    apply(change, line: line, controller: index)
    localAPIC.endInterrupt()
    return .spurious
  }

  private func apply(
    _ change: InterruptLineStates.MaskChange, line: UInt32, controller: Int
  ) {
    guard change != .none else { return }
    ioAPICs[controller].setLowWord(entry(line: line, isMasked: change == .mask), line: line)
  }

  func entry(line: UInt32, isMasked: Bool) -> RedirectionEntry {
    RedirectionEntry(
      vector: UInt8(truncatingIfNeeded: Self.vector(line: line)), signal: signal(line: line),
      destination: UInt8(truncatingIfNeeded: bootIdentifier), isMasked: isMasked)
  }

  func signal(line: UInt32) -> ACPIInterruptModel.Signal {
    firmware?.interruptModel.signal(line: line) ?? .pci
  }

  private static func vector(line: UInt32) -> UInt32 { UInt32(X86_FIRST_LINE_VECTOR) + line }

  func controllerIndex(line: UInt32) -> Int? {
    guard line < InterruptLineStates.lineLimit else { return nil }
    for index in ioAPICs.indices where ioAPICs[index].contains(line: line) { return index }
    return nil
  }

  // MARK: Time

  public func now() -> UInt64 {
    clock.timeStamp.nanoseconds(in: x86_read_time_stamp() &- clock.start)
  }

  @inlinable public func timestamp() -> UInt64 { x86_read_time_stamp() }

  public func nanoseconds(ticks: UInt64) -> UInt64 { clock.timeStamp.nanoseconds(in: ticks) }

  public mutating func armTimer(deadline: UInt64) {
    if deadline == .max {
      clock.usesDeadline ? localAPIC.setTimer(timeStamp: 0) : localAPIC.setTimer(counts: 0)
      return
    }
    let stamp = x86_read_time_stamp()
    let now = clock.timeStamp.nanoseconds(in: stamp &- clock.start)
    let delay = deadline > now ? deadline - now : 0
    if clock.usesDeadline {
      let ticks = min(clock.timeStamp.ticks(for: delay), 1 << 62)
      localAPIC.setTimer(timeStamp: stamp &+ ticks)
    } else {
      let counts = clock.localTimer.ticks(for: delay)
      // A count that does not fit fires early: the kernel then arms it again.
      localAPIC.setTimer(counts: UInt32(truncatingIfNeeded: min(counts, 0xffff_ffff)))
    }
  }
}
