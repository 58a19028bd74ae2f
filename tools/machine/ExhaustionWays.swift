/// Ways to use up what a machine has, and what the shell must say of each. After every one the
/// shell answers.
public enum ExhaustionWays {
  /// One way: what is typed, and how it ends.
  public struct Way: Sendable {
    /// What holds, after the `exhaustion.` of its name.
    let fact: String
    /// Carried out one after another; the last one is judged.
    let commands: [String]
    let status: Int
    /// A part of what the last command prints; empty for anything.
    let text: String

    init(_ fact: String, _ commands: [String], status: Int, _ text: String) {
      self.fact = fact
      self.commands = commands
      self.status = status
      self.text = text
    }
  }

  /// On which machine the ways are gone.
  public enum Size: String, Sendable, CaseIterable {
    /// As `run` starts it.
    case usual
    /// The machine with the least memory that reaches the shell.
    case small

    func name(of way: Way) -> String { "exhaustion.\(rawValue).\(way.fact)" }
  }

  /// Printed by the command behind each way.
  static let sign = "the shell is here"

  public static let all = programs + files + lines + rest

  private static func misbehaving(_ way: String) -> [String] { ["/tests/misbehaving \(way)"] }

  private static let programs = [
    Way("aHogEnds", misbehaving("hog"), status: 202, "out of memory"),
    Way("aHogOfSmallPiecesEnds", misbehaving("hog-in-pieces"), status: 202, "out of memory"),
    Way("aHogWithAThreadEndsWhole", misbehaving("hog-with-thread"), status: 202, "out of memory"),
    Way("aThreadThatHogsEndsAll", misbehaving("hog-in-thread"), status: 202, "out of memory"),
    Way("memoryObjectsRunOut", misbehaving("memory"), status: 202, "out of memory"),
    Way("objectsRunOut", misbehaving("objects"), status: 203, "out of capability slots"),
    Way("threadsRunOut", misbehaving("threads"), status: 203, "out of capability slots"),
    Way("theStackRunsOut", misbehaving("recursion"), status: 139, "stopped by a fault"),
    // LLVM's trap on LoongArch reads address 0, so it is not said there that a check failed.
    Way("aFailedCheckEndsAProgram", misbehaving("trap"), status: 139, "stopped by a fault"),
    Way("aFailedCheckInAThreadEndsAll", misbehaving("trap-in-thread"), status: 139, "by a fault"),
    Way("aThreadLeftBehindEndsToo", misbehaving("leave-thread"), status: 0, ""),
    Way("aSpinningThreadLeftBehindEndsToo", misbehaving("leave-spinning"), status: 0, ""),
  ]

  private static let big = "/samples/mebibyte"

  private static func cat(_ path: String, times count: Int, to target: String) -> String {
    "cat " + Array(repeating: path, count: count).joined(separator: " ") + " > \(target)"
  }

  private static let files = [
    Way("manyFilesDoNotFitIntoOne", [cat(big, times: 24, to: "/tmp/x")], status: 1, "no space"),
    Way("aFullTmpCanBeEmptied", ["rm /tmp/x", cat(big, times: 3, to: "/tmp/x")], status: 0, ""),
    Way("aLargeFileFiveTimes", [cat("/tmp/x", times: 5, to: "/tmp/y")], status: 1, "no space"),
    Way("aLargeFileIsNoProgram", ["run /tmp/x"], status: 1, "not a program"),
    Way(
      "filesAreKept", ["rm /tmp/y", "cat /tmp/x > /tmp/z && rm /tmp/x /tmp/z"], status: 0, ""),
    Way("deepDirectories", [deep], status: 1, "name is too long"),
    Way("manyDirectories", directories, status: 1, "no space"),
    Way("manyDirectoriesAreListed", ["ls /tmp/n"], status: 0, "d3000/"),
  ]

  /// 5,000 directories, in lines that the shell takes.
  private static let directories =
    ["mkdir /tmp/n; cd /tmp/n"]
    + (0..<10).map { line in
      "mkdir " + (0..<500).map { "d\(line * 500 + $0)" }.joined(separator: " ")
    }

  /// One inside another, as far as a path can go, and back.
  private static let deep =
    "cd /tmp; "
    + Array(repeating: "mkdir e && cd e;", count: 600).joined(separator: " ")
    + " cd ..; cd ..; cd /; cat \(String(repeating: "/e", count: 520))"

  private static let lines = [
    Way(
      "aLongLineIsCarriedOut", ["echo " + String(repeating: "x", count: 60_000)], status: 0, "xxx"),
    Way(
      "aTooLongLineIsRefused", ["echo " + String(repeating: "x", count: 80_000)], status: 2,
      "nothing of it was run"),
    Way(
      "manyCommandsInALine",
      [Array(repeating: "echo $?", count: 2000).joined(separator: ";")], status: 0, "0\n0\n"),
  ]

  private static let rest = [
    Way("aKilledShellComesBack", ["kill shell", "echo $?"], status: 0, "0"),
    Way("openFilesCostOthersNothing", misbehaving("files") + ["cat /etc/motd"], status: 0, "mnos"),
    Way("killedServicesComeBack", ["kill vfs initramfs", "cat /etc/motd"], status: 0, "mnos"),
  ]

  // MARK: Carrying out and judging

  /// What to type for all ways: after each a sign of life.
  public static let commands = all.flatMap { $0.commands + ["cd /; echo \(sign)"] }

  /// The outcome, way by way.
  public static func judge(_ conversation: Conversation, on size: Size) -> TestReport {
    var report = TestReport()
    var place = 0
    for way in all {
      let last = place + way.commands.count - 1
      report.judge(
        size.name(of: way), fault(of: way, in: conversation, at: last))
      place = last + 2
    }
    return report
  }

  /// What is wrong with a way whose last command's answer is at `index`; nil if nothing is.
  private static func fault(
    of way: Way, in conversation: Conversation, at index: Int
  ) -> String? {
    let answers = conversation.answers
    guard index < answers.count else {
      return "the shell did not get that far; last words: \(conversation.lastWords)"
    }
    let answer = answers[index]
    let isSaid = way.text.isEmpty || answer.text.contains(way.text)
    guard answer.status == way.status, isSaid else {
      return "status \(answer.status) and '\(answer.text.suffix(200))', not \(way.status) and "
        + "'\(way.text)'"
    }
    guard index + 1 < answers.count, answers[index + 1].text.contains(sign) else {
      return "the shell does not answer; last words: \(conversation.lastWords)"
    }
    return nil
  }
}
