import KernelHAL
import MnosABI

/// A machine made of data: what the kernel asks of it is recorded, checked and kept to the
/// letter, and nothing happens that the test did not ask for.
///
/// It is strict rather than kind. Memory is never cleared, a translation stays in the TLB
/// until it is flushed, time stands still until `advance` unless `clockReadCost` is set, and
/// what breaks the rules of `Platform` is kept in `violations`.
public struct SimulatedPlatform: ~Copyable {
  /// What can differ between simulated machines.
  public struct Configuration: Sendable {
    public var frameCount = 512
    public var ramBase: UInt64 = 0x8_0000_0000
    public var cpuCount = 1
    public var pageTableFormat = SimulatedPageTableFormat()
    public var addressSpaceIdentifierCount: UInt32 = 16
    public var lineCount: UInt32 = 32
    public var reservedLines: Set<UInt32> = [0, 5]
    public var hasPorts = true
    /// Whether the TLB remembers that a page is not mapped.
    public var remembersEmptyEntries = true
    public var startTime: UInt64 = 1_000
    public init() {}
  }

  /// What one CPU holds.
  public struct CPU: Sendable {
    public internal(set) var translations = SimulatedTranslationBuffer()
    public internal(set) var walks = SimulatedWalkCache()
    public internal(set) var activeSpace: AddressSpaceTag?
    /// When the timer fires; `.max` if it is not armed.
    public internal(set) var timerDeadline: UInt64 = .max
    public internal(set) var isWakeupPending = false
    public internal(set) var wakeCount = 0
    public internal(set) var extendedRegisters: [4 of UInt64] = .init(repeating: 0)
    public internal(set) var ports = PortSet()
  }

  /// Duties that a machine can be made to neglect, to see whether the tests notice.
  public struct Neglect: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let mappingAdded = Neglect(rawValue: 1 << 0)
    public static let mappingRemoved = Neglect(rawValue: 1 << 1)
    public static let mappingRemovedElsewhere = Neglect(rawValue: 1 << 2)
    public static let spaceRemoved = Neglect(rawValue: 1 << 3)
    public static let activation = Neglect(rawValue: 1 << 4)
    public static let extendedState = Neglect(rawValue: 1 << 5)
    public static let portSet = Neglect(rawValue: 1 << 6)
    public static let timer = Neglect(rawValue: 1 << 7)
    public static let tableOrder = Neglect(rawValue: 1 << 8)
    public static let tableLinks = Neglect(rawValue: 1 << 9)
    public static let codePublication = Neglect(rawValue: 1 << 10)
    public static let cacheFlush = Neglect(rawValue: 1 << 11)
  }

  /// A duty that the machine neglects once.
  public struct Lapse: Sendable {
    public let duty: Neglect
    /// Which time that it is asked; the first is 1.
    public let number: Int
    public init(_ duty: Neglect, number: Int) { (self.duty, self.number) = (duty, number) }
  }

  /// How the machine was last asked to stop.
  public enum PowerState: Equatable, Sendable { case on, off, rebooting }

  public let configuration: Configuration
  let memory: SimulatedMemory
  public internal(set) var cpus: [CPU]
  public internal(set) var interruptController: SimulatedInterruptController
  /// The CPU whose kernel code runs now; set by what plays the entry code.
  public var currentCPU = 0
  let clock: SimulatedClock
  public internal(set) var powerState = PowerState.on
  public internal(set) var debugOutput: [UInt8] = []
  public internal(set) var violations: [SimulatedViolation] = []
  /// What user code wrote to device registers, by physical address.
  public var deviceRegisters: [UInt64: UInt64] = [:]
  public var neglect: Neglect = []
  public var lapse: Lapse?
  /// How often each duty was asked for, by its raw value.
  public private(set) var requests: [Int: Int] = [:]
  /// The pages that `mappingAdded` was last called for.
  public internal(set) var lastAddition: Range<UInt64> = 0..<0
  /// Frames that may be linked as page tables: clear when stores were ordered, or so linked.
  var orderedTables: Set<UInt64> = []
  /// Pages that `mappingAdded` was called for and that are still mapped.
  var announced: [PageKey: AnnouncedPage] = [:]
  /// Frames that user code stored to since it was last looked at what is published.
  var storedTo: Set<UInt64> = []
  /// Frames that were flushed from the caches, with a hash of what memory holds.
  var flushed: [UInt64: UInt64] = [:]

  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    memory = SimulatedMemory(base: configuration.ramBase, frameCount: configuration.frameCount)
    cpus = Array(repeating: CPU(), count: configuration.cpuCount)
    interruptController = SimulatedInterruptController(
      lineCount: configuration.lineCount, reservedLines: configuration.reservedLines)
    clock = SimulatedClock(time: configuration.startTime)
  }

  private init(copying other: borrowing SimulatedPlatform) {
    configuration = other.configuration
    memory = other.memory.copy()
    cpus = other.cpus
    interruptController = other.interruptController
    currentCPU = other.currentCPU
    clock = SimulatedClock(time: other.clock.time, readCost: other.clock.readCost)
    powerState = other.powerState
    debugOutput = other.debugOutput
    violations = other.violations
    deviceRegisters = other.deviceRegisters
    neglect = other.neglect
    lapse = other.lapse
    requests = other.requests
    lastAddition = other.lastAddition
    orderedTables = other.orderedTables
    announced = other.announced
    storedTo = other.storedTo
    flushed = other.flushed
  }

  /// Another machine in the same state, with memory of its own elsewhere.
  public borrowing func clone() -> SimulatedPlatform { SimulatedPlatform(copying: self) }

  /// Nanoseconds since some moment.
  public var time: UInt64 { clock.time }
  /// Nanoseconds that each look at the clock takes: time that passes within an entry. At first 0.
  public var clockReadCost: UInt64 {
    get { clock.readCost }
    nonmutating set { clock.readCost = newValue }
  }

  /// The physical addresses of RAM.
  public var ramRange: Range<UInt64> {
    memory.base..<memory.base + UInt64(memory.byteCount)
  }

  /// A hash of all memory and all that the machine holds beside it.
  public var digest: UInt64 {
    var hash = memory.digest(at: memory.base, count: UInt64(memory.byteCount))
    func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01b3 }
    mix(time)
    for cpu in cpus {
      mix(cpu.timerDeadline)
      mix(cpu.activeSpace?.root.rawValue ?? 0)
      mix(cpu.isWakeupPending ? 1 : 0)
      for index in 0..<4 { mix(cpu.extendedRegisters[index]) }
    }
    for line in interruptController.lines {
      mix((line.isEnabled ? 1 : 0) | (line.isClaimed ? 2 : 0) | (line.isPending ? 4 : 0))
    }
    return hash
  }

  /// A hash of one frame's bytes.
  public func digest(ofFrame address: UInt64) -> UInt64 {
    memory.digest(at: address, count: Limits.pageByteCount)
  }

  /// The word at a physical address of RAM, as a device or a debugger reads it.
  public func physicalWord(at address: UInt64) -> UInt64 { memory.readWord(at: address) }

  /// Changes a word of RAM behind the kernel's back.
  public func setPhysicalWord(_ value: UInt64, at address: UInt64) {
    memory.writeWord(value, at: address)
  }

  /// Counts a request; returns whether the machine is not to do what it asks for.
  mutating func neglects(_ duty: Neglect) -> Bool {
    requests[duty.rawValue, default: 0] += 1
    if let lapse, lapse.duty == duty, lapse.number == requests[duty.rawValue] { return true }
    return neglect.contains(duty)
  }

  mutating func report(_ violation: SimulatedViolation) { violations.append(violation) }

  /// The violations so far, which are then forgotten.
  public mutating func takeViolations() -> [SimulatedViolation] {
    defer { violations = [] }
    return violations
  }
}
