import Libmnos
import TestHarness

/// Descendants in slots.
func checkTrees(_ suite: inout TestSuite) {
  suite.fact("REV_001_aChildIsGoneTheParentWorks") { (scope) throws(Unexpected) in
    let parent = try scope.notification()
    let child = try scope.copy(parent)

    try expect(KernelCalls.revoke(parent))

    try expect(KernelCalls.inspect(child), .badCapability)
    try expect(KernelCalls.signal(parent))
  }

  suite.fact("REV_002_aChainOf64IsGone") { (scope) throws(Unexpected) in
    let root = try scope.notification()
    let held = KernelCalls.query(scope.process).word(5)
    var handles: [64 of Handle] = .init(repeating: .none)
    var last = root
    for index in 0..<64 {
      last = try scope.copy(last)
      handles[index] = last
    }

    try expect(KernelCalls.revoke(root))

    for index in 0..<64 { try expect(KernelCalls.inspect(handles[index]), .badCapability) }
    try expect(KernelCalls.query(scope.process).word(5), equals: held, "capabilities held")
    try expect(KernelCalls.inspect(root))
  }

  suite.fact("REV_002_aFanOf1024OverEightProcessesIsGone") { (scope) throws(Unexpected) in
    let root = try scope.notification()
    var processes: [8 of Handle] = .init(repeating: .none)
    for index in 0..<8 {
      processes[index] = try scope.make(.process)
      for _ in 0..<128 { try expect(KernelCalls.copy(root, to: processes[index])) }
      let count = KernelCalls.query(processes[index]).word(5)
      try expect(count, equals: 128, "capabilities held before")
    }

    try expect(KernelCalls.revoke(root))

    for index in 0..<8 {
      let count = KernelCalls.query(processes[index]).word(5)
      try expect(count, equals: 0, "capabilities held after")
    }
    try expect(KernelCalls.signal(root))
  }

  suite.fact("REV_003_withoutChildrenNothingChanges") { (scope) throws(Unexpected) in
    let handle = try scope.notification()

    try expect(KernelCalls.revoke(handle))

    try expect(KernelCalls.signal(handle))
  }

  suite.fact("REV_004_ofAnEmptySlotIsBadCapability") { (scope) throws(Unexpected) in
    let handle = try scope.notification()
    try expect(KernelCalls.delete(handle))

    try expect(KernelCalls.revoke(handle), .badCapability)
  }

  suite.fact("REV_005_aSiblingAndItsChildrenStay") { (scope) throws(Unexpected) in
    let parent = try scope.notification()
    let (first, second) = (try scope.copy(parent, badge: 1), try scope.copy(parent, badge: 2))
    let (below, kept) = (try scope.copy(first), try scope.copy(second))

    try expect(KernelCalls.revoke(first))

    try expect(KernelCalls.inspect(below), .badCapability)
    try expect(KernelCalls.signal(first))
    try expect(KernelCalls.signal(second))
    try expect(KernelCalls.signal(kept))
    try expect(KernelCalls.wait(parent).value, equals: 3, "word")
  }

  suite.fact("REV_005_deletingAParentLeavesItsChildrenToTheGrandparent") {
    (scope) throws(Unexpected) in
    let root = try scope.notification()
    let middle = try scope.copy(root)
    let leaf = try scope.copy(middle)

    try expect(KernelCalls.delete(middle))

    try expect(KernelCalls.signal(leaf))
    try expect(KernelCalls.revoke(root))
    try expect(KernelCalls.inspect(leaf), .badCapability)
  }

  suite.fact("REV_011_holdersInOtherProcessesLoseIt") { (scope) throws(Unexpected) in
    let root = try scope.notification()
    let (lost, kept) = (try scope.copy(root), try scope.copy(root))
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let lostThere = try expect(KernelCalls.copy(lost, to: other)).value
    let keptThere = try expect(KernelCalls.copy(kept, to: other)).value

    try expect(KernelCalls.revoke(lost))

    try expect(try remote.perform(.signal, lostThere), .badCapability)
    try expect(try remote.perform(.signal, keptThere))
  }

  suite.fact("REV_015_aThreadMayRevokeWhatItRunsOn") { (scope) throws(Unexpected) in
    let ended = try scope.notification()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    try expect(KernelCalls.bind(other, to: ended))
    let itself = try expect(KernelCalls.copy(other, to: other)).value

    remote.begin(.destroy, itself)

    try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
    try expect(
      KernelCalls.query(other).word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
  }
}
