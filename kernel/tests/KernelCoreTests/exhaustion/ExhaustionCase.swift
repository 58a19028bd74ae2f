import MnosABI
import Testing

@testable import KernelCore

/// A call that takes something, on a machine where all is set up for it.
struct Exhaustible {
  let machine: TestMachine
  let caller: Actor
  /// Makes the call.
  let call: (TestMachine) -> Outcome
  /// What can be used up that it takes, each on its own.
  let pressures: [Pressure]
  /// Capabilities that the caller holds, to be ended when nothing is left.
  let victims: Victims
  /// Frames that the test keeps, so that others are not together.
  var held: [FrameNumber] = []
  /// Whether the call did all it was to do.
  var isDone: (TestMachine, Outcome) -> Bool = { $1.status == .ok || $1.isBlocked }
  /// Where a call that finds too little completes all the same, without what it found no room for:
  /// how it would have wanted no more than that. Nil if it failed.
  var modesty: (TestMachine, Outcome) -> Modesty? = { _, _ in nil }
  /// Whether each frame or object taken is the one that is missing once. Not so where a shortage
  /// has the call take others.
  var isCounted = true
  /// The distance of the amounts that are tried, where they are many: first and last are always.
  var stride: UInt64 = 1

  /// Has a call want less, and puts back after it what was changed for that.
  struct Modesty {
    let begin: (TestMachine) -> Void
    let end: (TestMachine) -> Void
  }
}

/// What a caller ends while nothing is left.
struct Victims {
  let endpoint: Handle
  /// Derived from it.
  let copy: Handle
  let memory: Handle
  let budget: Handle

  /// Deletes, revokes and destroys; returns what did not succeed.
  func end(by actor: Actor, _ machine: TestMachine) -> [String] {
    var failures: [String] = []
    func check(_ name: String, _ outcome: Outcome) {
      if outcome.status != .ok { failures.append("\(name): \(outcome)") }
    }
    check("delete", machine.delete(actor, copy))
    check("unmap", machine.unmap(actor, at: Stage.victimPage))
    check("delete memory", machine.delete(actor, memory))
    check("revoke", machine.revoke(actor, endpoint))
    check("destroy", machine.destroy(actor, endpoint))
    check("destroy a budget", machine.destroy(actor, budget))
    return failures
  }
}

/// Runs a case with less and less missing.
struct ExhaustionSweep {
  let name: String
  let base: Exhaustible
  private let before: KernelDigest
  /// What the call takes when there is enough.
  private(set) var takes: [KernelDigest.Kind: Int] = [:]
  private(set) var failures = 0
  private var used: [Int: UInt64] = [:]

  init(_ name: String, _ base: Exhaustible) {
    self.name = name
    self.base = base
    base.machine.become(base.caller.thread)
    before = KernelDigest(base.machine, callers: [base.caller.thread])
    if base.machine.kernel.frames.freeCount > 0 { measure() }
  }

  /// What the call takes, by what is there afterwards that was not before.
  private mutating func measure() {
    let machine = TestMachine(copying: base.machine)
    let before = base.pressures.map { $0.left(machine) }
    let outcome = base.call(machine)
    #expect(base.isDone(machine, outcome), "\(name): with enough of everything: \(outcome)")
    for (index, pressure) in base.pressures.enumerated() {
      used[index] = before[index] &- pressure.left(machine)
    }
    let after = KernelDigest(machine, callers: [])
    for key in after.parts.keys where self.before.parts[key] == nil {
      takes[key.kind, default: 0] += 1
    }
    audit(machine, "with enough of everything")
  }

  /// Every amount from nothing up, until the call finds enough.
  mutating func run() {
    for (index, pressure) in base.pressures.enumerated() {
      let failed = run(pressure, enough: used[index] ?? 0)
      failures += Int(failed)
      guard base.isCounted, base.stride == 1 else { continue }
      #expect(failed == used[index], "\(name): \(pressure): failed \(failed) times")
    }
    #expect(failures > 0, "\(name): nothing was missing")
  }

  private func run(_ pressure: Pressure, enough: UInt64) -> UInt64 {
    var left: UInt64 = 0
    while left < 4_000 {
      let machine = TestMachine(copying: base.machine)
      guard let reserve = pressure.apply(to: machine, leaving: left) else { break }
      let what = "\(pressure), \(left) left"
      let outcome = base.call(machine)
      if base.isDone(machine, outcome) {
        reserve.lift(from: machine)
        audit(machine, what)
        return left
      }
      check(machine, outcome, reserve, what, left)
      left += left + base.stride + 3 < enough ? base.stride : 1
    }
    Issue.record("\(name): \(pressure): never enough")
    return left
  }

  /// After a call that failed.
  private func check(
    _ machine: TestMachine, _ outcome: Outcome, _ reserve: Pressure.Reserve, _ what: String,
    _ left: UInt64
  ) {
    reserve.lift(from: machine)
    if let modesty = base.modesty(machine, outcome) {
      checkForgone(machine, outcome, modesty, (reserve.pressure, left), what)
    } else {
      #expect(outcome.status == reserve.pressure.status, "\(name): \(what): \(outcome)")
      #expect(outcome.value == 0, "\(name): \(what): \(outcome)")
      compare(KernelDigest(machine, callers: [base.caller.thread]), with: before, what)
      let again = TestMachine(copying: machine)
      let second = base.call(again)
      #expect(base.isDone(again, second), "\(name): \(what), then enough: \(second)")
      audit(again, "\(what), then enough")
    }
    // Who waits cannot end anything.
    if machine.canAct(base.caller) {
      let reserve = reserve.pressure.apply(to: machine, leaving: 0)
      for failure in base.victims.end(by: base.caller, machine) {
        Issue.record("\(name): \(what): \(failure)")
      }
      reserve?.lift(from: machine)
    }
    audit(machine, what)
  }

  /// It did without: as if it had not wanted more. With as little left, so that the same frames are
  /// taken.
  private func checkForgone(
    _ machine: TestMachine, _ outcome: Outcome, _ modesty: Exhaustible.Modesty,
    _ shortage: (pressure: Pressure, left: UInt64), _ what: String
  ) {
    let modest = TestMachine(copying: base.machine)
    modesty.begin(modest)
    let reserve = shortage.pressure.apply(to: modest, leaving: shortage.left)
    let expected = base.call(modest)
    reserve?.lift(from: modest)
    modesty.end(modest)
    #expect(outcome == expected, "\(name): \(what)")
    // The registers of all threads too.
    compare(KernelDigest(machine, callers: []), with: KernelDigest(modest, callers: []), what)
  }

  private func compare(_ after: KernelDigest, with expected: KernelDigest, _ what: String) {
    let differences = after.differences(from: expected)
    if differences != [] { Issue.record("\(name): \(what): changed: \(differences)") }
  }

  private func audit(_ machine: TestMachine, _ what: String) {
    for frame in base.held { machine.kernel.frames.free(frame, count: 1) }
    let findings = machine.findings
    if findings != [] { Issue.record("\(name): \(what): \(findings)") }
  }
}
