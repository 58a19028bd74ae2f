import Libmnos
import TestHarness

/// A revoke while others do something to its slot, its tree, or who revokes.
func checkRaces(_ suite: inout TestSuite) {
  suite.fact("REV_501_eachAnswerIsTrueWhenItIsGiven") { (scope) throws(Unexpected) in
    let sleep = try scope.notification()
    for attack in 0..<8 {
      let holder = try scope.make(.process)
      let root = try expect(KernelCalls.create(.notification, from: scope.budget)).handle
      let revoker = try scope.remote(priority: scope.priority - 1)
      // It has run, and waits to be told what to do.
      try expect(try revoker.perform(.clock))
      for _ in 0..<400 { try expect(KernelCalls.copy(root, to: holder)) }
      revoker.begin(.revoke, root.argument)
      // Into the middle of it, on most machines.
      let pause = UInt64(attack / 4 + 1) * 20_000
      try expect(
        KernelCalls.wait(sleep, deadline: KernelCalls.clock() + pause), .timedOut)

      var held = root
      switch attack % 4 {
      case 0: held = try expect(KernelCalls.move(root)).handle
      case 1: try expect(KernelCalls.delete(root))
      case 2:
        try expect(KernelCalls.revoke(root))
        // It is answered, so it is over.
        try expect(KernelCalls.query(holder).word(5), equals: 0, "capabilities left")
      default: try expect(KernelCalls.destroy(revoker.thread))
      }
      if attack % 4 != 3 {
        let answer = try revoker.finish()
        let isOver = KernelCalls.query(holder).word(5) == 0
        try expect(!answer.isStatus(.ok) || isOver, "revoke was answered and left something")
        try expect(
          answer.isStatus(.ok) || answer.isStatus(.cancelled) || answer.isStatus(.badCapability),
          "the revoke's status")
      }
      // What is left can be revoked by who has it still.
      if attack % 4 != 1 {
        try expect(KernelCalls.revoke(held))
        try expect(KernelCalls.query(holder).word(5), equals: 0, "capabilities left")
        try expect(KernelCalls.delete(held))
      }
    }
  }

  suite.fact("REV_502_aRevokeEndsAlthoughOthersCopy") { (scope) throws(Unexpected) in
    let root = try scope.notification()
    let holder = try scope.make(.process)
    let revoker = try scope.remote()
    for _ in 0..<500 { try expect(KernelCalls.copy(root, to: holder)) }
    let child = try expect(KernelCalls.copy(root)).handle
    let deadline = KernelCalls.patience()
    revoker.begin(.revoke, root.argument)
    var copies: UInt64 = 0
    while !revoker.isFinished {
      // Of one priority, they take turns.
      if KernelCalls.copy(child, to: holder).isStatus(.ok) { copies += 1 }
      try expect(KernelCalls.clock() < deadline, "the revoke does not end")
    }
    try expect(revoker.lastCall)
    try expect(KernelCalls.query(holder).word(5), equals: 0, "capabilities left")
    try expect(KernelCalls.inspect(child), .badCapability)
  }

  suite.fact("REV_503_endingDoesNotWaitForWorkThatNeedNotFinish") { (scope) throws(Unexpected) in
    let sleep = try scope.notification()
    for way in 0..<2 {
      let home = try scope.otherProcess()
      let worker = try scope.remote(in: home)
      let holder = try scope.make(.process)
      let root = try expect(KernelCalls.create(.notification, from: scope.budget)).handle
      for _ in 0..<400 { try expect(KernelCalls.copy(root, to: holder)) }
      let there = try expect(KernelCalls.move(root, to: home)).handle
      try expect(KernelCalls.setPriority(worker.thread, scope.priority - 1))
      worker.begin(.revoke, there.argument)
      try expect(
        KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 20_000), .timedOut)

      try expect(KernelCalls.destroy(way == 0 ? home : worker.thread))

      let ended = way == 0 ? home : worker.thread
      let state = way == 0 ? UInt64(ProcessState.ended.rawValue) : UInt64(ThreadState.ended.rawValue)
      try expect(KernelCalls.query(ended).word(0), equals: state, "state")
      try expect(KernelCalls.destroy(holder))
      try expect(
        KernelCalls.query(holder).word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
    }
  }
}
