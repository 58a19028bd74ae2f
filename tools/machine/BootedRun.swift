import Foundation
import ToolSupport

/// How a run of a machine ended, as an exit status.
public enum RunStatus {
  /// The time limit was reached.
  public static let timedOut: Int32 = 124
  /// The kernel stopped itself.
  public static let panicked: Int32 = 70
}

/// Boots an image and talks to it: with a person, or with the commands of `--exec`.
public struct BootedRun {
  private let command: QEMUCommand
  private let deadline: ContinuousClock.Instant?

  /// How long a kernel that has stopped itself may take to switch the machine off.
  private static let panicGrace = Duration.seconds(3)
  /// How long a machine may be silent under `--exec` without a time limit: nobody is there who
  /// would see that it hangs.
  private static let silenceLimit = Duration.seconds(300)

  public init(_ command: QEMUCommand, timeout: Int?) {
    self.command = command
    deadline = timeout.map { ContinuousClock.now + .seconds($0) }
  }

  /// Connects the machine to this process's terminal until it is switched off.
  ///
  /// - Returns: The exit status of the whole run.
  public func interactive() throws(ToolFailure) -> Int32 {
    let machine = try GuestMachine(command)
    let terminal = RawTerminal()
    defer { withExtendedLifetime(terminal) { RawTerminal.restore() } }
    var transcript = Transcript()
    var limit = deadline
    var user: Int32? = STDIN_FILENO
    while true {
      switch machine.next(until: limit, user: user) {
      case .output(let bytes):
        Descriptors.writeAll(STDOUT_FILENO, bytes)
        transcript.receive(bytes)
        if transcript.hasPanic, limit == deadline {
          limit = ContinuousClock.now + Self.panicGrace
        }
      case .userInput:
        if let bytes = Descriptors.read(STDIN_FILENO) { machine.send(bytes) } else { user = nil }
      case .ended:
        RawTerminal.restore()
        return try finish(machine, transcript)
      case .timedOut:
        machine.kill()
        RawTerminal.restore()
        return transcript.hasPanic ? RunStatus.panicked : timedOut(transcript)
      }
    }
  }

  /// Types `commands` at the shell, prints what they print, and switches the machine off.
  ///
  /// - Returns: The exit status of the whole run: that of the last command if all went well.
  public func execute(_ commands: [String]) throws(ToolFailure) -> Int32 {
    let machine = try GuestMachine(command)
    var dialogue = ExecDialogue(commands: commands)
    var transcript = Transcript()
    var limit = deadline
    loop: while true {
      switch machine.next(until: limit ?? .now + Self.silenceLimit) {
      case .output(let bytes):
        perform(dialogue.receive(bytes), on: machine)
        transcript.receive(bytes)
        if transcript.hasPanic, limit == deadline {
          limit = ContinuousClock.now + Self.panicGrace
        }
        if transcript.hasNothingToBoot, !transcript.hasPanic {
          machine.kill()
          throw ToolFailure(
            "the firmware did not start the image; last words: \(transcript.lastWords)")
        }
      case .ended, .userInput:
        break loop
      case .timedOut:
        perform(dialogue.flush(), on: machine)
        machine.kill()
        return transcript.hasPanic ? RunStatus.panicked : timedOut(transcript)
      }
    }
    perform(dialogue.flush(), on: machine)
    let own = try finish(machine, transcript)
    return own != 0 ? own : try status(of: dialogue)
  }

  private func perform(_ actions: [ExecDialogue.Action], on machine: GuestMachine) {
    for action in actions {
      switch action {
      case .type(let text): machine.send([UInt8](text.utf8))
      case .answer(let bytes): Descriptors.writeAll(STDOUT_FILENO, bytes)
      case .log(let bytes):
        // Firmware clears the screen, which is the user's own here.
        var filter = ControlSequenceFilter()
        Descriptors.writeAll(STDERR_FILENO, bytes.compactMap { filter.keep($0) })
      }
    }
  }

  private func status(of dialogue: ExecDialogue) throws(ToolFailure) -> Int32 {
    if dialogue.finishedCount == dialogue.commandCount { return Int32(dialogue.status ?? 0) }
    guard dialogue.hasReachedShell else {
      throw ToolFailure("the machine stopped before the shell's prompt; its last words are above")
    }
    if let running = dialogue.running, ["shutdown", "reboot"].contains(running) { return 0 }
    throw ToolFailure(
      "the machine stopped during '\(dialogue.running ?? "the next command")', after "
        + "\(dialogue.finishedCount) of \(dialogue.commandCount) commands")
  }

  private func timedOut(_ transcript: Transcript) -> Int32 {
    let reason =
      deadline == nil
      ? "the machine has been silent for \(Self.silenceLimit)" : "time limit reached"
    Report.failure("\(reason); the last line was: \(transcript.lastWords)")
    return RunStatus.timedOut
  }

  /// - Throws: If the emulator itself failed.
  private func finish(
    _ machine: GuestMachine, _ transcript: Transcript
  ) throws(ToolFailure) -> Int32 {
    let status = machine.waitForEnd()
    if transcript.hasPanic { return RunStatus.panicked }
    guard status == 0 else {
      throw ToolFailure(
        "\(command.program) ended with status \(status):\n\(machine.complaints)"
          + "the command was: \(command.program) \(command.arguments.joined(separator: " "))")
    }
    return 0
  }
}

extension Transcript {
  /// The last text that came, for messages.
  var lastWords: String {
    let text = current.isEmpty ? lines.last { !$0.isEmpty } : current
    return text ?? "(nothing)"
  }
}
