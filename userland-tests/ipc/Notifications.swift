import Libmnos
import TestHarness

/// The word of a notification.
func checkNotifications(_ suite: inout TestSuite) {
  suite.fact("NTF_001_aWaitTakesTheBadge") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let signaller = try scope.copy(notification, badge: 1 << 40)

    try expect(KernelCalls.signal(signaller))

    try expect(try expect(KernelCalls.wait(notification)).value, equals: 1 << 40, "word")
    try expect(KernelCalls.wait(notification), .wouldBlock)
  }

  suite.fact("NTF_002_badgesAreOredTogether") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    for badge in Values([1, 4] as [2 of UInt64]) {
      try expect(KernelCalls.signal(try scope.copy(notification, badge: badge)))
    }

    try expect(KernelCalls.wait(notification).value, equals: 5, "word")
    try expect(KernelCalls.wait(notification), .wouldBlock)
  }

  suite.fact("NTF_003_aThousandSignalsAreOneWake") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    for _ in 0..<1000 { try expect(KernelCalls.signal(notification)) }

    try expect(KernelCalls.wait(notification).value, equals: 1, "word")
    try expect(KernelCalls.wait(notification), .wouldBlock)
  }

  suite.fact("NTF_004_aBlockedWaiterWakesWithTheBadge") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let signaller = try scope.copy(notification, badge: 6)
    let waiter = try scope.remote()
    waiter.begin(.wait, notification.argument, Deadline.never)
    try waiter.expectState(.waiting)

    try expect(KernelCalls.signal(signaller))

    try expect(try expect(try waiter.finish()).value, equals: 6, "word")
    try expect(KernelCalls.query(notification).word(0), equals: 0, "word")
  }

  suite.fact("NTF_006_aSignalNeverBlocks") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let waiter = try scope.remote()

    try expect(KernelCalls.signal(notification))
    try expect(KernelCalls.signal(notification))
    try expect(try waiter.perform(.wait, notification.argument, Deadline.never))
    waiter.begin(.wait, notification.argument, Deadline.never)
    try waiter.expectState(.waiting)
    try expect(KernelCalls.suspend(waiter.thread))
    try expect(KernelCalls.signal(notification))
    try expect(KernelCalls.signal(notification))

    try expect(KernelCalls.resume(waiter.thread))
    try expect(try waiter.finish())
  }

  suite.fact("destroyWakesWaitersWithPeerGone") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let waiter = try scope.remote()
    waiter.begin(.wait, notification.argument, Deadline.never)
    try waiter.expectState(.waiting)

    try expect(KernelCalls.destroy(notification))

    try expect(try waiter.finish(), .peerGone)
    try expect(KernelCalls.signal(notification), .peerGone)
    try expect(KernelCalls.wait(notification), .peerGone)
    try expect(KernelCalls.destroy(notification), .badState)
  }
}
