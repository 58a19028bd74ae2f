import Libmnos
import TestHarness

/// User memory that a call names: transfer records and register records.
func checkPointers(_ suite: inout TestSuite) {
  suite.fact("SYS_006_aRecordOnAnUnmappedPageIsABadPointer") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let address = scope.addresses()

    try expect(sendRecord(at: address, to: endpoint), .badPointer)

    try expect(KernelCalls.query(endpoint).word(0), equals: 0, "queued senders")
  }

  suite.fact("SYS_007_aRecordThatEndsInTheKernelHalfIsABadPointer") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()

    try expect(sendRecord(at: RemoteCode.userEnd - 8, to: endpoint), .badPointer)
    try expect(sendRecord(at: RemoteCode.addressInNoHalf, to: endpoint), .badPointer)
    try expect(sendRecord(at: 0xffff_ffff_8000_0000, to: endpoint), .badPointer)
  }

  suite.fact("SYS_009_aRecordThatWrapsIsABadPointer") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()

    for address in Values([UInt64.max - 7, UInt64.max - 47, 0 &- 48] as [3 of UInt64]) {
      try expect(sendRecord(at: address, to: endpoint), .badPointer)
    }
    try expect(sendRecord(at: 0, to: endpoint), .badPointer)
  }

  suite.fact("SYS_011_aReadOnlyOutputRecordIsABadPointer") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    try remote.expectState(.waiting)
    try expect(KernelCalls.suspend(remote.thread))
    let memory = try scope.memory()
    let page = try scope.map(memory, rights: .read)

    try expect(
      KernelCalls.raw(.readRegisters, remote.thread.argument, page.address, 16), .badPointer)

    try expect(page[0], equals: 0, "first word")
  }

  suite.fact("SYS_012_aRecordMaySpanTwoMappings") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    let base = scope.addresses(pages: 2)
    for page in UInt64(0)..<2 {
      try expect(KernelCalls.map(try scope.memory(), at: base + page * 4096))
    }
    // SAFETY: both pages were just mapped.
    let first = unsafe ControlPage(at: base)
    let second = unsafe ControlPage(at: base + 4096)
    first[4088] = 1
    second[0] = 0
    second[8] = CapabilityTransfer(notification, rights: .write, isMove: false).rawValue
    let remote = try scope.remote()
    remote.begin(CallWord(.receive, hasTransfers: true), to: endpoint, record: .acceptingAny)
    try remote.expectState(.receiving)

    try expect(sendRecord(at: base + 4088, to: endpoint))

    let outcome = try expect(try remote.finish())
    try expect(outcome.result.capabilityCount, equals: 1, "capabilities received")
    scope.keep(outcome.capability(0))
  }

  suite.fact("MEM_017_aMisalignedRecordIsABadPointer") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let page = try scope.page().words

    try expect(sendRecord(at: page.address + 4, to: endpoint), .badPointer)
    try expect(sendRecord(at: page.address, to: endpoint), .wouldBlock)
  }
}

private func sendRecord(at address: UInt64, to endpoint: Handle) -> Outcome {
  KernelCalls.perform(
    CallRegisters(
      CallWord(.send, hasTransfers: true), endpoint.argument, Deadline.poll, address))
}
