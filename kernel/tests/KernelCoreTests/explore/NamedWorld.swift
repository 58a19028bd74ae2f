import MnosABI
import Testing

/// A world with a name by which it can be asked for, and what exploring it came to.
struct NamedWorld: CustomTestStringConvertible {
  let name: String
  let configuration: ExploredConfiguration
  /// How many states there are, and a digest of them: who changes what the kernel does sees so
  /// here. Nil for a world too large to be closed in a test run.
  var states: Int?
  var digest = ""

  var testDescription: String { name }

  private static let calls: [ExploredStep.Kind] = [
    .receive, .call, .callWithDeadline, .reply, .replyAndReceive, .dropReply, .timeOut,
  ]
  private static let ends: [ExploredStep.Kind] = [.delete, .destroy, .exit]

  /// Explored whole in each run of the tests.
  static let closed: [NamedWorld] = [
    NamedWorld(
      name: "calls",
      configuration: .init(slotCount: 1, holdings: [[1], [1]], kinds: calls),
      states: 51, digest: "33fd664406f77a0c7d5468c2fc4ec0da"),
    NamedWorld(
      name: "ends",
      configuration: .init(slotCount: 1, holdings: [[1], [1]], kinds: calls + ends),
      states: 125, digest: "b9d202d201f0fe87d794102533cb3f90"),
    NamedWorld(
      name: "process",
      configuration: .init(
        holdings: [[1, 0]], isOneProcess: true,
        kinds: calls + [.keepReply, .replyThrough, .delete]),
      states: 201, digest: "4a854355aa386dc0c6c3f0f2af953ccc"),
    NamedWorld(
      name: "signals",
      configuration: .init(
        slotCount: 1, objects: [.notification], holdings: [[1], [1]],
        kinds: [
          .signal, .wait, .pollingWait, .delete, .destroy, .suspend, .resume, .exit, .kill,
        ]),
      states: 70, digest: "a6dc0758163e4dde971a4d719bd5b831"),
    NamedWorld(
      name: "interrupts",
      configuration: .init(
        slotCount: 1, objects: [.notification], holdings: [[1], [1]],
        kinds: [
          .signal, .wait, .pollingWait, .delete, .destroy, .interrupt, .acknowledge, .earlyTimer,
          .slice, .exit, .work, .end,
        ], splitsWork: true, hasInterrupt: true),
      states: 240, digest: "7dd15d5ea1c91593f632437d6a57073e"),
    NamedWorld(
      name: "batches",
      configuration: .init(
        slotCount: 1, holdings: [[1], [1]],
        kinds: [
          .receive, .call, .callWithDeadline, .reply, .delete, .revoke, .destroy, .kill, .timeOut,
          .earlyTimer, .slice, .work, .end,
        ], splitsWork: true),
      states: 508, digest: "9cb152fc27c73ff1b5e1d569f51b9bb4"),
    NamedWorld(
      name: "2x1x2", configuration: .init(kinds: ExploredConfiguration.eightKinds),
      states: 4_418, digest: "8de368ed11a3f3a77d8a53a68d08fe85"),
  ]

  /// The largest that a test run closes.
  static let largest = NamedWorld(
    name: "2x2x2",
    configuration: .init(
      objects: [.endpoint, .endpoint], holdings: [[1, 2], [1, 2]],
      kinds: ExploredConfiguration.eightKinds),
    states: 9_999, digest: "10b90cf8d5447b49c5c62de8d8c9aef3")

  /// By command only.
  static let deep: [NamedWorld] = [
    NamedWorld(
      name: "3x1x2",
      configuration: .init(
        threadCount: 3, holdings: [[1, 0], [1, 0], [1, 0]], kinds: ExploredConfiguration.eightKinds
      )),
    NamedWorld(
      name: "2x1x3",
      configuration: .init(
        slotCount: 3, holdings: [[1, 0, 0], [1, 0, 0]], kinds: ExploredConfiguration.eightKinds)),
    NamedWorld(
      name: "3x2x2",
      configuration: .init(
        threadCount: 3, objects: [.endpoint, .endpoint], holdings: [[1, 2], [1, 2], [1, 2]],
        kinds: ExploredConfiguration.eightKinds)),
    NamedWorld(name: "messages", configuration: .init()),
    NamedWorld(
      name: "messages-in-process",
      configuration: .init(holdings: [[1, 0]], isOneProcess: true)),
  ]

  static var all: [NamedWorld] { closed + [largest] + deep }
}
