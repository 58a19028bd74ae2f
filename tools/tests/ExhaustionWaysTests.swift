import Testing

@testable import Machine

@Suite struct ExhaustionWaysTests {
  /// A shell that answers every way as it should.
  private var good: [Conversation.Answer] {
    ExhaustionWays.all.flatMap { way in
      way.commands.map { _ in answer(way.text, way.status) }
        + [answer("\(ExhaustionWays.sign)\n", 0)]
    }
  }

  private func answer(_ text: String, _ status: Int) -> Conversation.Answer {
    Conversation.Answer(bytes: Array(text.utf8), status: status)
  }

  private func judge(_ answers: [Conversation.Answer]) -> TestReport {
    ExhaustionWays.judge(
      Conversation(answers: answers, wasSwitchedOff: true, lastWords: "last"), on: .usual)
  }

  @Test func everyWayIsJudgedOnEachSizeUnderItsOwnName() {
    #expect(ExhaustionWays.all.count >= 20)
    #expect(good.count == ExhaustionWays.commands.count)
    let report = judge(good)

    #expect(report.failures == [])
    #expect(report.passedNames.count == ExhaustionWays.all.count)
  }

  @Test func otherStatusOrOtherWordsFailThatWay() {
    var answers = good
    answers[0] = answer("out of memory", 0)
    answers[2] = answer("nothing", 202)

    let failures = judge(answers).failures.map(\.name)

    #expect(failures == ExhaustionWays.all.prefix(2).map { "exhaustion.usual.\($0.fact)" })
  }

  @Test func silenceAfterAWayFailsItAndAllBehindIt() {
    let failures = judge(Array(good.prefix(3))).failures

    #expect(failures.count == ExhaustionWays.all.count - 1)
    #expect(failures[0].reason.contains("does not answer; last words: last"))
  }
}
