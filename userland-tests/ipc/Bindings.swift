import Libmnos
import TestHarness

/// Notifications bound to a thread: one receive waits for both.
func checkBindings(_ suite: inout TestSuite) {
  suite.fact("NTF_008_aBoundSignalEndsAReceive") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    let remote = try scope.remote()
    try expect(KernelCalls.bind(notification, to: remote.thread))
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)

    try expect(KernelCalls.signal(try scope.copy(notification, badge: 24)))

    let outcome = try expect(try remote.finish())
    try expect(
      UInt64(outcome.result.kind.rawValue), equals: UInt64(DeliveryKind.notification.rawValue),
      "kind of delivery")
    try expect(outcome.value, equals: 24, "word")
    try expect(KernelCalls.query(endpoint).word(1), equals: 0, "queued receivers")
  }

  suite.fact("NTF_009_aBoundNotificationCanStillBeWaitedFor") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    try expect(KernelCalls.bind(notification, to: scope.thread))

    try expect(KernelCalls.signal(notification))

    let outcome = KernelCalls.wait(notification)
    try expect(KernelCalls.bind(notification, to: .none))
    try expect(try expect(outcome).value, equals: 1, "word")
  }

  suite.fact("NTF_013_theEndOfEitherUnbindsTheOther") { (scope) throws(Unexpected) in
    let (first, second) = (try scope.notification(), try scope.notification())
    let remote = try scope.remote()
    try expect(KernelCalls.bind(first, to: remote.thread))
    try expect(KernelCalls.bind(second, to: remote.thread), .badState)

    try expect(KernelCalls.destroy(first))
    try expect(KernelCalls.bind(second, to: remote.thread))
    try expect(KernelCalls.destroy(remote.thread))

    try expect(KernelCalls.bind(second, to: .none), .badState)
    try expect(KernelCalls.signal(second))
    try expect(KernelCalls.wait(second).value, equals: 1, "word")
  }

  suite.fact("NTF_014_aPendingSignalIsDeliveredByTheNextReceive") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    try expect(KernelCalls.signal(notification))
    try expect(KernelCalls.bind(notification, to: scope.thread))

    let outcome = KernelCalls.receive(endpoint)

    try expect(KernelCalls.bind(notification, to: .none))
    try expect(
      UInt64(try expect(outcome).result.kind.rawValue),
      equals: UInt64(DeliveryKind.notification.rawValue), "kind of delivery")
  }

  suite.fact("NTF_011_tenMessagesAndTenSignalsAllArrive") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    try expect(KernelCalls.bind(notification, to: scope.thread))
    let (sender, signaller) = (try scope.remote(), try scope.remote())
    var (sum, bits, messages): (UInt64, UInt64, UInt64) = (0, 0, 0)
    for round in UInt64(0)..<10 {
      let badged = try scope.copy(notification, badge: 1 << round)
      sender.beginSend(endpoint, pattern(round), count: 1)
      signaller.begin(.signal, badged.argument)
      // The message and the signal, in either order.
      for _ in 0..<2 {
        let outcome = try expect(
          KernelCalls.receive(endpoint, deadline: KernelCalls.patience()))
        if outcome.result.kind == .notification {
          bits |= outcome.value
        } else {
          sum += outcome.word(0) >> 8
          messages += 1
        }
      }
      try expect(try sender.finish())
      try expect(try signaller.finish())
    }
    try expect(KernelCalls.bind(notification, to: .none))

    try expect(messages, equals: 10, "messages")
    try expect(sum, equals: 45, "sum of the messages")
    try expect(bits, equals: 1023, "bits")
  }
}
