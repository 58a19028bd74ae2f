import Foundation

/// Runs other programs and waits for them.
public enum Subprocess {
  /// What a finished program left behind.
  public struct Result: Sendable {
    /// Exit status; 128 plus the signal number if a signal ended it.
    public let status: Int32
    /// Standard output and standard error, in the order written.
    public let output: String
    public var succeeded: Bool { status == 0 }
  }

  /// Runs `program` to its end and collects what it prints.
  ///
  /// - Parameter environment: Added to this process's own.
  /// - Throws: A failure that names the program if it cannot be started.
  public static func capture(
    _ program: String, _ arguments: [String], in folder: String? = nil,
    environment: [String: String] = [:], input: String? = nil
  ) throws(ToolFailure) -> Result {
    let process = try prepared(program, arguments, folder, environment)
    let outputPipe = Pipe()
    process.standardOutput = outputPipe
    process.standardError = outputPipe
    let inputPipe = Pipe()
    process.standardInput = input == nil ? FileHandle.nullDevice : inputPipe
    try start(process, program)
    if let input {
      inputPipe.fileHandleForWriting.write(Data(input.utf8))
      try? inputPipe.fileHandleForWriting.close()
    }
    let bytes = outputPipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: status(of: process), output: String(decoding: bytes, as: UTF8.self))
  }

  /// Runs `program` to its end, and hands over each line that it prints as it comes.
  ///
  /// - Parameter environment: Added to this process's own.
  /// - Returns: The exit status; 128 plus the signal number if a signal ended it.
  public static func lines(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    _ receive: (String) -> Void
  ) throws(ToolFailure) -> Int32 {
    let process = try prepared(program, arguments, nil, environment)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try start(process, program)
    var pending = Data()
    while true {
      let bytes = pipe.fileHandleForReading.availableData
      pending += bytes
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        receive(String(decoding: pending[..<end], as: UTF8.self))
        pending = Data(pending[(end + 1)...])
      }
      if bytes.isEmpty { break }
    }
    process.waitUntilExit()
    return status(of: process)
  }

  private static func prepared(
    _ program: String, _ arguments: [String], _ folder: String?, _ environment: [String: String]
  ) throws(ToolFailure) -> Process {
    guard let path = ProgramPath.find(program) else {
      throw ToolFailure("\(program): not found on the PATH; 'tools/mnos doctor' says what needs it")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment
        .merging(environment) { _, added in added }
    }
    return process
  }

  private static func start(_ process: Process, _ program: String) throws(ToolFailure) {
    do {
      try process.run()
    } catch {
      throw ToolFailure("\(program) could not be started: \(error)")
    }
  }

  private static func status(of process: Process) -> Int32 {
    process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
  }
}
