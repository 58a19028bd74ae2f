import Libmnos
import TestHarness

/// Copy, move and delete.
func checkTable(_ suite: inout TestSuite) {
  suite.fact("CAP_001_copyNamesTheSameObject") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    let badged = try scope.copy(source, badge: 12)

    let copy = try scope.copy(badged)

    let outcome = try expect(KernelCalls.inspect(copy, badged))
    try expect(outcome.word(0), equals: UInt64(ObjectType.notification.rawValue), "type")
    try expect(outcome.word(1), equals: UInt64(Rights.all.bits), "rights")
    try expect(outcome.word(2), equals: 12, "badge")
    try expect(outcome.word(3), equals: 1, "sameness")
  }

  suite.fact("CAP_002_copyIntoOccupiedSlotIsBusy") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    let occupied = try scope.endpoint()

    try expect(KernelCalls.copy(source, slot: occupied.slot), .slotBusy)

    let outcome = try expect(KernelCalls.inspect(occupied))
    try expect(outcome.word(0), equals: UInt64(ObjectType.endpoint.rawValue), "type")
    try expect(KernelCalls.signal(source))
  }

  suite.fact("CAP_003_copyOfAnEmptySlotIsBadCapability") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    try expect(KernelCalls.delete(source))

    try expect(KernelCalls.copy(source), .badCapability)
  }

  suite.fact("CAP_005_moveKeepsRightsBadgeAndPlace") { (scope) throws(Unexpected) in
    let root = try scope.notification()
    let rights = Rights.write.union(.copy)
    let middle = try scope.copy(root, rights: rights, badge: 7)
    let leaf = try scope.copy(middle, rights: .write)

    let moved = scope.keep(try expect(KernelCalls.move(middle)).handle)

    try expect(KernelCalls.inspect(middle), .badCapability)
    let outcome = try expect(KernelCalls.inspect(moved, root))
    try expect(outcome.word(1), equals: UInt64(rights.bits), "rights")
    try expect(outcome.word(2), equals: 7, "badge")
    try expect(outcome.word(3), equals: 1, "sameness")
    try expect(KernelCalls.revoke(moved))
    try expect(KernelCalls.inspect(leaf), .badCapability)
    try expect(KernelCalls.revoke(root))
    try expect(KernelCalls.inspect(moved), .badCapability)
  }

  suite.fact("CAP_006_moveOntoOccupiedSlotIsBusy") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    let occupied = try scope.endpoint()

    try expect(KernelCalls.move(source, slot: occupied.slot), .slotBusy)

    try expect(KernelCalls.inspect(source))
    try expect(KernelCalls.inspect(occupied))
  }

  suite.fact("CAP_007_moveOfAnEmptySlotIsBadCapability") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    try expect(KernelCalls.delete(source))

    try expect(KernelCalls.move(source), .badCapability)
  }

  suite.fact("CAP_009_deletingOneCopyLeavesTheOther") { (scope) throws(Unexpected) in
    let source = try scope.notification()
    let copy = try scope.copy(source)

    try expect(KernelCalls.delete(source))

    try expect(KernelCalls.inspect(source), .badCapability)
    try expect(KernelCalls.signal(copy))
    try expect(KernelCalls.wait(copy).value, equals: 1, "word")
  }

  suite.fact("CAP_010_deletingAnEmptySlotIsBadCapability") { (scope) throws(Unexpected) in
    let handle = try scope.notification()
    try expect(KernelCalls.delete(handle))

    try expect(KernelCalls.delete(handle), .badCapability)
    try expect(KernelCalls.delete(.none), .badCapability)
  }

  suite.fact("CAP_011_theLastCapabilityEndsTheObject") { (scope) throws(Unexpected) in
    let before = KernelCalls.query(scope.budget)
    let notification = try scope.notification()
    let remote = try scope.remote()
    let during = KernelCalls.query(scope.budget).word(3)
    remote.begin(.wait, notification.argument, Deadline.never)
    try remote.expectState(.waiting)

    try expect(KernelCalls.delete(notification))

    let outcome = try remote.finish()
    try expect(outcome.statusCode >= 200, "the waiter was not told by a 2xx")
    try expect(KernelCalls.query(scope.budget).word(3), equals: during - 1, "objects charged")
    try expect(before.isStatus(.ok), "the budget could not be asked")
  }
}
