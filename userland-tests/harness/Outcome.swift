import Libmnos

/// What a system call answered: every register that it may write.
public struct Outcome {
  public let registers: CallRegisters

  init(_ registers: CallRegisters) { self.registers = registers }

  public var result: ResultWord { registers.result }
  public var statusCode: UInt64 { UInt64(result.statusCode) }
  public func isStatus(_ status: SyscallStatus) -> Bool {
    result.statusCode == status.rawValue
  }

  /// Argument 0: value, badge or diagnostic.
  public var value: UInt64 { registers.argument0 }
  /// The same, as a handle.
  public var handle: Handle { Handle(rawValue: UInt32(truncatingIfNeeded: value)) }
  public func word(_ index: Int) -> UInt64 { registers.words[index] }

  /// A received capability.
  public func capability(_ index: Int) -> Handle {
    let pair = index < 2 ? registers.argument1 : registers.argument2
    return Handle(rawValue: UInt32(truncatingIfNeeded: index & 1 == 0 ? pair : pair >> 32))
  }
}

/// Eight message words.
public typealias Words = [8 of UInt64]

extension Handle {
  public var argument: UInt64 { UInt64(rawValue) }
}
