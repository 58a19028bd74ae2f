import Foundation
import Testing

@testable import ShellService

@Suite struct ShellSessionTests {
  let system = FakeSystem()

  @Test func promptShowsTheDirectoryAndTypingIsEchoed() {
    var session = begun()

    session.accept(Array("cd etc\r".utf8))
    session.accept(Array("echo hi\r".utf8))

    #expect(system.text == "mnos:/$ cd etc\nmnos:/etc$ echo hi\nhi\nmnos:/etc$ ")
  }

  @Test func automaticSessionIsMarkedAndNotEchoed() {
    var session = begun()

    session.accept(Array("session exec\r".utf8))
    system.shown = []
    session.accept(Array("echo a\rls /nope\r\nnope\n".utf8))

    #expect(
      system.text == """
        a
        \u{1}status 0\u{1}
        \u{1}ready\u{1}
        ls: /nope: no such file or directory
        \u{1}status 1\u{1}
        \u{1}ready\u{1}
        nope: unknown command; 'help' lists those there are
        \u{1}status 127\u{1}
        \u{1}ready\u{1}

        """)
  }

  @Test func automaticSessionAsksForItsFirstCommand() {
    var session = begun()

    session.accept(Array("session exec\r\n".utf8))

    #expect(system.text.hasSuffix("session exec\n\u{1}ready\u{1}\n"))
  }

  /// Ctrl-C comes with the line that it is for, before that could be run.
  @Test func controlCBehindALineDropsTheLine() {
    var session = begun()

    session.accept(Array("echo one\recho two\r\u{3}echo three\r".utf8))

    #expect(!system.text.contains("\none\n"))
    #expect(!system.text.contains("\ntwo\n"))
    #expect(system.text.hasSuffix("echo three\nthree\nmnos:/$ "))
  }

  @Test func personComesBackAfterAProgram() {
    var session = begun()

    session.accept(Array("session exec\rsession interactive\r".utf8))

    #expect(system.text.hasSuffix("mnos:/$ "))
  }

  @Test func lineIsKeptWhenTheConsoleIsRestarted() {
    var session = begun()
    session.accept(Array("echo bef".utf8))
    system.shown = []

    session.resume()
    #expect(system.text.contains("mnos:/$ echo bef"))

    session.accept(Array("ore\r".utf8))
    #expect(system.text.contains("before\n"))
  }

  @Test func tabShowsWhatCouldFollow() {
    var session = begun()

    session.accept(Array("cat /e\tm\t\r".utf8))
    #expect(system.text.contains("\nwelcome\n"))

    session.accept(Array("m\t".utf8))
    #expect(system.text.contains("mem   mkdir   mv "))
  }

  @Test func pasteOfManyLinesRunsEachOnce() {
    var session = begun()
    let lines = (0..<300).map { "echo line-\($0)" }
    let pasted = Array(lines.joined(separator: "\r\n").utf8) + [0x0d]
    #expect(pasted.count > 4_096)

    for start in stride(from: 0, to: pasted.count, by: 48) {
      session.accept(Array(pasted[start..<min(start + 48, pasted.count)]))
    }

    for number in 0..<300 {
      #expect(system.text.components(separatedBy: "\nline-\(number)\n").count == 2)
    }
  }

  @Test(arguments: [(65_536, 0), (65_537, 2), (200_000, 2)])
  func tooLongLineOfAProgramIsRefusedWhole(byteCount: Int, status: Int) {
    var session = begun()
    session.accept(Array("session exec\r".utf8))
    system.shown = []

    let command = "echo "
    session.accept(
      Array(command.utf8) + [UInt8](repeating: 0x61, count: byteCount - command.count) + [0x0d])
    session.accept(Array("echo on\r".utf8))

    let end = String(system.text.suffix(200))
    let hasStatus = system.text.contains("\u{1}status \(status)\u{1}")
    #expect(hasStatus, "\(end)")
    let isRefused = system.text.contains("longer than 65536 bytes; nothing of it was run")
    #expect(isRefused == (status != 0), "\(end)")
    #expect(end.contains("\non\n"))
  }

  @Test func tooLongLineOfAPersonIsRefusedWhole() {
    var session = begun()

    session.accept(Array("echo ".utf8) + [UInt8](repeating: 0x61, count: 20_000) + [0x0d])
    session.accept(Array("echo on\r".utf8))

    #expect(system.text.contains("longer than 16384 bytes; nothing of it was run\n"))
    #expect(system.text.contains("\non\n"))
  }

  /// What was typed before Ctrl-C ended a command does not run after it.
  @Test(arguments: [false, true])
  func interruptForgetsWhatWasTyped(isAutomatic: Bool) {
    var session = begun()
    if isAutomatic { session.accept(Array("session exec\r".utf8)) }
    system.isInterrupted = true
    session.accept(Array("echo one\recho two\rech".utf8))
    system.isInterrupted = false
    session.accept(Array("echo three\r".utf8))

    #expect(!system.text.contains("\ntwo"))
    #expect(system.text.contains("\nthree\n"))
  }

  private func begun() -> ShellSession<FakeSystem> {
    var session = ShellSession(system)
    session.start()
    system.shown = Array("mnos:/$ ".utf8)
    return session
  }
}
