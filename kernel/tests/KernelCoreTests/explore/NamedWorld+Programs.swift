/// Small programs of which every order of steps is tried, with batches of work, interrupts and
/// time-outs at every step.
extension NamedWorld {
  private static let outside: [ExploredStep.Kind] = [
    .timeOut, .earlyTimer, .slice, .work, .end,
  ]

  private static func program(
    _ name: String, _ texts: [String], slotCount: UInt16 = 2,
    holdings: [[Int]] = [[1, 0], [1, 0]], states: Int, plus kinds: [ExploredStep.Kind] = [], fillerCount: Int = 0
  ) -> NamedWorld {
    let programs = texts.enumerated().map { role, text in
      text.split(separator: ";").map { ExploredStep("\(role).\($0)")! }
    }
    return NamedWorld(
      name: name,
      configuration: ExploredConfiguration(
        threadCount: texts.count, slotCount: slotCount, holdings: holdings, kinds: outside + kinds,
        splitsWork: true, fillerCount: fillerCount, programs: programs),
      states: states)
  }

  static let programs: [NamedWorld] = [
    program(
      "revoke and copy",
      ["copy(1 2);revoke(1);send(1)", "receiveInto(1 2);copy(2 1);delete(2)"], states: 13),
    program(
      "copies under way and revoke",
      ["badge(1 2);sendCopy(1 2);revoke(1)", "receiveInto(1 2);delete(1)"], states: 15),
    program(
      "two deletes", ["call(1);delete(1)", "receive(1);delete(1);reply;exit"], states: 17),
    program(
      "answer and kill", ["callWithDeadline(1);send(1)", "receive(1);reply;receive(1)"],
      states: 158, plus: [.kill]),
    program(
      "answer and time-out",
      ["callWithDeadline(1);callWithDeadline(1)", "receive(1);replyAndReceive(1);dropReply"],
      states: 25),
    program(
      "three callers",
      [
        "call(1);delete(1)", "callWithDeadline(1);destroy(1)",
        "receive(1);replyAndReceive(1);reply",
      ], holdings: [[1, 0], [1, 0], [1, 0]], states: 108),
    program(
      "right under way and caller gone",
      [
        "callWithDeadline(1);exit", "receive(1);keepReply(2);sendMove(1 2)",
        "receiveInto(1 2);replyThrough(2)",
      ], holdings: [[1, 0], [1, 0], [1, 0]], states: 86),
    program(
      "long revoke", ["revoke(1);send(1)", "copy(2 3);send(3);receive(2)"], slotCount: 3,
      holdings: [[1, 0, 0], [1, 0, 0]], states: 167, plus: [.kill], fillerCount: 54),
  ]
}
