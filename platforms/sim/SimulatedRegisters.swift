import KernelHAL
import MnosABI

/// The registers of a simulated thread: 32 general ones, with the roles scattered.
public struct SimulatedRegisters: TrapFrameAccess, Equatable, Sendable {
  public private(set) var programCounter: UInt64
  public private(set) var stackPointer: UInt64
  /// `userMode` always set; the condition bits are the thread's own.
  public private(set) var flags: UInt64 = Self.requiredFlags
  private var general: [32 of UInt64] = .init(repeating: 0)

  /// Bits of `flags` that say user mode and interrupts enabled; never 0 in a thread.
  public static let requiredFlags: UInt64 = 0b11
  /// Bits of `flags` that user code may choose.
  public static let conditionFlags: UInt64 = 0xff00

  public init(entry: VirtualAddress, stack: VirtualAddress, argument: UInt64) {
    programCounter = entry.rawValue
    stackPointer = stack.rawValue
    argument0 = argument
  }

  public var callWord: UInt64 {
    get { general[17] }
    set { general[17] = newValue }
  }
  public var argument0: UInt64 {
    get { general[10] }
    set { general[10] = newValue }
  }
  public var argument1: UInt64 {
    get { general[9] }
    set { general[9] = newValue }
  }
  public var argument2: UInt64 {
    get { general[12] }
    set { general[12] = newValue }
  }
  public subscript(word index: Int) -> UInt64 {
    get { general[Self.wordRegister(index)] }
    set { general[Self.wordRegister(index)] = newValue }
  }

  /// Whether general register `index` has a role in system calls.
  public static func hasRole(_ index: Int) -> Bool {
    [17, 10, 9, 12].contains(index) || (0..<8).contains { wordRegister($0) == index }
  }

  private static func wordRegister(_ index: Int) -> Int {
    precondition(index >= 0 && index < 8)
    return 30 - 2 * index + (index > 3 ? 3 : 0)
  }

  public static var recordWordCount: Int { 35 }

  public func recordWord(at index: Int) -> UInt64 {
    switch index {
    case 0: programCounter
    case 1: stackPointer
    case 2: flags
    default: general[index - 3]
    }
  }

  public mutating func setRecordWord(at index: Int, to value: UInt64) {
    switch index {
    case 0: programCounter = value
    case 1: stackPointer = value
    case 2: flags = value & Self.conditionFlags | Self.requiredFlags
    default: general[index - 3] = value
    }
  }

  /// Entry points are multiples of 4 below the smallest user half, 2^38.
  public static func isValidEntry(_ entry: UInt64) -> Bool {
    entry & 3 == 0 && entry < 1 << 38
  }

  public static func == (left: Self, right: Self) -> Bool {
    (0..<recordWordCount).allSatisfy { left.recordWord(at: $0) == right.recordWord(at: $0) }
  }
}
