/// What init offers about processes: start, list, end, wait; services; and power.
///
/// A program holds a send end to it under the start name "processes". Its badge says what
/// the holder may do.
public enum ProcessProtocol: Interface {
  public enum Request: MessageCodable, Equatable, Sendable {
    case spawn(SpawnRequest)
    /// The first process whose number is at least this.
    case list(from: UInt32)
    /// Ends a process that was spawned, or a service, which is started anew.
    case kill(UInt32)
    /// Answers when the process ended. Who spawned it may ask, once; else the end of a
    /// process is forgotten after a while.
    case wait(UInt32)
    /// The service at this place of the manifest.
    case service(at: UInt32)
    case power(PowerOperation)
    /// What the first slot of a process's table from a position on holds.
    case capability(of: UInt32, from: UInt64)
    /// The first thread of a process from a number on.
    case thread(of: UInt32, from: UInt64)
    /// The first process from one of the kernel's numbers on that others than init have made.
    case stray(from: UInt64)
  }

  public enum Reply: MessageCodable, Equatable, Sendable {
    case done
    case started(process: UInt32)
    case process(ProcessInfo)
    case ended(exitValue: UInt64)
    case service(ServiceInfo)
    /// Nothing at or behind this number or place.
    case endOfList
    case capability(CapabilityListing)
    case thread(ThreadListing)
    case stray(StrayInfo)
    /// Nothing yet: to be asked again from here.
    case goOn(from: UInt64)
  }

  public enum Failure: UInt64, Error, Sendable {
    case notFound = 1
    /// The badge does not allow it, or the process is init.
    case notPermitted = 2
    /// The file is no program for this machine.
    case badProgram = 3
    /// No capability came where the request says so, or one of a wrong type.
    case badCapability = 4
    /// No memory, slots or numbers are left.
    case exhausted = 5
    case badArguments = 6
    /// The kernel refused a step.
    case failed = 7
  }
}

/// What to start. The request brings, in this order: memory with the arguments; then, as
/// flagged, memory with the program file; a send end to a console; one to a file service.
public struct SpawnRequest: Equatable, Sendable {
  /// Bytes of arguments, each followed by a zero byte; the first names the program: its
  /// last path component is the process's name. Without a program file it is a path in the
  /// initramfs, without a slash in front.
  public var argumentByteCount: UInt32
  /// Bytes of the program file, or 0.
  public var programByteCount: UInt64
  public var hasConsole: Bool
  public var hasFiles: Bool

  public init(
    argumentByteCount: UInt32, programByteCount: UInt64 = 0, hasConsole: Bool = false,
    hasFiles: Bool = false
  ) {
    self.argumentByteCount = argumentByteCount
    self.programByteCount = programByteCount
    self.hasConsole = hasConsole
    self.hasFiles = hasFiles
  }
}

public enum PowerOperation: UInt64, Sendable {
  case off = 0
  case reboot = 1
}

/// One process, as `list` shows it.
public struct ProcessInfo: Equatable, Sendable {
  public var number: UInt32
  public var state: ProcessState
  public var priority: UInt8
  public var threadCount: UInt16
  public var memoryKibibytes: UInt32
  public var processorMilliseconds: UInt32
  public var name: ShortName

  public init(
    number: UInt32, state: ProcessState, priority: UInt8, threadCount: UInt16,
    memoryKibibytes: UInt32, processorMilliseconds: UInt32, name: ShortName
  ) {
    self.number = number
    self.state = state
    self.priority = priority
    self.threadCount = threadCount
    self.memoryKibibytes = memoryKibibytes
    self.processorMilliseconds = processorMilliseconds
    self.name = name
  }
}

/// One process that a program has made itself, as `stray` shows it.
public struct StrayInfo: Equatable, Sendable {
  /// The kernel's.
  public var number: UInt64
  public var state: ProcessState
  public var threadCount: UInt16
  public var capabilityCount: UInt32
  public var memoryKibibytes: UInt32
  public var processorMilliseconds: UInt32
  /// The nearest of those that made it, directly or not, which init started; 0 if that one has
  /// ended.
  public var maker: UInt32

  public init(
    number: UInt64, state: ProcessState, threadCount: UInt16, capabilityCount: UInt32,
    memoryKibibytes: UInt32, processorMilliseconds: UInt32, maker: UInt32
  ) {
    self.number = number
    self.state = state
    self.threadCount = threadCount
    self.capabilityCount = capabilityCount
    self.memoryKibibytes = memoryKibibytes
    self.processorMilliseconds = processorMilliseconds
    self.maker = maker
  }
}

/// One service of the manifest, as `service(at:)` shows it.
public struct ServiceInfo: Equatable, Sendable {
  public var state: ServiceState
  /// Its process, or 0 if it has none now.
  public var process: UInt32
  public var restartCount: UInt32
  /// Of the CPU's time, if it has one.
  public var share: CPUShare?
  /// Whether those who call it while it restarts wait in its queue.
  public var keepsQueue: Bool
  public var name: ShortName

  public init(
    state: ServiceState, process: UInt32, restartCount: UInt32, share: CPUShare? = nil,
    keepsQueue: Bool = false, name: ShortName
  ) {
    self.state = state
    self.process = process
    self.restartCount = restartCount
    self.share = share
    self.keepsQueue = keepsQueue
    self.name = name
  }
}

public enum ServiceState: UInt8, Sendable {
  /// Its program is not in the initramfs, or is no program.
  case missing = 0
  case running = 1
  /// Ended; to be started anew when its back-off is over.
  case waiting = 2
  /// Ended, and not to be started anew.
  case ended = 3
}
