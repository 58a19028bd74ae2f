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
      states: 59, digest: "f1ce9c68c419555134aa8120e0a6a457"),
    NamedWorld(
      name: "ends",
      configuration: .init(slotCount: 1, holdings: [[1], [1]], kinds: calls + ends),
      states: 139, digest: "bb1e42d0766794d81272bad4205ef07b"),
    NamedWorld(
      name: "process",
      configuration: .init(
        holdings: [[1, 0]], isOneProcess: true,
        kinds: calls + [.keepReply, .replyThrough, .delete]),
      states: 233, digest: "ea55c6f92b224f3d3706e06063fbbe40"),
    NamedWorld(
      name: "signals",
      configuration: .init(
        slotCount: 1, objects: [.notification], holdings: [[1], [1]],
        kinds: [
          .signal, .wait, .pollingWait, .delete, .destroy, .suspend, .resume, .exit, .kill,
        ]),
      states: 71, digest: "22d2c7adfe69dd1434a16222ce3620ab"),
    NamedWorld(
      name: "interrupts",
      configuration: .init(
        slotCount: 1, objects: [.notification], holdings: [[1], [1]],
        kinds: [
          .signal, .wait, .pollingWait, .delete, .destroy, .interrupt, .acknowledge, .earlyTimer,
          .slice, .exit, .work, .end,
        ], splitsWork: true, hasInterrupt: true),
      states: 240, digest: "5ed12bfe582104098899232aeb1c3aea"),
    NamedWorld(
      name: "batches",
      configuration: .init(
        slotCount: 1, holdings: [[1], [1]],
        kinds: [
          .receive, .call, .callWithDeadline, .reply, .delete, .revoke, .destroy, .kill, .timeOut,
          .earlyTimer, .slice, .work, .end,
        ], splitsWork: true),
      states: 542, digest: "5f20fcacddbd8a5aee5f272e4c1e02a6"),
    NamedWorld(
      name: "2x1x2", configuration: .init(kinds: ExploredConfiguration.eightKinds),
      states: 4868, digest: "031fdf030e7862acc473ac91f455717a"),
  ]

  /// The largest that a test run closes.
  static let largest = NamedWorld(
    name: "2x2x2",
    configuration: .init(
      objects: [.endpoint, .endpoint], holdings: [[1, 2], [1, 2]],
      kinds: ExploredConfiguration.eightKinds),
    states: 11091, digest: "0df1989653a29dd01467a71abc3152f5")

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
