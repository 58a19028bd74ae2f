import Libmnos
import TestHarness

/// A transfer is all or nothing: what is refused changes nothing.
func checkRefusedTransfers(_ suite: inout TestSuite) {
  suite.fact("XFR_004_anEndpointWithoutGrantCarriesNone") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let weak = try scope.copy(endpoint, rights: Rights.all.subtracting(.grant))

    try expect(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: weak, deadline: Deadline.poll,
        record: TransferRecord(attaching: gift, isMove: true)), .noRight)

    try expect(KernelCalls.signal(gift))
  }

  suite.fact("XFR_005_fiveAreABadArgument") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()

    try expectBadArgument(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: endpoint, record: TransferRecord(count: 5)), 2)
    try expectBadArgument(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: endpoint, record: TransferRecord(count: .max)),
      2)
  }

  suite.fact("XFR_006_oneCapabilityMovedTwiceIsRefused") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    var record = TransferRecord(attaching: gift, isMove: true)
    record.count = 2
    record.transfers.1 = record.transfers.0

    try expectBadArgument(
      try scope.perform(CallWord(.send, hasTransfers: true), to: endpoint, record: record), 2)

    try expect(KernelCalls.signal(gift))
  }

  suite.fact("RGT_007_aCapabilityWithoutTransferStays") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let source = try scope.notification()
    let gift = try scope.copy(source, rights: Rights.all.subtracting(.transfer))

    for isMove in Values([false, true]) {
      try expect(
        try scope.perform(
          CallWord(.send, hasTransfers: true), to: endpoint,
          record: TransferRecord(attaching: gift, isMove: isMove)), .noRight)
    }

    try expect(KernelCalls.signal(gift))
  }

  suite.fact("XFR_003_aFailedSendGivesCapabilitiesBack") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let held = KernelCalls.query(scope.process).word(5)

    // The record's page is one more capability.
    try expect(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: endpoint,
        deadline: KernelCalls.clock() + 2_000_000,
        record: TransferRecord(attaching: gift, isMove: true)), .timedOut)

    try expect(KernelCalls.query(scope.process).word(5), equals: held + 1, "capabilities held")
    try expect(KernelCalls.signal(gift))
  }

  suite.fact("RES_004_aFullTableTakesWordsOnly") { (scope) throws(Unexpected) in
    let (endpoint, filler) = (try scope.endpoint(), try scope.notification())
    let gift = try scope.notification()
    let small = try scope.make(.budget, 120 * 1024, 32)
    let full = try scope.otherProcess(from: small)
    let remote = try scope.remote(in: full)
    let there = try expect(KernelCalls.copy(endpoint, to: full)).handle
    // A receiver has a slot promised to it, so it begins to wait before the table is full.
    remote.begin(CallWord(.receive, hasTransfers: true), to: there, record: .acceptingAny)
    try remote.expectState(.receiving)
    var last = KernelCalls.copy(filler, to: full)
    while last.isStatus(.ok) { last = KernelCalls.copy(filler, to: full) }
    try expect(last, .noMemory)

    let sent = try scope.perform(
      CallWord(.send, wordCount: 3, hasTransfers: true), to: endpoint,
      record: TransferRecord(attaching: gift, isMove: true), words: pattern(12))

    try expect(try expect(sent).value, equals: 0, "capabilities taken")
    let message = try expect(try remote.finish())
    try expectMessage(message, pattern(12), count: 3)
    try expect(message.result.capabilityCount, equals: 0, "capabilities")
    try expect(KernelCalls.signal(gift))
  }
}
