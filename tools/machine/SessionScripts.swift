/// What a person does at the interactive prompt, and what must come of it.
public enum SessionScripts {
  public static let all: [SessionScript] = editing + control + paste + lists + recovery

  private static let left = "\u{1b}[D"
  private static let up = "\u{1b}[A"
  private static let backspace = "\u{7f}"
  private static let enter = "\r"

  private static let editing = [
    SessionScript(
      "editing.typedLineRuns", [.type("echo hello" + enter), .line("hello"), .prompt]),
    SessionScript(
      "editing.backspaceErases",
      [.type("echo onexx" + backspace + backspace + enter), .line("one"), .prompt]),
    SessionScript(
      "editing.leftArrowInsertsInTheMiddle",
      [.type("echo tw" + left + left + "x" + left + backspace + " y" + enter)]
        + [.line("yxtw"), .prompt]),
    SessionScript(
      "editing.upArrowRecallsTheLastLine",
      [.type("echo again" + enter), .line("again"), .prompt, .type(up + enter)]
        + [.line("again"), .prompt]),
  ]

  private static let control = [
    SessionScript(
      "control.cDropsTheLine",
      [.type("echo dropped\u{3}"), .prompt, .type("echo kept" + enter), .line("kept"), .prompt]),
    SessionScript(
      "control.lKeepsTheLine",
      [.type("echo sta\u{c}yed" + enter), .line("stayed"), .prompt]),
  ]

  /// 64 lines of 64 bytes, each of them different, typed without waiting.
  private static let pastedLines = (0..<64).map { number in
    let body = String(repeating: "0123456789abcdef", count: 4)
    return String("\(1000 + number)-\(body)".prefix(58))
  }

  private static let paste = [
    SessionScript(
      "paste.fourKibibytesLoseNoByte",
      [.type(pastedLines.map { "echo \($0)\(enter)" }.joined())]
        + pastedLines.map { .line($0) } + [.prompt])
  ]

  private static let lists = [
    SessionScript(
      "lists.threadsOfAProcess",
      [.type("ps shell" + enter), .text("THREAD STATE"), .text("     1 "), .text("     2 ")]
        + [.prompt]),
    SessionScript(
      "lists.capabilitiesOfAProcess",
      [.type("caps init" + enter), .text("SLOT GENERATION"), .text("machine      rwxcgytm")]
        + [.text("bound: a process's end"), .text("rights: r read"), .prompt]),
    SessionScript(
      "lists.sharesOfServices",
      [
        .type("services" + enter), .text("CPU SHARE"), .text("30.0 %  kept"), .text("20.0 %  -"),
        .prompt,
      ]),
    SessionScript(
      "lists.whatIsNotThere",
      [.type("caps nobody" + enter)]
        + [.line("caps: nobody: no such process; 'ps' lists those there are"), .prompt]),
  ]

  private static let recovery = [
    SessionScript(
      "recovery.SUP_008_killedConsoleComesBack",
      [.type("kill console" + enter), .prompt, .type("echo alive" + enter)]
        + [.line("alive"), .prompt]),
    // Neither lost nor shown twice.
    SessionScript(
      "recovery.SUP_008_whatIsShownAcrossARestartComesOnce",
      [.type("kill console; echo once" + enter), .keep(["once"])]
        + (0..<5).flatMap { _ in
          [.type("kill console; echo once" + enter), .sameAsKept] as [SessionScript.Step]
        }),
    // What lay under /tmp was in the memory of the instance that ended.
    SessionScript(
      "recovery.SUP_001_killedServiceAnswersAfresh",
      [.type("echo kept > /tmp/kept; cat /tmp/kept" + enter), .line("kept"), .prompt]
        + [.type("kill vfs; cat /tmp/kept" + enter), .text("no such file"), .prompt]
        + [.type("ls /etc" + enter), .line("motd"), .prompt]
        + [.type("echo again > /tmp/kept; cat /tmp/kept" + enter), .line("again"), .prompt]
        + [.type("rm /tmp/kept" + enter), .prompt]),
    // A console that was started anew must learn whom Ctrl-C is for.
    SessionScript(
      "recovery.controlCAfterTheConsoleEnded",
      (0..<3).flatMap { _ in
        [.type("kill console; echo started; /tests/misbehaving hold-files" + enter)]
          + [.line("started"), .type("\u{3}"), .prompt]
      } + [.type("echo alive" + enter), .line("alive"), .prompt]),
    // Enter and Ctrl-C at once.
    SessionScript(
      "control.cBehindEnterEndsTheCommand",
      (0..<5).flatMap { _ in
        [.type("/tests/misbehaving hold-files" + enter + "\u{3}"), .prompt]
      } + [.type("echo alive" + enter), .line("alive"), .prompt]),
    // The tests make processes of their own, and are ended in the middle of that.
    SessionScript(
      "recovery.interruptedProgramLeavesNothing",
      interruptedRun + interruptedRun
        + [.type("mem" + enter), .keep(["used", "processes", "threads", "capabilities"])]
        + (0..<27).flatMap { _ in interruptedRun } + [.type("mem" + enter), .sameAsKept]),
    SessionScript(
      "recovery.childrenEndWithTheirProgram",
      leavingRun
        + [.type("mem" + enter), .keep(["used", "processes", "threads", "capabilities"])]
        + (0..<5).flatMap { _ in leavingRun } + [.type("mem" + enter), .sameAsKept]),
  ]

  private static let interruptedRun: [SessionScript.Step] = [
    .type("run /tests/isolation" + enter), .text("ok isolation."), .type("\u{3}"), .prompt,
  ]

  private static let leavingRun: [SessionScript.Step] = [
    .type("run /tests/misbehaving children" + enter), .prompt,
  ]
}
