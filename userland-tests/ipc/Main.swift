import Libmnos
import TestHarness

/// Facts about messages, the capabilities in them, calls, and notifications.
@main
struct MessageTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("ipc", &start) { (suite) in
      checkMessages(&suite)
      checkQueues(&suite)
      checkCoincidences(&suite)
      checkCarriers(&suite)
      checkReceiversThatEnd(&suite)
      checkDeadlines(&suite)
      checkTransfers(&suite)
      checkRefusedTransfers(&suite)
      checkCalls(&suite)
      checkFaultingServers(&suite)
      checkReplies(&suite)
      checkLeases(&suite)
      checkLeaseEnds(&suite)
      checkNotifications(&suite)
      checkBindings(&suite)
    }
  }
}

/// Eight words that no two messages share.
func pattern(_ seed: UInt64) -> Words {
  var words: Words = .init(repeating: 0)
  for index in 0..<8 { words[index] = seed << 8 | UInt64(index + 1) }
  return words
}
