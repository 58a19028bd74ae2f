import KernelHAL
import MnosABI

/// The registers of a thread, in the order in which asm/Frame.h stores them.
///
/// The message words a3 to a6 and t0 to t3 stand together, so that a message is copied from
/// frame to frame by straight loads and stores.
public struct LoongArchRegisters: TrapFrameAccess {
  @usableFromInline var pc: UInt64 = 0
  @usableFromInline var ra: UInt64 = 0
  @usableFromInline var tp: UInt64 = 0
  @usableFromInline var sp: UInt64 = 0
  /// Reserved by the calling convention, but a register like any other to the CPU.
  @usableFromInline var r21: UInt64 = 0
  @usableFromInline var a7: UInt64 = 0
  @usableFromInline var a0: UInt64 = 0
  @usableFromInline var a1: UInt64 = 0
  @usableFromInline var a2: UInt64 = 0
  /// a3, a4, a5, a6, t0, t1, t2, t3.
  @usableFromInline var words: [8 of UInt64] = .init(repeating: 0)
  /// t4 to t8.
  @usableFromInline var temporaries: [5 of UInt64] = .init(repeating: 0)
  /// fp, then s0 to s8.
  @usableFromInline var saved: [10 of UInt64] = .init(repeating: 0)
  /// The block of the CPU that runs the thread; entry code's own, never user code's.
  @usableFromInline var cpuBlock: UInt64 = 0

  @inlinable public init(entry: VirtualAddress, stack: VirtualAddress, argument: UInt64) {
    pc = entry.rawValue
    sp = stack.rawValue
    a0 = argument
  }

  @inlinable public var callWord: UInt64 {
    get { a7 }
    set { a7 = newValue }
  }
  @inlinable public var argument0: UInt64 {
    get { a0 }
    set { a0 = newValue }
  }
  @inlinable public var argument1: UInt64 {
    get { a1 }
    set { a1 = newValue }
  }
  @inlinable public var argument2: UInt64 {
    get { a2 }
    set { a2 = newValue }
  }

  @inlinable public subscript(word index: Int) -> UInt64 {
    get { words[index] }
    set { words[index] = newValue }
  }

  @inlinable public var programCounter: UInt64 { pc }
  @inlinable public var stackPointer: UInt64 { sp }

  /// Whether user code may run from `entry`: in the lower half, on an instruction's boundary.
  ///
  /// Source: LoongArch Reference Manual, Volume 1, §1.5, "Instruction Format": instructions
  /// have 4 bytes and start at multiples of that.
  @inlinable public static func isValidEntry(_ entry: UInt64) -> Bool {
    entry & 3 == 0 && entry < 1 << 47
  }
}
