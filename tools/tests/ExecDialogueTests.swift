import Testing

@testable import Machine

@Suite struct ExecDialogueTests {
  private static let ready = "\u{1}ready\u{1}\r\n"

  /// What `dialogue` answers to `text`, with all answers and all typing joined.
  private func feed(
    _ dialogue: inout ExecDialogue, _ text: String
  ) -> (typed: String, answer: String) {
    var typed = ""
    var answer = ""
    for action in dialogue.receive([UInt8](text.utf8)) {
      switch action {
      case .type(let text): typed += text
      case .answer(let bytes): answer += String(decoding: bytes, as: UTF8.self)
      case .log: continue
      }
    }
    return (typed, answer)
  }

  @Test func promptStartsTheSession() {
    var dialogue = ExecDialogue(commands: ["ls"])

    let boot = feed(&dialogue, "booting\r\nmnos:/$ ")

    #expect(boot.typed == "session exec\r")
    #expect(dialogue.hasReachedShell)
  }

  @Test func promptInColourIsRecognised() {
    var dialogue = ExecDialogue(commands: ["ls"])

    #expect(feed(&dialogue, "\r\u{1b}[K\u{1b}[1mmnos:/etc\u{1b}[0m$ ").typed == "session exec\r")
  }

  @Test func eachCommandIsTypedWhenTheShellIsReady() {
    var dialogue = ExecDialogue(commands: ["ls", "ps"])
    _ = feed(&dialogue, "mnos:/$ ")

    #expect(feed(&dialogue, "session exec\r\n" + Self.ready).typed == "ls\r")
    #expect(feed(&dialogue, "\u{1}status 0\u{1}\r\n" + Self.ready).typed == "ps\r")
    #expect(feed(&dialogue, "\u{1}status 3\u{1}\r\n" + Self.ready).typed == "shutdown\r")
    #expect(dialogue.status == 3)
    #expect(dialogue.finishedCount == 2)
  }

  private static let greeting = ExecDialogue.greetingText + "\r\n"

  @Test func shellThatWasStartedAnewIsAskedAgain() {
    var dialogue = ExecDialogue(commands: ["kill shell", "echo after"])
    _ = feed(&dialogue, "mnos:/$ ")
    #expect(feed(&dialogue, "session exec\r\n" + Self.ready).typed == "kill shell\r")

    let restart = feed(&dialogue, "bye\r\n" + Self.greeting + "mnos:/$ ")

    #expect(restart.typed == "session exec\r")
    #expect(restart.answer == "bye\n")
    #expect(dialogue.status == 137 && dialogue.finishedCount == 1)
    #expect(feed(&dialogue, "session exec\r\n" + Self.ready).typed == "echo after\r")
  }

  @Test func shellThatBecameInteractiveIsAskedAgain() {
    var dialogue = ExecDialogue(commands: ["session interactive", "ls"])
    _ = feed(&dialogue, "mnos:/$ ")
    _ = feed(&dialogue, Self.ready)

    #expect(feed(&dialogue, "\u{1}status 0\u{1}\r\nmnos:/$ ").typed == "session exec\r")
    #expect(feed(&dialogue, "session exec\r\n" + Self.ready).typed == "ls\r")
    #expect(dialogue.status == 0 && dialogue.finishedCount == 1)
  }

  /// A file may hold what looks like a session.
  @Test(arguments: [
    "mnos:/$ ls\r\n", greeting, greeting + "mnos\r\n", "x " + greeting + "mnos:/$ ",
  ])
  func outputThatLooksLikeAShellIsOutput(text: String) {
    var dialogue = ExecDialogue(commands: ["cat x"])
    _ = feed(&dialogue, "mnos:/$ ")
    _ = feed(&dialogue, Self.ready)

    let first = feed(&dialogue, text)
    let last = feed(&dialogue, "\u{1}status 0\u{1}\r\n")

    #expect(first.typed == "")
    let expected = text.replacing("\r\n", with: "\n")
    #expect(first.answer + last.answer == expected)
    #expect(dialogue.status == 0)
  }

  @Test func onlyWhatTheCommandPrintedIsAnAnswer() {
    var dialogue = ExecDialogue(commands: ["ls"])
    _ = feed(&dialogue, "mnos:/$ ")
    _ = feed(&dialogue, "session exec\r\n" + Self.ready)

    let answer = feed(&dialogue, "bin\r\netc\r\n\u{1}status 0\u{1}\r\n" + Self.ready).answer

    #expect(answer == "bin\netc\n")
  }

  @Test func outputWithoutALineEndIsKept() {
    var dialogue = ExecDialogue(commands: ["cat x"])
    _ = feed(&dialogue, "mnos:/$ ")
    _ = feed(&dialogue, Self.ready)

    #expect(feed(&dialogue, "no end\u{1}status 0\u{1}\r\n").answer == "no end")
  }

  @Test(arguments: [
    ("help; ls /;ps", ["help", "ls /", "ps"]), ("echo 'a;b'; ls", ["echo 'a;b'", "ls"]),
    (" ; ;", []), ("echo \"x; 'y\"", ["echo \"x; 'y\""]),
    ("echo a\\;b; ls", ["echo a\\;b", "ls"]), ("echo '\\'; ls", ["echo '\\'", "ls"]),
    ("echo \"\\\";\"; ls", ["echo \"\\\";\"", "ls"]),
    ("ls\nps\r\n\nls", ["ls", "ps", "ls"]),
  ])
  func semicolonsAndLineEndsOutsideQuotesSeparate(text: String, commands: [String]) {
    #expect(ExecDialogue.commands(in: text) == commands)
  }
}
