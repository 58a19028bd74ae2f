import KernelHAL
import MnosABI

/// What happens to a machine from outside: time, devices, other CPUs.
extension SimulatedPlatform {
  /// Lets time pass. It never goes back.
  public mutating func advance(to time: UInt64) {
    precondition(time >= self.time, "time does not go back")
    clock.time = time
  }

  /// A device asserts its line.
  public mutating func raise(line: UInt32) { interruptController.setLevel(line, isUp: true) }

  /// A device lets go of its line.
  public mutating func lower(line: UInt32) { interruptController.setLevel(line, isUp: false) }

  /// A device sends an edge, remembered until it is reported.
  public mutating func pulse(line: UInt32) { interruptController.pulse(line) }

  /// The next interrupt that CPU `cpu` takes, claimed; nil if none is pending.
  public mutating func nextInterrupt(cpu: Int) -> TrapCause? {
    if cpus[cpu].isWakeupPending {
      cpus[cpu].isWakeupPending = false
      return .wakeup
    }
    if cpus[cpu].timerDeadline <= time {
      cpus[cpu].timerDeadline = .max
      return .timer
    }
    return interruptController.claim().map { .interrupt(line: $0) }
  }

  /// Whether `nextInterrupt` has something for `cpu`.
  public func hasInterrupt(cpu: Int) -> Bool {
    cpus[cpu].isWakeupPending || cpus[cpu].timerDeadline <= time
      || interruptController.lines.contains(where: \.isPending)
  }

  /// The timer fires before its deadline, by rounding.
  public mutating func fireTimerEarly(cpu: Int) -> TrapCause {
    cpus[cpu].timerDeadline = .max
    return .timer
  }

  /// Checks what must hold whenever a CPU goes back to user code.
  public mutating func checkReturnToUser() {
    if let line = interruptController.claimedLine { report(.interruptLeftClaimed(line)) }
    checkAllPublications()
  }

  /// Whether code on `cpu` may use I/O port `port`.
  public func permitsPort(_ port: UInt32, cpu: Int) -> Bool {
    let set = cpus[cpu].ports.ranges
    return [set.0, set.1, set.2, set.3].contains {
      port >= $0.first && port - $0.first < $0.count
    }
  }

  /// What user code has in its vector registers.
  public func extendedRegisters(cpu: Int) -> [UInt64] {
    (0..<4).map { cpus[cpu].extendedRegisters[$0] }
  }

  /// User code fills its vector registers.
  public mutating func setExtendedRegisters(_ value: UInt64, cpu: Int) {
    for index in 0..<4 { cpus[cpu].extendedRegisters[index] = value &+ UInt64(index) }
  }
}
