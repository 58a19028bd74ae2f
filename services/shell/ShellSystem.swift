import Libmnos

/// Why the system did not do what a command asked.
struct SystemFailure: Error {
  let text: StaticString
}

/// A capability of the shell, for `caps`.
struct HeldCapability: Equatable {
  let name: [UInt8]
  let handle: Handle
  let inspection: Inspection
}

/// What `mem` shows.
struct MemoryReport: Equatable {
  /// Of the machine; nil if the shell may not see it.
  let machine: MachineStatistics?
  /// Of the shell's own budget.
  let budget: BudgetUsage
}

/// All that the shell asks of the system that it runs on. Tests have one of their own.
protocol ShellSystem: AnyObject {
  /// Shows bytes at the terminal.
  func write(_ bytes: [UInt8])
  /// Waits until all that was written has left the machine.
  func flush()
  /// Makes Ctrl-C interrupt the command that runs from now on, and ends that.
  func beginCommand()
  func endCommand()
  /// Whether Ctrl-C was typed since `beginCommand`.
  var isInterrupted: Bool { get }

  func status(_ path: [UInt8]) throws(FileSystemError) -> FileStatus
  /// - Returns: Names in the order of the file system.
  func list(
    _ path: [UInt8]
  ) throws(FileSystemError) -> [(name: [UInt8], status: FileStatus)]
  /// Calls `body` with one piece of a file after another until it returns false.
  func read(_ path: [UInt8], _ body: ([UInt8]) -> Bool) throws(FileSystemError)
  func save(_ bytes: [UInt8], to path: [UInt8], appends: Bool) throws(FileSystemError)
  func createDirectory(_ path: [UInt8]) throws(FileSystemError)
  func remove(_ path: [UInt8]) throws(FileSystemError)
  func rename(_ path: [UInt8], to newPath: [UInt8]) throws(FileSystemError)

  func processes() throws(SystemFailure) -> [ProcessInfo]
  // Lists that others can make as long as they like: `body` is called with one member after another,
  // until it returns false.
  /// Processes that programs have made themselves.
  func strays(_ body: (StrayInfo) -> Bool) throws(SystemFailure)
  func capabilities(
    of process: UInt32, _ body: (CapabilityListing) -> Bool
  ) throws(SystemFailure)
  func threads(of process: UInt32, _ body: (ThreadListing) -> Bool) throws(SystemFailure)
  func services() throws(SystemFailure) -> [ServiceInfo]
  func kill(_ process: UInt32) throws(SystemFailure)
  /// Runs a program to its end; Ctrl-C ends it.
  func run(_ path: [UInt8], _ arguments: [[UInt8]]) throws(SystemFailure) -> ProgramEnd
  /// Returns only if it cannot.
  func power(_ operation: PowerOperation) throws(SystemFailure)
  func capabilities() -> [HeldCapability]
  func memory() throws(SystemFailure) -> MemoryReport
  /// Nanoseconds since boot.
  func now() -> UInt64
}
