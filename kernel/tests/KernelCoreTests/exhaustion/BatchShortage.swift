import MnosABI
import Testing

@testable import KernelCore

/// Frames are missing while one batch of a long call is done, and are there before and after it.
struct BatchShortage {
  let base: Exhaustible

  /// - Returns: Whether the call failed; then nothing has changed.
  @discardableResult
  func run(missingIn batch: Int) -> Bool {
    let machine = TestMachine(copying: base.machine)
    machine.become(base.caller.thread)
    let before = KernelDigest(machine, callers: [base.caller.thread])
    func short(_ isShort: Bool, _ body: () -> Void) {
      let reserve = isShort ? Pressure.frames.apply(to: machine, leaving: 0) : nil
      body()
      reserve?.lift(from: machine)
    }
    machine.holdingWork { short(batch == 0) { _ = base.call(machine) } }
    var done = 1
    while machine.isWorking(base.caller) {
      short(batch == done) { machine.continueWork(of: base.caller) }
      done += 1
    }
    machine.settle()
    let outcome = machine.outcome(base.caller)
    defer {
      for frame in base.held { machine.kernel.frames.free(frame, count: 1) }
      #expect(machine.findings == [])
    }
    guard outcome.status != .ok else { return false }
    #expect(outcome.status == .noMemory, "batch \(batch): \(outcome)")
    let after = KernelDigest(machine, callers: [base.caller.thread])
    #expect(after.differences(from: before) == [], "batch \(batch)")
    return true
  }
}
