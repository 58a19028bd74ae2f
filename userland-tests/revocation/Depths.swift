import Libmnos
import TestHarness

/// Thousands of capabilities below one another, and in one another's messages.
func checkDepths(_ suite: inout TestSuite) {
  suite.fact("RES_010_aChainOfTenThousandCopiesEnds") { (scope) throws(Unexpected) in
    let witness = try scope.remote(in: try scope.otherProcess())
    for way in 0..<4 {
      let payer = try expect(
        KernelCalls.create(.budget, from: scope.budget, 4 << 20, 20)
      ).handle
      let holder = try expect(KernelCalls.create(.process, from: payer)).handle
      let root = try expect(KernelCalls.create(.notification, from: payer)).handle
      var last = try expect(KernelCalls.copy(root)).handle
      // Each is copied before it moves to the process that holds them all.
      for _ in 0..<10_000 {
        let next = try expect(KernelCalls.copy(last)).handle
        try expect(KernelCalls.move(last, to: holder))
        last = next
      }
      try expect(KernelCalls.query(holder).word(5), equals: 10_000, "capabilities held before")
      try expect(KernelCalls.signal(last))

      switch way {
      case 0: try expect(KernelCalls.revoke(root))
      case 1: try expect(KernelCalls.destroy(root))
      case 2: try expect(KernelCalls.destroy(holder))
      default: try expect(KernelCalls.destroy(payer))
      }

      switch way {
      case 0:
        try expect(KernelCalls.query(holder).word(5), equals: 0, "capabilities left")
        try expect(KernelCalls.inspect(last), .badCapability)
      // What is destroyed can still be named.
      case 1:
        try expect(KernelCalls.signal(last), .peerGone)
        try expect(KernelCalls.revoke(root))
        try expect(KernelCalls.inspect(last), .badCapability)
      // The end of who holds the middle of a chain leaves its ends to each other.
      case 2:
        try expect(KernelCalls.signal(last))
        try expect(KernelCalls.revoke(root))
        try expect(KernelCalls.inspect(last), .badCapability)
      // So much takes longer than a time slice, and goes on in turns with this thread.
      default:
        let patience = KernelCalls.patience()
        for handle in Values([last, root, payer] as [3 of Handle]) {
          while KernelCalls.inspect(handle).isStatus(.ok) {
            try expect(KernelCalls.clock() < patience, "the budget does not end")
          }
          try expect(KernelCalls.inspect(handle), .badCapability)
        }
      }
      try expect(try witness.perform(.clock))
      _ = KernelCalls.destroy(payer)
      for handle in Values([root, holder, payer] as [3 of Handle]) {
        _ = KernelCalls.delete(handle)
      }
    }
  }

  suite.fact("RES_010_aChainOfMessagesInMessagesEnds") { (scope) throws(Unexpected) in
    let payer = try expect(
      KernelCalls.create(.budget, from: scope.budget, 16 << 20, 8_000)
    ).handle
    scope.keep(payer)
    let ended = try scope.notification()
    let home = try scope.otherProcess(from: payer)
    let (sender, helper) = (try scope.remote(in: home), try scope.remote(in: home))
    try expect(KernelCalls.bind(home, to: ended))
    var last = try expect(KernelCalls.create(.endpoint, from: payer)).handle
    var count: UInt64 = 1
    while count < 2_500 {
      guard let next = try scope.nest(last, by: sender, helper, in: home, payer) else { break }
      last = next
      // All of them follow one control page, one after another.
      guard try scope.addThread(to: home, like: sender, payer) else { break }
      count += 1
    }
    try expect(count >= 1_000, "the budget was too small for a chain")

    try expect(KernelCalls.delete(last))

    // Whoever was not woken cannot be told to leave, and keeps the process.
    helper.begin(.exit, 0)
    let patience = KernelCalls.patience()
    while KernelCalls.wait(ended).isStatus(.wouldBlock) {
      sender.begin(.exit, 0)
      KernelCalls.yield()
      try expect(KernelCalls.clock() < patience, "not all senders woke")
    }
    try expect(KernelCalls.destroy(payer))
  }
}

extension Scope {
  /// Has the thread that waits to be told send a capability that reads `endpoint` through another,
  /// and deletes all others that do.
  ///
  /// - Returns: That other endpoint; nil if the budget is spent.
  fileprivate func nest(
    _ endpoint: Handle, by sender: RemoteThread, _ helper: RemoteThread, in home: Handle,
    _ payer: Handle
  ) throws(Unexpected) -> Handle? {
    let made = KernelCalls.create(.endpoint, from: payer)
    guard made.isStatus(.ok) else { return nil }
    let through = KernelCalls.copy(
      made.handle, rights: Rights.all.subtracting(.read), to: home)
    let moved = KernelCalls.move(endpoint, to: home)
    guard through.isStatus(.ok), moved.isStatus(.ok) else { return nil }
    sender.begin(
      CallWord(.send, hasTransfers: true), to: through.handle,
      record: TransferRecord(attaching: moved.handle, isMove: false))
    let patience = KernelCalls.patience()
    while KernelCalls.query(made.handle).word(0) == 0 {
      KernelCalls.yield()
      try expect(KernelCalls.clock() < patience, "the message is not in the queue")
    }
    // A message that fails gives back what it moves, and not what it copies.
    try expect(try helper.perform(.delete, moved.value))
    return made.handle
  }

  /// Starts another thread that follows the same page.
  ///
  /// - Returns: Whether the budget was enough.
  fileprivate func addThread(
    to home: Handle, like remote: RemoteThread, _ payer: Handle
  ) throws(Unexpected) -> Bool {
    let made = KernelCalls.create(.thread, from: payer, home.argument, priority)
    guard made.isStatus(.ok) else { return false }
    try expect(
      KernelCalls.start(
        made.handle, entry: remote.codeBase, stack: 0, argument: remote.controlBase))
    try expect(KernelCalls.delete(made.handle))
    return true
  }
}
