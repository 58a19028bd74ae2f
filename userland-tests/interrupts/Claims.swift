import Libmnos
import TestHarness

/// Who may have a line, and what becomes of it with its last capability.
func checkClaims(_ suite: inout TestSuite, _ line: inout ClaimedLine) {
  suite.fact("IRQ_004_aClaimedLineCannotBeClaimedAgain") { (scope) throws(Unexpected) in
    try expect(
      ClaimedLine.claim(line.number, of: line.machine, from: scope.budget), .badState)
  }

  suite.fact("IRQ_004_aLineIsFreeWithItsLastCapability") { (scope) throws(Unexpected) in
    let other = try scope.copy(line.interrupt)
    try expect(KernelCalls.delete(line.interrupt))
    try expect(
      ClaimedLine.claim(line.number, of: line.machine, from: scope.budget), .badState)

    try expect(KernelCalls.delete(other))
    line.interrupt = try claimed(line, scope)

    try expect(line.deliveries, equals: 0, "deliveries of a new claim")
    try expectItWorks(line, &scope)
  }

  suite.fact("IRQ_005_linesThatAreNoneAreBadArguments") { (scope) throws(Unexpected) in
    for number in Values(
      [0xffff, 0xffff_ffff, 1 << 32 | line.number, 1 << 32, 1 << 63, .max] as [6 of UInt64])
    {
      try expectBadArgument(
        ClaimedLine.claim(number, of: line.machine, from: scope.budget), 4)
    }
  }

  suite.fact("IRQ_007_aDriverThatDiesLeavesTheLineMaskedAndFree") { (scope) throws(Unexpected) in
    let driver = try scope.otherProcess()
    let notification = try line.bind(&scope)
    try expect(KernelCalls.move(line.interrupt, to: driver))
    try line.fire()
    try expect(KernelCalls.wait(notification, deadline: KernelCalls.patience()))

    // Neither served nor acknowledged.
    try expect(KernelCalls.destroy(driver))
    let sleep = try scope.notification()
    let slept = KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 5_000_000)
    let further = KernelCalls.wait(notification)
    line.serve()
    line.interrupt = try claimed(line, scope)

    try expect(slept, .timedOut)
    try expect(further, .wouldBlock)
    try expect(line.acknowledge(), .badState)
    try expectItWorks(line, &scope)
  }

  suite.fact("IRQ_009_onlyTheMachinesManagerClaimsLines") { (scope) throws(Unexpected) in
    let reader = try scope.copy(line.machine, rights: .read)

    try expect(ClaimedLine.claim(line.number, of: reader, from: scope.budget), .noRight)
    try expect(ClaimedLine.claim(line.number, of: .none, from: scope.budget), .badCapability)
    try expect(
      ClaimedLine.claim(line.number, of: scope.process, from: scope.budget), .wrongType)
  }

  suite.fact("IRQ_009_aCapabilityAllowsWhatItsRightsSay") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let powerless = try scope.copy(line.interrupt, rights: .copy)

    try expect(KernelCalls.bind(powerless, to: notification), .noRight)
    try expect(KernelCalls.raw(.acknowledge, powerless.argument), .noRight)
    try expect(KernelCalls.query(powerless), .noRight)
  }
}

/// A new claim of the same line, which outlives the fact.
private func claimed(
  _ line: ClaimedLine, _ scope: borrowing Scope
) throws(Unexpected) -> Handle {
  try expect(ClaimedLine.claim(line.number, of: line.machine, from: scope.budget)).handle
}

/// Fails unless the line fires once, and only once, when the device asks.
private func expectItWorks(_ line: ClaimedLine, _ scope: inout Scope) throws(Unexpected) {
  let notification = try line.bind(&scope)
  try expect(KernelCalls.wait(notification), .wouldBlock)
  try line.fire()
  let delivered = KernelCalls.wait(notification, deadline: KernelCalls.patience())
  line.serve()
  try expect(delivered)
  try expect(line.acknowledge())
  for _ in 0..<100 { KernelCalls.yield() }
  try expect(KernelCalls.wait(notification), .wouldBlock)
}
