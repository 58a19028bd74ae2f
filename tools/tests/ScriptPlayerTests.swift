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
}
