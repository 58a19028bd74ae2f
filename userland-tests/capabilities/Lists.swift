import Libmnos
import TestHarness

/// Who may read a process sees what it holds and runs.
func checkLists(_ suite: inout TestSuite) {
  suite.fact("CAP_510_everySlotIsListedOnce") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let notification = try scope.notification()
    var badge: UInt64 = 0
    for slot in Values([5, 63, 64, 700, 65_534] as [5 of UInt16]) {
      badge += 1
      try expect(
        KernelCalls.copy(notification, rights: .read, badge: badge, to: other, slot: slot))
    }
    var found: UInt64 = 0
    var last: UInt64 = 0
    try eachMember(of: other, .capabilities) { (words) throws(Unexpected) in
      try expect(words[0] > last, "listed twice, or out of order")
      last = words[0]
      found += 1
      try expect(words[1], equals: UInt64(ObjectType.notification.rawValue), "type")
      try expect(words[2], equals: UInt64(Rights.read.bits), "rights")
      try expect(words[3], equals: found, "badge")
      try expect(words[5], equals: UInt64(SlotState.held.rawValue), "state")
    }
    try expect(found, equals: 5, "capabilities listed")
    try expect(last, equals: 65_534, "last slot")
  }

  suite.fact("CAP_510_whatAMessageHoldsIsListed") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let sender = try scope.remote(in: other)
    let endpoint = try scope.endpoint()
    let through = try expect(KernelCalls.copy(endpoint, to: other)).handle
    let passed = try expect(KernelCalls.copy(endpoint, badge: 77, to: other)).handle
    sender.begin(
      CallWord(.send, hasTransfers: true), to: through,
      record: TransferRecord(attaching: passed, isMove: true))
    try sender.expectState(.sending)

    var inTransit: UInt64 = 0
    try eachMember(of: other, .capabilities) { (words) throws(Unexpected) in
      guard words[3] == 77 else { return }
      inTransit += 1
      try expect(words[5], equals: UInt64(SlotState.inTransit.rawValue), "state")
    }
    try expect(inTransit, equals: 1, "capabilities in the message")
  }

  suite.fact("CAP_510_whatStaysIsListedOnceWhileOthersChange") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let notification = try scope.notification()
    let endpoint = try scope.endpoint()
    for index in 0..<50 {
      try expect(
        KernelCalls.copy(notification, rights: .read, to: other, slot: UInt16(10 + index * 20)))
    }
    var listed: UInt64 = 0
    var step: UInt64 = 0
    try eachMember(of: other, .capabilities) { (words) throws(Unexpected) in
      if words[1] == UInt64(ObjectType.notification.rawValue) { listed += 1 }
      // Others come and go before and behind this place.
      step += 1
      if step % 5 == 0 {
        try expect(KernelCalls.revoke(endpoint))
      } else {
        _ = KernelCalls.copy(
          endpoint, rights: .write, to: other, slot: UInt16(11 + step * 37 % 1000))
      }
    }
    try expect(listed, equals: 50, "capabilities that stayed")
  }

  suite.fact("CAP_510_threadsAreListedByNumber") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let endpoint = try scope.endpoint()
    let first = try scope.remote(in: other)
    let second = try scope.remote(in: other)
    let third = try scope.remote(in: other)
    try expect(KernelCalls.destroy(second.thread))
    let called = try expect(KernelCalls.copy(endpoint, to: other)).handle
    third.begin(.receive, called.argument, Deadline.never)
    try third.expectState(.receiving)

    var found: UInt64 = 0
    try eachMember(of: other, .threads) { (words) throws(Unexpected) in
      found += 1
      let thread = found == 1 ? first.thread : third.thread
      try expect(words[0], equals: found == 1 ? 1 : 3, "number")
      try expect(KernelCalls.inspect(thread, other).word(5), equals: words[0], "number")
      let status = KernelCalls.query(thread)
      try expect(words[1], equals: status.word(0), "state")
      try expect(words[2], equals: status.word(2), "priority")
    }
    try expect(found, equals: 2, "threads")
  }

  suite.fact("CAP_510_listsNeedTheRightToRead") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let blind = try scope.copy(other, rights: Rights.all.subtracting(.read))
    for subject in Values([0, 1, 2, 3, .max] as [5 of UInt64]) {
      try expect(KernelCalls.raw(.query, blind.argument, subject), .noRight)
    }
    for subject in Values([3, 4, 1 << 32, .max] as [4 of UInt64]) {
      try expectBadArgument(KernelCalls.raw(.query, other.argument, subject), 1)
    }
    try expectBadArgument(KernelCalls.raw(.query, scope.thread.argument, 1), 1)
  }

  suite.fact("CAP_510_objectsTellWhatTheyAreChargedTo") { (scope) throws(Unexpected) in
    let child = try scope.make(.budget, 65_536, 10)
    let charged = scope.keep(try expect(KernelCalls.create(.endpoint, from: child)).handle)
    let other = try scope.endpoint()
    try expect(KernelCalls.inspect(charged, child).word(4), equals: 1, "charged to the child")
    try expect(KernelCalls.inspect(charged, scope.budget).word(4), equals: 0, "to its parent")
    try expect(KernelCalls.inspect(other, scope.budget).word(4), equals: 1, "to the parent")
    try expect(KernelCalls.inspect(child, scope.budget).word(4), equals: 1, "the child itself")
  }
}

/// Goes through a list of a process's.
private func eachMember(
  of process: Handle, _ subject: QuerySubject, line: UInt = #line,
  _ body: (Words) throws(Unexpected) -> Void
) throws(Unexpected) {
  var position: UInt64 = 0
  while position != QuerySubject.endOfList {
    let answer = try expect(
      KernelCalls.raw(.query, process.argument, subject.rawValue, position), line: line)
    position = answer.word(0)
    guard answer.value == 1 else { continue }
    var words: Words = .init(repeating: 0)
    for index in 0..<8 { words[index] = answer.word(index) }
    try body(words)
    position += 1
  }
}
