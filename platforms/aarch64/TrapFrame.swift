import KernelHAL
import MnosABI

/// The registers of a thread, in the order in which asm/Frame.h stores them.
///
/// The message words x3 to x7 and x9 to x11 stand together, so that a message is copied from
/// frame to frame by straight loads and stores.
public struct AArch64Registers: TrapFrameAccess {
  @usableFromInline var x0: UInt64 = 0
  @usableFromInline var x1: UInt64 = 0
  @usableFromInline var x2: UInt64 = 0
  @usableFromInline var x8: UInt64 = 0
  /// x3, x4, x5, x6, x7, x9, x10, x11.
  @usableFromInline var words: [8 of UInt64] = .init(repeating: 0)
  /// x12 to x30.
  @usableFromInline var others: [19 of UInt64] = .init(repeating: 0)
  @usableFromInline var sp: UInt64 = 0
  @usableFromInline var pc: UInt64 = 0
  /// SPSR_EL1: always user mode, with nothing masked, since it is 0 or what the CPU saved
  /// there as it left user mode.
  @usableFromInline var pstate: UInt64 = 0
  /// TPIDR_EL0, the thread's own word.
  @usableFromInline var threadWord: UInt64 = 0

  @inlinable public init(entry: VirtualAddress, stack: VirtualAddress, argument: UInt64) {
    pc = entry.rawValue
    sp = stack.rawValue
    x0 = argument
  }

  @inlinable public var callWord: UInt64 {
    get { x8 }
    set { x8 = newValue }
  }
  @inlinable public var argument0: UInt64 {
    get { x0 }
    set { x0 = newValue }
  }
  @inlinable public var argument1: UInt64 {
    get { x1 }
    set { x1 = newValue }
  }
  @inlinable public var argument2: UInt64 {
    get { x2 }
    set { x2 = newValue }
  }

  @inlinable public subscript(word index: Int) -> UInt64 {
    get { words[index] }
    set { words[index] = newValue }
  }

  @inlinable public var programCounter: UInt64 { pc }
  @inlinable public var stackPointer: UInt64 { sp }

  /// Whether user code may run from `entry`: in the half that TTBR0_EL1 translates, on an
  /// instruction's boundary.
  @inlinable public static func isValidEntry(_ entry: UInt64) -> Bool {
    entry & 3 == 0 && entry < 1 << 48
  }
}
