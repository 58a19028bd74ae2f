import Libmnos
import TestHarness

/// Words, lengths and badges.
func checkMessages(_ suite: inout TestSuite) {
  suite.fact("IPC_001_senderFirst") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let badged = try scope.copy(endpoint, badge: 99)
    let remote = try scope.remote()
    remote.beginSend(badged, pattern(5), count: 3)
    try remote.expectState(.sending)

    let message = try expect(KernelCalls.receive(endpoint))

    try expectMessage(message, pattern(5), count: 3)
    try expect(message.value, equals: 99, "badge")
    try expect(try remote.finish())
  }

  suite.fact("IPC_002_receiverFirst") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let badged = try scope.copy(endpoint, badge: 98)
    let remote = try scope.remote()
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)

    try expect(KernelCalls.send(badged, pattern(6), count: 4))

    let message = try expect(try remote.finish())
    try expectMessage(message, pattern(6), count: 4)
    try expect(message.value, equals: 98, "badge")
  }

  suite.fact("IPC_003_everyLengthInBothOrders") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    for count in UInt64(0)...8 {
      remote.beginSend(endpoint, pattern(count), count: count)
      try remote.expectState(.sending)
      try expectMessage(
        try expect(KernelCalls.receive(endpoint)), pattern(count), count: count)
      try expect(try remote.finish())

      remote.begin(.receive, endpoint.argument, Deadline.never)
      try remote.expectState(.receiving)
      try expect(KernelCalls.send(endpoint, pattern(count), count: count))
      try expectMessage(try expect(try remote.finish()), pattern(count), count: count)
    }
  }

  suite.fact("IPC_003_senderOfEveryPriority") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    for priority in Values([scope.priority, scope.priority - 1] as [2 of UInt64]) {
      let remote = try scope.remote(priority: priority)
      remote.beginSend(endpoint, pattern(priority), count: 8)
      let message = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
      try expectMessage(try expect(message), pattern(priority), count: 8)
      try expect(try remote.finish())
    }
  }

  suite.fact("IPC_004_nineWordsAreABadArgument") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)

    for count in UInt64(9)...15 {
      try expectBadArgument(KernelCalls.send(endpoint, pattern(1), count: count), 11)
    }

    try remote.expectState(.receiving)
  }

  suite.fact("IPC_005_betweenProcessesInBothOrders") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, badge: 77, to: other)).handle
    for count in UInt64(0)...8 {
      remote.beginSend(there, pattern(count), count: count)
      try remote.expectState(.sending)
      let message = try expect(KernelCalls.receive(endpoint))
      try expectMessage(message, pattern(count), count: count)
      try expect(message.value, equals: 77, "badge")
      try expect(try remote.finish())

      remote.begin(.receive, there.argument, Deadline.never)
      try remote.expectState(.receiving)
      try expect(KernelCalls.send(endpoint, pattern(count + 16), count: count))
      try expectMessage(try expect(try remote.finish()), pattern(count + 16), count: count)
    }
  }

  suite.fact("IPC_010_badgesArriveWithAll64Bits") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    for badge in Values([1, 1 << 31, 1 << 63, .max] as [4 of UInt64]) {
      let badged = try scope.copy(endpoint, badge: badge)
      remote.beginSend(badged, .init(repeating: 0x5555), count: 8)
      let message = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
      try expect(try expect(message).value, equals: badge, "badge")
      try expect(try remote.finish())
    }
  }

  suite.fact("IPC_011_aBadgeIsSetOnce") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let badged = try scope.copy(endpoint, badge: 5)

    try expectBadArgument(KernelCalls.copy(badged, badge: 6), 4)

    let same = try scope.copy(badged, badge: 5)
    try expect(KernelCalls.inspect(same).word(2), equals: 5, "badge")
    let plain = try scope.copy(badged)
    try expect(KernelCalls.inspect(plain).word(2), equals: 5, "badge")
  }

  suite.fact("IPC_011_onlyEndpointsAndNotificationsTakeABadge") { (scope) throws(Unexpected) in
    try expectBadArgument(KernelCalls.copy(try scope.memory(), badge: 6), 4)
  }
}

/// Fails unless a message has exactly these words.
func expectMessage(
  _ message: Outcome, _ words: Words, count: UInt64, line: UInt = #line
) throws(Unexpected) {
  try expect(
    UInt64(message.result.kind.rawValue), equals: UInt64(DeliveryKind.message.rawValue),
    "kind of delivery", line: line)
  try expect(message.result.wordCount, equals: count, "words", line: line)
  for index in 0..<Int(count) {
    try expect(message.word(index), equals: words[index], "word", line: line)
  }
}
