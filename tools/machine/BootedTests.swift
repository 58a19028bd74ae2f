import Foundation
import ToolSupport

/// Runs tests on booted machines of one architecture.
public struct BootedTests: Sendable {
  let architecture: String
  /// The image with the system as users get it.
  private let image: String
  /// Told of each step, for progress.
  let progress: @Sendable (String) -> Void

  /// How long a machine may take to its prompt, and a test program to its next output. Emulation on
  /// a busy host is slow, and only a failure waits that long.
  private static let bootLimit = Duration.seconds(240)
  private static let silenceLimit = Duration.seconds(120)

  public init(
    architecture: String, image: String, progress: @escaping @Sendable (String) -> Void
  ) {
    self.architecture = architecture
    self.image = image
    self.progress = progress
  }

  /// Boots `image`, whose command line asks for self-tests, and judges its lines.
  public func selfTests(image: String) throws(ToolFailure) -> TestReport {
    try firstLines(
      of: image, isLast: { $0.hasPrefix("selftest: result:") },
      isShown: { $0.hasPrefix("selftest: ") }, judge: Judge.selfTests)
  }

  /// Boots `image`, on which the test program of this name has the place of init or of a service, and
  /// judges its lines.
  public func firstProgramTests(
    _ program: String, image: String, inPlacesOf services: [String] = []
  ) throws(ToolFailure) -> TestReport {
    let report = try firstLines(
      of: image, isLast: { $0 == "PASS" || $0 == "FAIL" },
      isShown: { $0.hasPrefix("not ok ") || $0.hasPrefix("\(program): ") },
      judge: { Judge.userTests($0, program: program, inPlacesOf: services) })
    progress("\(program): \(report.summary)")
    return report
  }

  /// Boots `image` up to its last line of tests.
  func firstLines(
    of image: String, on spec: MachineSpec? = nil, isLast: (String) -> Bool,
    isShown: (String) -> Bool, judge: ([String]) -> TestReport
  ) throws(ToolFailure) -> TestReport {
    let machine = try GuestMachine(try command(image: image, machine: spec))
    defer { machine.kill() }
    var transcript = Transcript()
    var deadline = ContinuousClock.now + Self.bootLimit
    while case .output(let bytes) = machine.next(until: deadline) {
      let lines = transcript.receive(bytes)
      for line in lines where isShown(line) {
        progress(line)
        deadline = max(deadline, .now + Self.silenceLimit)
      }
      if lines.contains(where: isLast) || transcript.hasNothingToBoot { break }
    }
    return Self.explained(judge(transcript.lines), transcript, machine)
  }

  /// Runs each of `programs` at the shell. A program that stops the machine or falls silent has
  /// failed, and the others run on a fresh machine.
  public func userTests(_ programs: [String]) throws(ToolFailure) -> TestReport {
    var report = TestReport()
    var remaining = programs[...]
    while let first = remaining.first {
      let run = try userTestRun(Array(remaining))
      report.add(run.report)
      // Even a machine that never reaches its prompt uses up one program.
      remaining = remaining.dropFirst(max(1, run.finishedCount))
      if run.finishedCount == 0, run.report.failures.isEmpty {
        report.fail(first, "did not run")
      }
    }
    return report
  }

  private func userTestRun(
    _ programs: [String]
  ) throws(ToolFailure) -> (report: TestReport, finishedCount: Int) {
    let machine = try GuestMachine(try command(image: image))
    defer { machine.kill() }
    var dialogue = ExecDialogue(commands: programs.map { "run /tests/\($0)" })
    var transcript = Transcript()
    var answers = Transcript()
    var report = TestReport()
    var finished = 0
    var deadline = ContinuousClock.now + Self.bootLimit
    while case .output(let bytes) = machine.next(until: deadline) {
      transcript.receive(bytes)
      for action in dialogue.receive(bytes) {
        switch action {
        case .type(let text): machine.send([UInt8](text.utf8))
        case .answer(let answer):
          for line in answers.receive(answer) where line.hasPrefix("not ok ") { progress(line) }
        case .log: continue
        }
      }
      while finished < dialogue.finishedCount {
        let outcome = Judge.userTests(answers.lines, program: programs[finished])
        progress("\(programs[finished]): \(outcome.summary)")
        report.add(outcome)
        answers = Transcript()
        finished += 1
      }
      if dialogue.hasReachedShell { deadline = ContinuousClock.now + Self.silenceLimit }
      if finished == programs.count || transcript.hasNothingToBoot { break }
    }
    guard finished < programs.count else { return (report, finished) }
    let outcome = Judge.userTests(answers.lines, program: programs[finished])
    report.add(Self.explained(outcome, transcript, machine))
    return (report, finished + 1)
  }

  /// Plays each of `scripts` at the shell's prompt, on one machine as long as they pass.
  public func sessions(_ scripts: [SessionScript]) throws(ToolFailure) -> TestReport {
    var report = TestReport()
    var machine: GuestMachine?
    for script in scripts {
      if machine == nil { machine = try booted() }
      guard let current = machine else {
        report.fail(script.name, "the machine did not reach its prompt")
        continue
      }
      if let reason = play(script, on: current) {
        report.fail(script.name, reason)
        current.kill()
        machine = nil
      } else {
        report.pass(script.name)
      }
      progress("session \(script.name): \(machine == nil ? "failed" : "ok")")
    }
    machine?.kill()
    return report
  }

  /// Types `commands` one after another on a new machine, and has it switch itself off.
  ///
  /// - Parameters:
  ///   - machine: nil for the architecture's first.
  ///   - other: Another image than these tests' own.
  public func conversation(
    _ commands: [String], on machine: MachineSpec? = nil, image other: String? = nil
  ) throws(ToolFailure) -> Conversation {
    let guest = try GuestMachine(try command(image: other ?? image, machine: machine))
    defer { guest.kill() }
    var dialogue = ExecDialogue(commands: commands)
    var transcript = Transcript()
    var answers: [Conversation.Answer] = []
    var printed: [UInt8] = []
    var deadline = ContinuousClock.now + Self.bootLimit
    var event = guest.next(until: deadline)
    while case .output(let bytes) = event {
      transcript.receive(bytes)
      for byte in bytes {
        for action in dialogue.receive([byte]) {
          if case .type(let text) = action { guest.send([UInt8](text.utf8)) }
          if case .answer(let part) = action { printed += part }
        }
        guard dialogue.finishedCount > answers.count else { continue }
        answers.append(Conversation.Answer(bytes: printed, status: dialogue.status ?? -1))
        printed = []
      }
      if transcript.hasNothingToBoot || transcript.hasPanic { break }
      if dialogue.hasReachedShell { deadline = ContinuousClock.now + Self.silenceLimit }
      event = guest.next(until: deadline)
    }
    let wasSwitchedOff = event == .ended && guest.waitForEnd() == 0
    return Conversation(
      answers: answers, wasSwitchedOff: wasSwitchedOff && answers.count == commands.count,
      lastWords: Self.lastWords(transcript, guest))
  }

  /// Boots `image`, which is damaged or asks for something odd, until `expected` is a part of
  /// what it prints.
  ///
  /// - Returns: nil if it came, else the machine's last words.
  public func boot(image: String, until expected: String) throws(ToolFailure) -> String? {
    let machine = try GuestMachine(try command(image: image))
    defer { machine.kill() }
    var transcript = Transcript()
    let deadline = ContinuousClock.now + Self.bootLimit
    while case .output(let bytes) = machine.next(until: deadline) {
      let lines = transcript.receive(bytes) + [transcript.current]
      if lines.contains(where: { $0.contains(expected) }) { return nil }
      if transcript.hasNothingToBoot { break }
    }
    return "no '\(expected)'; last words: \(transcript.lastWords)"
  }

  /// A machine at its first prompt; nil if there came none.
  func booted() throws(ToolFailure) -> GuestMachine? {
    let machine = try GuestMachine(try command(image: image))
    var player = ScriptPlayer(SessionScript("boot", [.prompt]))
    let deadline = ContinuousClock.now + Self.bootLimit
    while case .output(let bytes) = machine.next(until: deadline) {
      _ = player.receive(bytes)
      if player.isFinished { return machine }
    }
    machine.kill()
    return nil
  }

  /// - Returns: nil if every step was done, else what went wrong.
  func play(_ script: SessionScript, on machine: GuestMachine) -> String? {
    var player = ScriptPlayer(script)
    machine.send([UInt8](player.receive([]).utf8))
    while !player.isFinished {
      switch machine.next(until: ContinuousClock.now + Self.silenceLimit) {
      case .output(let bytes): machine.send([UInt8](player.receive(bytes).utf8))
      case .ended: return "the machine stopped while waiting for \(player.waitingFor)"
      case .timedOut, .userInput:
        return "no sign of \(player.waitingFor); last seen: \(player.lastSeen.debugDescription)"
      }
      if let failure = player.failure { return failure }
    }
    return player.failure
  }

  private func command(
    image: String, machine: MachineSpec? = nil
  ) throws(ToolFailure) -> QEMUCommand {
    var options = MachineOptions()
    options.machine = machine
    options.endsOnReset = true
    return try QEMUCommand(architecture: architecture, image: image, options: options)
  }

  /// `report` with the machine's last words beside a failure to finish.
  private static func explained(
    _ report: TestReport, _ transcript: Transcript, _ machine: GuestMachine
  ) -> TestReport {
    report.explained { failure in
      guard failure.reason.contains("final line") else { return failure.reason }
      return "\(failure.reason); last words: \(lastWords(transcript, machine))"
    }
  }

  private static func lastWords(_ transcript: Transcript, _ machine: GuestMachine) -> String {
    let words =
      transcript.hasPanic
      ? transcript.panicReport.prefix(12).joined(separator: " | ") : transcript.lastWords
    return machine.complaints.isEmpty ? words : "\(words); QEMU: \(machine.complaints)"
  }
}

/// What was asked of a machine's shell, and what came back.
public struct Conversation: Sendable {
  /// What one command printed, and its status.
  public struct Answer: Sendable, Equatable {
    public let bytes: [UInt8]
    public let status: Int

    public init(bytes: [UInt8], status: Int) {
      self.bytes = bytes
      self.status = status
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// As many as commands ended; then the machine stopped or fell silent.
  public let answers: [Answer]
  /// Whether every command ended and the machine then switched itself off.
  public let wasSwitchedOff: Bool
  /// For messages.
  public let lastWords: String

  public init(answers: [Answer], wasSwitchedOff: Bool, lastWords: String) {
    self.answers = answers
    self.wasSwitchedOff = wasSwitchedOff
    self.lastWords = lastWords
  }
}
