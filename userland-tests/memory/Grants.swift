import Libmnos
import TestHarness

/// The same frames in several processes.
func checkGrants(_ suite: inout TestSuite) {
  suite.fact("MEM_001_twoProcessesShareTheSameFrames") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let there: UInt64 = 0x50_0000
    try expect(KernelCalls.map(memory, at: there, in: other))

    for index in UInt64(0)..<16 {
      let offset = index * 248
      page[Int(offset)] = index &* 0x0101_0101_0101_0101
      remote.begin(.load, address: there + offset)
      _ = try remote.finish()
      try expect(remote.value, equals: index &* 0x0101_0101_0101_0101, "word")
    }
    remote.begin(.store, address: there + 4088, value: 0x600d)
    _ = try remote.finish()
    try expect(page[4088], equals: 0x600d, "word from the other process")
  }

  suite.fact("MEM_001_aGrantTravelsInAMessageAndIsMappedThere") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let (memory, page) = try scope.page()
    page[8] = 0xcafe
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, to: other)).handle
    remote.begin(CallWord(.receive, hasTransfers: true), to: there, record: .acceptingAny)
    try remote.expectState(.receiving)

    try expect(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: endpoint,
        record: TransferRecord(attaching: memory, rights: .read, isMove: false)))

    let granted = try expect(try remote.finish()).capability(0)
    let map: Words = [0, 4096, UInt64(readWrite.bits), 0, 0, 0, 0, 0]
    try expect(try remote.perform(.map, granted.argument, 0, 0x50_0000, map), .noRight)
    let readOnly: Words = [0, 4096, UInt64(Rights.read.bits), 0, 0, 0, 0, 0]
    try expect(try remote.perform(.map, granted.argument, 0, 0x50_0000, readOnly))
    remote.begin(.load, address: 0x50_0008)
    _ = try remote.finish()
    try expect(remote.value, equals: 0xcafe, "word")
  }

  suite.fact("MEM_012_afterRevokeATouchFaults") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let faults = try FaultWatch(&scope, on: remote)
    let shared = try scope.copy(memory)
    try expect(KernelCalls.map(shared, at: 0x50_0000, in: other))
    remote.begin(.store, address: 0x50_0000, value: 1)
    _ = try remote.finish()

    try expect(KernelCalls.revoke(memory))

    remote.begin(.store, address: 0x50_0000, value: 2)
    try faults.expect(.write, at: 0x50_0000)
    try expect(page[0], equals: 1, "word")
  }

  suite.fact("MEM_013_freedMemoryComesBackZeroed") { (scope) throws(Unexpected) in
    let pages: UInt64 = 32
    for round in 0..<2 {
      let memory = try expect(
        KernelCalls.create(.memory, from: scope.budget, pages * 4096)
      ).handle
      let address = scope.addresses(pages: pages)
      let mapped = KernelCalls.map(memory, at: address, pages: pages)
      if mapped.isStatus(.ok) {
        for page in 0..<pages {
          // SAFETY: just mapped.
          let words = unsafe ControlPage(at: address + page * 4096)
          for offset in stride(from: 0, to: 4096, by: 8) {
            if words[offset] != 0 {
              _ = KernelCalls.delete(memory)
              try expect(false, round == 0 ? "new memory is not 0" : "a secret came back")
            }
            words[offset] = 0x5ec2_e75e_c2e7_0000
          }
        }
      }
      try expect(KernelCalls.delete(memory))
      try expect(mapped)
    }
  }

  suite.fact("MEM_018_memoryStaysChargedUntilItsLastCapabilityGoes") {
    (scope) throws(Unexpected) in
    let payer = try scope.make(.budget, 65_536, 4)
    let memory = try expect(KernelCalls.create(.memory, from: payer, 8192)).handle
    let charged = KernelCalls.query(payer).word(1)
    let other = try scope.make(.process)
    let there = KernelCalls.copy(memory, to: other)

    try expect(KernelCalls.delete(memory))

    try expect(there)
    try expect(KernelCalls.query(payer).word(1), equals: charged, "bytes charged")
    try expect(KernelCalls.destroy(other))
    let deadline = KernelCalls.patience()
    while KernelCalls.query(payer).word(1) != 0, KernelCalls.clock() < deadline {
      KernelCalls.yield()
    }
    try expect(KernelCalls.query(payer).word(1), equals: 0, "bytes charged at the end")
  }

  suite.fact("memoryInUseCannotBeMoved") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()

    try expect(KernelCalls.move(memory), .badState)

    try expect(KernelCalls.unmap(page.address))
    scope.keep(try expect(KernelCalls.move(memory)).handle)
  }
}
