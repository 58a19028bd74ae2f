import Testing

@testable import Machine

@Suite struct ScriptPlayerTests {
  private func play(_ steps: [SessionScript.Step]) -> ScriptPlayer {
    var player = ScriptPlayer(SessionScript("a.b", steps))
    _ = player.receive([])
    return player
  }

  @Test func wholeLineIsWaitedFor() {
    var player = play([.type("echo hi\r"), .line("hi"), .prompt])

    _ = player.receive([UInt8]("mnos:/$ echo hi\r\nhi there\r\n".utf8))
    #expect(player.waitingFor == "the line 'hi'")
    _ = player.receive([UInt8]("hi\r\nmnos:/$ ".utf8))
    #expect(player.isFinished)
  }

  @Test func promptWithTextBehindItIsNone() {
    var player = play([.prompt])

    _ = player.receive([UInt8]("mnos:/$ x".utf8))

    #expect(!player.isFinished)
  }

  @Test func nextTypingComesAfterWhatWasWaitedFor() {
    var player = play([.text("ready"), .type("go\r")])

    #expect(player.receive([UInt8]("not yet".utf8)) == "")
    #expect(player.receive([UInt8](" ready".utf8)) == "go\r")
  }

  private func playKeeping(_ later: String) -> ScriptPlayer {
    var player = play([.keep(["used", "threads"]), .type("mem\r"), .sameAsKept])
    _ = player.receive([UInt8]("used 5\r\nfree 7\r\nthreads 2\r\nmnos:/$ ".utf8))
    _ = player.receive([UInt8]("mem\r\n\(later)mnos:/$ ".utf8))
    return player
  }

  @Test func linesThatAreTheSameAgainPass() {
    let player = playKeeping("used 5\r\nfree 6\r\nthreads 2\r\n")

    #expect(player.isFinished && player.failure == nil)
  }

  @Test(arguments: ["used 5\r\nthreads 3\r\n", "used 5\r\n", ""])
  func linesThatDifferFail(later: String) {
    #expect(playKeeping(later).failure?.contains("threads 2") == true)
  }

  @Test func linesThatWereNeverThereFail() {
    var player = play([.keep(["used", "threads"]), .sameAsKept])

    _ = player.receive([UInt8]("mnos:/$ ".utf8))
    _ = player.receive([UInt8]("mnos:/$ ".utf8))

    #expect(player.failure != nil)
  }
}
