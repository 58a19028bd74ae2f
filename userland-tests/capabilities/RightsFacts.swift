import Libmnos
import TestHarness

/// Rights only ever shrink, and each is asked for.
func checkRights(_ suite: inout TestSuite) {
  suite.fact("RGT_001_aCopyHasExactlyTheRightsAskedFor") { (scope) throws(Unexpected) in
    let source = try scope.endpoint()
    for bits in stride(from: UInt64(0), through: UInt64(Rights.all.bits), by: 1) {
      let rights = Rights(bits: UInt16(bits))
      let copy = try expect(KernelCalls.copy(source, rights: rights)).handle
      let outcome = KernelCalls.inspect(copy)
      _ = KernelCalls.delete(copy)
      try expect(try expect(outcome).word(1), equals: bits, "rights")
    }
  }

  suite.fact("RGT_002_askingForAMissingRightIsRefused") { (scope) throws(Unexpected) in
    let source = try scope.endpoint()
    let weak = try scope.copy(source, rights: Rights.all.subtracting(.write))
    let held = KernelCalls.query(scope.process).word(5)

    try expect(KernelCalls.copy(weak, rights: .write), .noRight)
    try expect(KernelCalls.copy(weak, rights: .all), .noRight)

    try expect(KernelCalls.query(scope.process).word(5), equals: held, "capabilities held")
  }

  suite.fact("RGT_004_sendSignalAndCallNeedWrite") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    let remote = try scope.remote()
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)
    let weak = Rights.all.subtracting(.write)

    let silent = try scope.copy(endpoint, rights: weak)
    try expect(KernelCalls.send(silent), .noRight)
    try expect(KernelCalls.raw(.call, silent.argument), .noRight)
    try expect(KernelCalls.signal(try scope.copy(notification, rights: weak)), .noRight)

    try remote.expectState(.receiving)
  }

  suite.fact("RGT_004_callNeedsTheCallRight") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let sendOnly = try scope.copy(endpoint, rights: .write)

    try expect(KernelCalls.raw(.call, sendOnly.argument, Deadline.poll), .noRight)
    try expect(KernelCalls.send(sendOnly), .wouldBlock)
  }

  suite.fact("RGT_005_receiveAndWaitNeedRead") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    let remote = try scope.remote()
    remote.beginSend(endpoint, [5, 0, 0, 0, 0, 0, 0, 0], count: 1)
    try remote.expectState(.sending)
    let weak = Rights.all.subtracting(.read)

    try expect(KernelCalls.receive(try scope.copy(endpoint, rights: weak)), .noRight)
    try expect(KernelCalls.wait(try scope.copy(notification, rights: weak)), .noRight)

    try expect(KernelCalls.query(endpoint).word(0), equals: 1, "queued senders")
  }

  suite.fact("RGT_006_copyNeedsTheCopyRightMoveDoesNot") { (scope) throws(Unexpected) in
    let source = try scope.endpoint()
    let weak = try scope.copy(source, rights: Rights.write.union(.transfer))

    try expect(KernelCalls.copy(weak, rights: .write), .noRight)
    try expect(KernelCalls.copy(weak, rights: .write, badge: 3), .noRight)

    scope.keep(try expect(KernelCalls.move(weak)).handle)
  }

  suite.fact("RGT_009_undefinedRightsAreABadArgument") { (scope) throws(Unexpected) in
    let source = try scope.endpoint()
    for bits in Values([0x100, 0x8000, 1 << 16, UInt64.max] as [4 of UInt64]) {
      try expectBadArgument(
        KernelCalls.raw(
          .copy, source.argument, 0, UInt64(SlotChoice.any), [bits, 0, 0, 0, 0, 0, 0, 0]), 3)
    }
  }

  suite.fact("RGT_010_controllingAThreadNeedsManage") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    try remote.expectState(.waiting)
    let weak = try scope.copy(remote.thread, rights: Rights.all.subtracting(.manage))
    let notification = try scope.notification()

    try expect(KernelCalls.suspend(weak), .noRight)
    try expect(KernelCalls.resume(weak), .noRight)
    try expect(KernelCalls.destroy(weak), .noRight)
    try expect(KernelCalls.setPriority(weak, 1), .noRight)
    try expect(KernelCalls.bind(weak, to: notification), .noRight)
    try expect(KernelCalls.bind(notification, to: weak), .noRight)
    try expect(KernelCalls.raw(.readRegisters, weak.argument), .noRight)
    try expect(KernelCalls.raw(.writeRegisters, weak.argument), .noRight)
    try expect(KernelCalls.start(weak, entry: 0x10000, stack: 0, argument: 0), .noRight)

    try expect(remote.state, equals: UInt64(ThreadState.waiting.rawValue), "state")
  }
}
