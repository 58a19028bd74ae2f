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
      (.succeeded, 0, ""), (.failed(3), 3, "run: /etc/motd: ended with status 3\n"),
      (.failed(70_000), 1, "run: /etc/motd: ended with status 70000\n"),
      (.refused(.noMemory), 202, "run: /etc/motd: out of memory (ended with status 202)\n"),
      (.killed, 137, "run: /etc/motd: was ended by kill or Ctrl-C\n"),
      (
        .faulted(.illegalInstruction), 139,
        "run: /etc/motd: stopped by a fault: a failed check of its own, or an illegal instruction\n"
      ),
    ] as [(ProgramEnd, UInt8, String)])
  func endOfAProgramIsTold(end: ProgramEnd, status: UInt8, output: String) {
    system.end = end
    var shell = Shell(system)

    shell.run(line: Array("run /etc/motd a 'b c'".utf8))

    #expect(system.ran[0].path == "/etc/motd")
    #expect(system.ran[0].arguments == ["/etc/motd", "a", "b c"])
    #expect(shell.lastStatus == status)
    #expect(system.text == output)
  }

  @Test func pathWithoutRunIsAProgramToo() {
    var shell = Shell(system)

    shell.run(line: Array("/etc/motd x; cd /etc; ./motd".utf8))

    #expect(system.ran.map(\.path) == ["/etc/motd", "/etc/motd"])
    #expect(system.ran[0].arguments == ["/etc/motd", "x"])
  }

  @Test(
    arguments: [
      ("echo a && echo b", "a\nb\n"),
      ("cat /nope && echo b", "cat: /nope: no such file or directory\n"),
      ("cat /nope || echo b", "cat: /nope: no such file or directory\nb\n"),
      ("echo a || echo b; echo c", "a\nc\n"), ("cd /etc; cd -; pwd; cd -; pwd", "/\n/etc\n"),
      ("cd /etc; cd ~; pwd", "/\n"), ("ls -la /etc", "file r-          8  motd\n"),
    ] as [(String, String)])
  func whatPeopleExpectHappens(line: String, output: String) {
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(system.text == output)
  }

  /// Each of these did something else than what it says.
  @Test(arguments: [
    "rm -rf /tmp/a", "rm /tmp/a -r", "mv -f /tmp/a /tmp/b", "mkdir -p /tmp/x", "cat -n /etc/motd",
    "ls --help", "echo a > /tmp/a &", "run /etc/motd &", "ls | cat", "cat < /etc/motd",
    "ls 2>&1", "ls 2> /tmp/a", "ls > /tmp/b > /tmp/a", "ls >& /tmp/a", "cat /etc/*",
    "echo $HOME", "echo \"$(ls)\"", "echo `ls`", "ls && ", "&& ls", "ls || ; ls",
    "rm /tmp/a; ls | cat",
  ])
  func lineThatMeansSomethingElseIsRefusedWhole(line: String) {
    system.files["/tmp/a"] = [1, 2, 3]
    let files = system.files
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(shell.lastStatus == ExitStatus.usage)
    #expect(system.files == files)
    #expect(system.directories.count == 3)
    #expect(system.ran.isEmpty)
    #expect(system.text.contains("shell: ") || system.text.contains("usage: "))
  }

  @Test func outputOfAnyLengthPassesThrough() {
    var shell = Shell(system)
    system.files["/tmp/big"] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

    shell.run(line: Array("cat /tmp/big > /tmp/copy; cat /tmp/copy >> /tmp/copy".utf8))

    let isSame = system.files["/tmp/copy"] == system.files["/tmp/big"]
    #expect(isSame)
    #expect(shell.lastStatus == 1)
    #expect(system.longestSave <= Redirection.pieceByteCount + 4096)
  }

  @Test func fileThatIsReadIsNotEmptiedFirst() {
    var shell = Shell(system)
    system.files["/tmp/f"] = [65, 10]

    shell.run(line: Array("cat /tmp/f > /tmp/f".utf8))

    #expect(system.files["/tmp/f"] == [65, 10])
    #expect(system.text == "cat: /tmp/f: is the file that the output goes to\n")
    #expect(shell.lastStatus == 1)
  }

  @Test func fullDiskEndsTheCommandAtOnce() {
    var shell = Shell(system)
    system.files["/tmp/big"] = [UInt8](repeating: 65, count: 1 << 20)
    system.room = 100_000

    shell.run(line: Array("cat /tmp/big /tmp/big > /tmp/x; echo $?".utf8))

    #expect(system.text == "shell: /tmp/x: no space left\n1\n")
    #expect(system.bytesRead < 200_000)
  }

  @Test func programsOutputCannotGoToAFile() {
    var shell = Shell(system)

    shell.run(line: Array("run /etc/motd > /tmp/x".utf8))

    #expect(system.files["/tmp/x"] == nil)
    #expect(system.ran.isEmpty && shell.lastStatus == 1)
  }

  /// A hundred times the commands cost a hundred times the work: the line is read once.
  @Test func longLineIsReadOnce() {
    var shell = Shell(system)
    let line = String(repeating: "echo $?;", count: 4_000)

    shell.run(line: Array(line.utf8))

    #expect(system.text == String(repeating: "0\n", count: 4_000))
  }

  /// The longest path there is can be left, and named by a dot.
  @Test func longestDirectoryIsNoTrap() {
    var shell = Shell(system)
    let deep = "/tmp" + String(repeating: "/d", count: 510)
    #expect(deep.utf8.count == FilePath.maximumByteCount)
    system.directories.formUnion([deep, String(deep.dropLast(2))])

    shell.run(line: Array("cd \(deep); ls; ls .; cd ..; cd d; cd ../d; ls x".utf8))

    #expect(shell.directory.absoluteBytes == Array(deep.utf8))
    #expect(system.text == "ls: x: name is too long\n")
  }

  // MARK: Lists

  @Test func processesAreListedWithThoseThatProgramsMade() {
    var shell = Shell(system)

    shell.run(line: Array("ps".utf8))

    #expect(
      system.text == """
        NUMBER STATE    PRIORITY THREADS   MEMORY    CPU TIME  NAME
             2 running       100       1    64 KiB     1.042 s  console
             5 running       100       1    64 KiB     1.042 s  shell
             - running         -       2    24 KiB     0.007 s  (made by shell)
             - running         -       2    24 KiB     0.007 s  (maker unknown)

        """)
  }

  @Test(arguments: ["ps shell", "ps 5"])
  func threadsOfAProcessAreListed(line: String) {
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(
      system.text == """
        THREAD STATE          PRIORITY    CPU TIME
             1 awaiting reply      100     1.042 s
            12 ready               199     0.005 s  suspended  has spent its share of CPU time

        """)
  }

  @Test(arguments: ["caps shell", "caps 5"])
  func capabilitiesOfAProcessAreListed(line: String) {
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(
      system.text == """
        SLOT GENERATION TYPE         RIGHTS    BADGE             USE
           1          1 endpoint     --xc--t-  0000000000000005
        65534        300 notification -w------  0000010000000000  bound: a thread's end
        rights: r read, w write, x execute, c call, g grant, y copy, t transfer, m manage

        """)
  }

  @Test(
    arguments: [
      ("ps nobody", "ps: nobody: no such process; 'ps' lists those there are\n"),
      ("caps 77", "caps: 77: no such process or program\n"),
      ("caps 5 6", "usage: caps [NAME|NUMBER]\n"),
    ])
  func listsOfWhatIsNotThereSaySo(line: String, text: String) {
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    #expect(system.text == text)
    #expect(shell.lastStatus == 1 || shell.lastStatus == 2)
  }

  /// Lists are as long as others make them.
  @Test(arguments: ["ps", "ps shell", "caps shell"])
  func interruptEndsAList(line: String) {
    system.isInterrupted = true
    var shell = Shell(system)

    shell.run(line: Array(line.utf8))

    let lines = system.text.split(separator: "\n").filter { !$0.hasPrefix("rights:") }
    #expect(lines.count == (line == "ps" ? 4 : 2))
    #expect(system.strayCount <= 1)
  }

  @Test func servicesAreListedWithTheirShares() {
    var shell = Shell(system)

    shell.run(line: Array("services".utf8))

    #expect(
      system.text == """
        NAME          STATE    PROCESS RESTARTS  CPU SHARE  QUEUE
        console       running        2        3     15.5 %  kept
        once          ended          0        0       none  -

        """)
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
