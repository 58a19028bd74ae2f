import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What a system call came to, as its thread sees it in its registers.
struct Outcome: Equatable, CustomStringConvertible {
  /// The call has not returned: its thread waits.
  var isBlocked = false
  /// Its thread does not exist any more.
  var isGone = false
  var result = ResultWord(rawValue: 0)
  var value: UInt64 = 0
  var argument1: UInt64 = 0
  var argument2: UInt64 = 0
  var words: [UInt64] = []

  static let blocked = Outcome(isBlocked: true)
  static let gone = Outcome(isGone: true)

  init(isBlocked: Bool = false, isGone: Bool = false) {
    self.isBlocked = isBlocked
    self.isGone = isGone
  }

  init(_ registers: SimulatedRegisters) {
    result = ResultWord(rawValue: registers.callWord)
    value = registers.argument0
    argument1 = registers.argument1
    argument2 = registers.argument2
    words = (0..<8).map { registers[word: $0] }
  }

  /// The status, or nil while the call has not returned.
  var status: SyscallStatus? { isBlocked || isGone ? nil : SyscallStatus(rawValue: code) }
  private var code: UInt16 { result.statusCode }
  /// The value as a handle.
  var handle: Handle { Handle(rawValue: UInt32(truncatingIfNeeded: value)) }
  /// The words that the call delivered.
  var message: [UInt64] { Array(words.prefix(Int(result.wordCount))) }
  /// The capabilities that the call delivered.
  var capabilities: [Handle] {
    [argument1 & 0xffff_ffff, argument1 >> 32, argument2 & 0xffff_ffff, argument2 >> 32]
      .prefix(Int(result.capabilityCount)).map { Handle(rawValue: UInt32($0)) }
  }

  /// Status and value alone.
  var ended: CallResult { CallResult(status: status, value: value) }

  var description: String {
    if isBlocked { return "blocked" }
    if isGone { return "gone" }
    let name = status.map { "\($0)" } ?? "status \(code)"
    return "\(name)(\(value)) \(result.kind) \(message) caps \(capabilities.map(\.rawValue))"
  }
}

/// What a call without a message came to.
struct CallResult: Equatable {
  let status: SyscallStatus?
  let value: UInt64

  static func success(_ value: UInt64) -> CallResult { CallResult(status: .ok, value: value) }
  static func failure(_ status: SyscallStatus, _ value: UInt64 = 0) -> CallResult {
    CallResult(status: status, value: value)
  }
}

/// A program of a test: one thread in one process, told what to do call by call.
struct Actor: Equatable {
  let thread: ThreadID
  let process: ProcessID
  /// What init names them by.
  let threadHandle: Handle
  let processHandle: Handle

  /// A page of memory that each process has, for records that calls name.
  static let scratch: UInt64 = 0x40_0000
}
