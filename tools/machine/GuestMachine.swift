import Foundation
import ToolSupport

/// A QEMU process and its serial line. Used by the thread that started it only, since the
/// emulator is told to end with that thread.
public final class GuestMachine {
  /// What happened on the line.
  public enum Event: Equatable {
    case output([UInt8])
    /// There is input from the user's own terminal.
    case userInput
    case ended
    case timedOut
  }

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errors = Pipe()
  private var unsent: [UInt8] = []
  private var errorBytes: [UInt8] = []
  private var errorsAreOpen = true

  /// Starts the emulator.
  public init(_ command: QEMUCommand) throws(ToolFailure) {
    guard let path = ProgramPath.find(command.program) else {
      throw ToolFailure(
        "\(command.program) is not installed: run 'tools/mnos setup'")
    }
    signal(SIGPIPE, SIG_IGN)
    var words = [path] + command.arguments
    // The emulator must not outlive this process, however that ends.
    if let wrapper = ProgramPath.find("setpriv") {
      words = [wrapper, "--pdeathsig", "KILL"] + words
    }
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw ToolFailure("\(command.program) could not be started: \(error)")
    }
    try? input.fileHandleForReading.close()
    Descriptors.makeNonBlocking(input.fileHandleForWriting.fileDescriptor)
  }

  deinit { kill() }

  /// Puts `bytes` on the line as fast as the machine takes them.
  public func send(_ bytes: [UInt8]) { unsent += bytes }

  /// Waits for the next thing to happen.
  ///
  /// - Parameter user: Also waits for input on this descriptor, without reading it.
  public func next(
    until deadline: ContinuousClock.Instant?, user: Int32? = nil
  ) -> Event {
    while true {
      var interests = [
        Descriptors.Interest(descriptor: outputDescriptor, wantsToRead: true),
        Descriptors.Interest(
          descriptor: unsent.isEmpty ? -1 : inputDescriptor, wantsToWrite: true),
        Descriptors.Interest(
          descriptor: errorsAreOpen ? errorDescriptor : -1, wantsToRead: true),
      ]
      if let user { interests.append(.init(descriptor: user, wantsToRead: true)) }
      let ready = Descriptors.wait(for: interests, until: deadline)
      if ready[1] { sendSome() }
      if ready[2] { readErrors() }
      if ready[0] {
        guard let bytes = Descriptors.read(outputDescriptor) else { return .ended }
        return .output(bytes)
      }
      if user != nil, ready[3] { return .userInput }
      if let deadline, ContinuousClock.now >= deadline { return .timedOut }
    }
  }

  /// Ends the emulator at once if it still runs.
  public func kill() {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
  }

  /// Waits for the emulator's end, and returns its exit status.
  public func waitForEnd() -> Int32 {
    while errorsAreOpen { readErrors() }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128
  }

  /// What the emulator itself complained about so far.
  public var complaints: String { String(decoding: errorBytes, as: UTF8.self) }

  private var inputDescriptor: Int32 { input.fileHandleForWriting.fileDescriptor }
  private var outputDescriptor: Int32 { output.fileHandleForReading.fileDescriptor }
  private var errorDescriptor: Int32 { errors.fileHandleForReading.fileDescriptor }

  private func sendSome() {
    guard let count = Descriptors.write(inputDescriptor, Array(unsent.prefix(4096))) else {
      unsent = []
      return
    }
    unsent.removeFirst(count)
  }

  private func readErrors() {
    if let bytes = Descriptors.read(errorDescriptor) {
      errorBytes += bytes
    } else {
      errorsAreOpen = false
    }
  }
}
