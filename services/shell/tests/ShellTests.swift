import Libmnos
import Testing

@testable import ShellService

@Suite struct ShellTests {
  let system = FakeSystem()

  @Test(
    arguments: [
      ("echo a b", "a b\n", 0), ("pwd", "/\n", 0), ("cat /etc/motd", "welcome\n", 0),
      ("cd etc; pwd; cat motd", "/etc\nwelcome\n", 0), ("cd /etc/..; pwd", "/\n", 0),
      ("ls", "etc/\ntmp/\n", 0), ("ls /etc", "motd\n", 0), ("ls etc/motd", "etc/motd\n", 0),
      ("ls -l /etc", "file r-          8  motd\n", 0),
      ("ls /nope", "ls: /nope: no such file or directory\n", 1),
      ("cd /etc/motd", "cd: /etc/motd: not a directory\n", 1),
      ("cat /etc", "cat: /etc: is a directory\n", 1),
      ("nope", "nope: unknown command; 'help' lists those there are\n", 127),
      ("pwd x", "usage: pwd\n", 2), ("cat", "usage: cat FILE...\n", 2),
      ("session x", "usage: session exec|interactive\n", 2),
      ("echo 'a", "shell: a quote has no end: add the closing one\n", 2),
      ("nope; echo $?", "nope: unknown command; 'help' lists those there are\n127\n", 0),
      ("uptime", "up 1:02:03.004\n", 0), ("kill 1", "kill: 1: not permitted\n", 1),
      ("kill nobody", "kill: nobody: no such process; 'ps' lists those there are\n", 1),
      ("cat /nope /etc/motd", "cat: /nope: no such file or directory\nwelcome\n", 1),
      ("echo a > /etc/x", "shell: /etc/x: read-only file system (only /tmp can be written)\n", 1),
      ("help pwd", "pwd                       print the current directory\n", 0),
      ("help nope", "help: nope: no such command; 'help' alone lists them\n", 1),
    ] as [(String, String, UInt8)])
  func commandPrintsAndHasAStatus(line: String, output: String, status: UInt8) {
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(system.text == output)
    #expect(shell.lastStatus == status)
    #expect(system.commands == 0)
  }

  @Test func outputIsWrittenAndAppendedToFiles() {
    var shell = Shell(system)

    shell.run(line: Array("echo one > /tmp/f; cd tmp; echo two >> f; cat f > g; cat f g".utf8))

    #expect(system.text == "one\ntwo\none\ntwo\n")
    #expect(system.files["/tmp/g"] == Array("one\ntwo\n".utf8))
  }

  @Test func writeMakesALineAndMvGoesIntoDirectories() {
    var shell = Shell(system)

    shell.run(line: Array("write /tmp/f some text; mkdir /tmp/d; mv /tmp/f /tmp/d".utf8))

    #expect(system.files["/tmp/d/f"] == Array("some text\n".utf8))
  }

  @Test func helpHasALineForEveryCommand() {
    var shell = Shell(system)

    shell.run(line: Array("help".utf8))

    let lines = system.text.split(separator: "\n")
    #expect(lines.count == ShellCommand.all.count)
    #expect(lines.allSatisfy { $0.count > 26 && $0.count <= 80 })
  }

  @Test func processesAreEndedByNameAndNumber() {
    var shell = Shell(system)

    shell.run(line: Array("kill console 77".utf8))

    #expect(system.killed == [2, 77])
  }

  @Test(
    arguments: [
      (RunEnd.ended(0), 0, ""), (.ended(3), 3, "run: /etc/motd: ended with status 3\n"),
      (.ended(70_000), 1, "run: /etc/motd: ended with status 70000\n"),
      (.killed, 137, "run: /etc/motd: was ended by kill or Ctrl-C\n"),
      (
        .faulted(.illegalInstruction), 139,
        "run: /etc/motd: stopped by a fault: illegal instruction\n"
      ),
    ] as [(RunEnd, UInt8, String)])
  func endOfAProgramIsTold(end: RunEnd, status: UInt8, output: String) {
    system.end = end
    var shell = Shell(system)

    shell.run(line: Array("run /etc/motd a 'b c'".utf8))

    #expect(system.ran[0].path == "/etc/motd")
    #expect(system.ran[0].arguments == ["/etc/motd", "a", "b c"])
    #expect(shell.lastStatus == status)
    #expect(system.text == output)
  }

  @Test func interruptEndsTheLine() {
    system.isInterrupted = true
    var shell = Shell(system)

    shell.run(line: Array("echo a; echo b".utf8))

    #expect(system.text == "a\n")
    #expect(shell.lastStatus == 130)
  }

  @Test func shutdownFlushesFirst() {
    var shell = Shell(system)

    shell.run(line: Array("shutdown; reboot".utf8))

    #expect(system.powered == [.off, .reboot])
    #expect(system.flushes == 2)
  }

  @Test(
    arguments: [
      ("he", .insert(Array("lp ".utf8))), ("cat /e", .insert(Array("tc/".utf8))),
      ("cat /etc/m", .insert(Array("otd ".utf8))), ("cat /etc/x", .nothing),
      ("m", .choose(["mem ", "mkdir ", "mv "].map { Array($0.utf8) })),
      ("ls; shu", .insert(Array("tdown ".utf8))), ("ls /tmp;pw", .insert(Array("d ".utf8))),
      ("nope", .nothing), ("cat ", .choose(["etc/", "tmp/"].map { Array($0.utf8) })),
    ] as [(String, Completion)])
  func completionAddsWhatFits(text: String, completion: Completion) {
    let found = Shell(system).complete(Array(text.utf8))

    if case .choose(let names) = found, case .choose(let expected) = completion {
      #expect(names.sorted { Text.precedes($0, $1) } == expected)
    } else {
      #expect(found == completion)
    }
  }
}
