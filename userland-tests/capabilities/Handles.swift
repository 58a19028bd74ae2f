import Libmnos
import TestHarness

/// What handles name, and what they do not.
func checkHandles(_ suite: inout TestSuite) {
  suite.fact("CAP_014_aFlippedBitNamesNothing") { (scope) throws(Unexpected) in
    let handle = try scope.notification()

    for bit in 0..<UInt64(64) {
      let flipped = handle.argument ^ (1 << bit)
      let outcome = KernelCalls.raw(.signal, flipped)
      // Another slot number may be another capability, of the start-up ones or the harness.
      let isOther = bit < 16 && !outcome.isStatus(.badCapability)
      if isOther {
        let same = KernelCalls.raw(.inspect, flipped, handle.argument)
        try expect(same.word(3), equals: 0, "sameness")
      } else {
        try expect(outcome, .badCapability)
      }
    }
  }

  suite.fact("CAP_015_aFreshProcessHasOnlyWhatItWasGiven") { (scope) throws(Unexpected) in
    let empty = try scope.make(.process)
    try expect(KernelCalls.query(empty).word(5), equals: 0, "capabilities held")
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)

    // Two were given: its go and its done. First generation, every slot number.
    remote.counter = 65_536
    remote.begin(.probe, address: 1 << 16)
    _ = try remote.finish()

    try expect(remote.value, equals: 2, "handles that name something")
  }

  suite.fact("CAP_016_everyWrongTypeIsRefused") { (scope) throws(Unexpected) in
    let handles = try makeOneOfEach(&scope)
    for (number, type) in Values(typedCalls) {
      for index in 0..<7 {
        let (handle, handleType) = (handles[index].0, handles[index].1)
        guard handleType != type else { continue }
        try expect(
          KernelCalls.raw(number, handle.argument, 0, 0, [0, 4096, 1, 0, 0, 0, 0, 0]),
          .wrongType)
      }
    }
  }

  suite.fact("CAP_017_handlesOfAnotherProcessNameNothing") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let secret = try scope.notification()

    let outcome = try remote.perform(.signal, secret.argument)

    try expect(outcome, .badCapability)
    try expect(KernelCalls.query(secret).word(0), equals: 0, "word")
  }

  suite.fact("CAP_019_inspectTellsExactly") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let rights = Rights.write.union(.call)
    let badged = try scope.copy(endpoint, rights: rights, badge: 1 << 63)
    let unrelated = try scope.endpoint()

    let outcome = try expect(KernelCalls.inspect(badged, unrelated))

    try expect(outcome.word(0), equals: UInt64(ObjectType.endpoint.rawValue), "type")
    try expect(outcome.word(1), equals: UInt64(rights.bits), "rights")
    try expect(outcome.word(2), equals: 1 << 63, "badge")
    try expect(outcome.word(3), equals: 0, "sameness")
    try expect(KernelCalls.inspect(badged, endpoint).word(3), equals: 1, "sameness")
  }

  suite.fact("CAP_013_aReusedSlotRefusesTheOldHandle") { (scope) throws(Unexpected) in
    let old = try scope.notification()
    try expect(KernelCalls.delete(old))
    let new = KernelCalls.create(.notification, from: scope.budget, slot: old.slot)
    scope.keep(try expect(new).handle)

    try expect(KernelCalls.signal(old), .badCapability)
    try expect(UInt64(new.handle.slot), equals: UInt64(old.slot), "slot")
    try expect(KernelCalls.query(new.handle).word(0), equals: 0, "word")
  }
}

/// The calls that take one type of object as argument 0.
private var typedCalls: [14 of (SyscallNumber, ObjectType)] {
  [
    (.send, .endpoint), (.receive, .endpoint), (.call, .endpoint), (.signal, .notification),
    (.wait, .notification), (.map, .memory), (.start, .thread), (.suspend, .thread),
    (.resume, .thread), (.readRegisters, .thread), (.setPriority, .thread),
    (.acknowledge, .interrupt), (.control, .machine), (.create, .budget),
  ]
}

private func makeOneOfEach(
  _ scope: inout Scope
) throws(Unexpected) -> [7 of (Handle, ObjectType)] {
  let process = try scope.make(.process)
  let thread = try scope.make(.thread, process.argument, 0)
  return [
    (try scope.endpoint(), .endpoint), (try scope.notification(), .notification),
    (try scope.memory(), .memory), (process, .process), (thread, .thread),
    (scope.budget, .budget), (try scope.endpoint(), .endpoint),
  ]
}
