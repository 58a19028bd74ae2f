/// Small programs of which every order of steps is tried, with batches of work, interrupts and
/// time-outs at every step.
extension NamedWorld {
  private static let outside: [ExploredStep.Kind] = [
    .timeOut, .earlyTimer, .slice, .work, .end,
  ]

  private static func program(
    _ name: String, _ texts: [String], slotCount: UInt16 = 2,
    holdings: [[Int]] = [[1, 0], [1, 0]], states: Int, digest: String,
    plus kinds: [ExploredStep.Kind] = [], fillerCount: Int = 0
  ) -> NamedWorld {
    let programs = texts.enumerated().map { role, text in
      text.split(separator: ";").map { ExploredStep("\(role).\($0)")! }
    }
    return NamedWorld(
      name: name,
      configuration: ExploredConfiguration(
        threadCount: texts.count, slotCount: slotCount, holdings: holdings, kinds: outside + kinds,
        splitsWork: true, fillerCount: fillerCount, programs: programs),
      states: states, digest: digest)
  }

  static let programs: [NamedWorld] = [
    program(
      "revoke and copy",
      ["copy(1 2);revoke(1);send(1)", "receiveInto(1 2);copy(2 1);delete(2)"], states: 13,
      digest: "6165d24fa8dfbf6a3c476b195be582b8"),
    program(
      "copies under way and revoke",
      ["badge(1 2);sendCopy(1 2);revoke(1)", "receiveInto(1 2);delete(1)"], states: 15,
      digest: "911496b330cc294c252e6c3d86024672"),
    program(
      "two deletes", ["call(1);delete(1)", "receive(1);delete(1);reply;exit"], states: 15,
      digest: "95ec67146639ed02813548b3f454b777"),
    program(
      "answer and kill", ["callWithDeadline(1);send(1)", "receive(1);reply;receive(1)"],
      states: 158,
      digest: "91fb7bf44d1fd82a4b096db896192222", plus: [.kill]),
    program(
      "answer and time-out",
      ["callWithDeadline(1);callWithDeadline(1)", "receive(1);replyAndReceive(1);dropReply"],
      states: 25,
      digest: "2de793afd53263ea79f155640c667742"),
    program(
      "three callers",
      [
        "call(1);delete(1)", "callWithDeadline(1);destroy(1)",
        "receive(1);replyAndReceive(1);reply",
      ], holdings: [[1, 0], [1, 0], [1, 0]], states: 100,
      digest: "b616ba66d9451aa603dd2a0866c728d7"),
    program(
      "right under way and caller gone",
      [
        "callWithDeadline(1);exit", "receive(1);keepReply(2);sendMove(1 2)",
        "receiveInto(1 2);replyThrough(2)",
      ], holdings: [[1, 0], [1, 0], [1, 0]], states: 86,
      digest: "3b9cdbcc1f7f9f91ff361bb1d7020939"),
    program(
      "long revoke", ["revoke(1);send(1)", "copy(2 3);send(3);receive(2)"], slotCount: 3,
      holdings: [[1, 0, 0], [1, 0, 0]], states: 167,
      digest: "7d81d3ef3aaa093ea5fbbc00b30feb2f", plus: [.kill], fillerCount: 54),
  ]
}
