import Libmnos
import TestHarness

/// What a line that fires does, and what an acknowledgement.
func checkDelivery(_ suite: inout TestSuite, _ line: inout ClaimedLine) {
  suite.fact("IRQ_001_aFiringLineSignalsItsBadgeAndWaits") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope, badge: 40)
    let before = line.deliveries

    try line.fire()
    let delivered = KernelCalls.wait(notification, deadline: KernelCalls.patience())
    line.serve()

    try expect(try expect(delivered).value, equals: 40, "badge")
    try expect(line.deliveries, equals: before + 1, "deliveries")
    try expect(line.isWaiting, "it does not wait for its acknowledgement")
    try expect(line.acknowledge())
    try expect(!line.isWaiting, "it waits after its acknowledgement")
  }

  suite.fact("IRQ_001_nothingToAcknowledgeIsBadState") { (scope) throws(Unexpected) in
    _ = try line.bind(&scope)

    try expect(line.acknowledge(), .badState)
  }

  suite.fact("IRQ_001_aLineIsMaskedUntilAcknowledged") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope)
    let before = line.deliveries
    try line.fire()
    let delivered = KernelCalls.wait(notification, deadline: KernelCalls.patience())

    // The device goes on asking, and nobody hears of it.
    for _ in 0..<100 { KernelCalls.yield() }
    let further = KernelCalls.wait(notification)
    let count = line.deliveries
    line.serve()
    let acknowledged = line.acknowledge()

    try expect(delivered)
    try expect(further, .wouldBlock)
    try expect(count, equals: before + 1, "deliveries")
    try expect(acknowledged)
  }

  suite.fact("IRQ_002_aSecondTriggerIsOneFurtherDelivery") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope)
    let before = line.deliveries
    try line.fire()
    try expect(KernelCalls.wait(notification, deadline: KernelCalls.patience()))
    line.serve()
    try line.fire()

    try expect(line.acknowledge())
    let second = KernelCalls.wait(notification, deadline: KernelCalls.patience())
    line.serve()
    try expect(second)
    try expect(line.acknowledge())

    for _ in 0..<100 { KernelCalls.yield() }
    try expect(KernelCalls.wait(notification), .wouldBlock)
    try expect(line.deliveries, equals: before + 2, "deliveries")
  }

  suite.fact("IRQ_002_everyOneOfAHundredIsDelivered") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope)
    let before = line.deliveries
    for _ in 0..<100 {
      try line.fire()
      let delivered = KernelCalls.wait(notification, deadline: KernelCalls.patience())
      line.serve()
      try expect(delivered)
      try expect(line.acknowledge())
    }
    try expect(line.deliveries, equals: before + 100, "deliveries")
  }

  suite.fact("IRQ_010_aSuspendedWaiterIsToldOnceItIsResumed") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope, badge: 16)
    let waiter = try scope.remote()
    waiter.begin(.wait, notification.argument, KernelCalls.patience())
    try waiter.expectState(.waiting)
    try expect(KernelCalls.suspend(waiter.thread))
    let before = line.deliveries

    try line.fire()
    let deadline = KernelCalls.patience()
    while line.deliveries == before, KernelCalls.clock() < deadline { KernelCalls.yield() }
    let ranSuspended = waiter.isFinished
    line.serve()
    try expect(line.acknowledge())

    try expect(!ranSuspended, "a suspended thread ran")
    try expect(KernelCalls.resume(waiter.thread))
    try expect(try expect(try waiter.finish()).value, equals: 16, "badge")
    try expect(KernelCalls.wait(notification), .wouldBlock)
  }

  suite.fact("IRQ_001_aBoundThreadReceivesIt") { (scope) throws(Unexpected) in
    let notification = try line.bind(&scope, badge: 4)
    let endpoint = try scope.endpoint()
    try expect(KernelCalls.bind(notification, to: scope.thread))

    try line.fire()
    let received = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    line.serve()
    try expect(line.acknowledge())
    try expect(KernelCalls.bind(notification, to: .none))

    try expect(try expect(received).result.kind == .notification, "it is no notification")
    try expect(received.value, equals: 4, "badge")
  }
}
