import KernelHAL
import MnosABI

/// The registers of a user thread, laid out as asm/Entry.S and asm/Trap.S store them.
///
/// The CPU pushes the last five words and some error codes itself, and aligns its stack
/// pointer to 16 before: so the end of the frame must be aligned.
/// Source: Intel SDM vol. 3A §6.14.2, 64-Bit Mode Stack Frame.
@_alignment(16)
public struct X86Registers: BitwiseCopyable, Sendable {
  // Message words 0 to 7, in order.
  public var r8: UInt64 = 0
  public var r9: UInt64 = 0
  public var r10: UInt64 = 0
  public var r12: UInt64 = 0
  public var r13: UInt64 = 0
  public var r14: UInt64 = 0
  public var r15: UInt64 = 0
  public var rbx: UInt64 = 0

  public var rax: UInt64 = 0
  public var rdi: UInt64 = 0
  public var rsi: UInt64 = 0
  public var rdx: UInt64 = 0
  public var rbp: UInt64 = 0
  public var rcx: UInt64 = 0
  public var r11: UInt64 = 0

  /// What brought the thread into the kernel: a vector, or `bySystemCall`.
  public var vector: UInt64 = 0
  public var errorCode: UInt64 = 0
  public var rip: UInt64 = 0
  public var cs: UInt64 = UInt64(X86Registers.userCode)
  public var rflags: UInt64 = X86Registers.fixedFlags
  public var rsp: UInt64 = 0
  public var ss: UInt64 = UInt64(X86Registers.userData)

  static var userCode: UInt16 { 0x2b }
  static var userData: UInt16 { 0x23 }
  /// The frame may go back by SYSRET, which loses rcx and r11 and needs a canonical pc.
  @usableFromInline static var bySystemCall: UInt64 { 0x100 }
  /// Always set in user mode: bit 1 reads as 1, bit 9 lets interrupts in.
  @usableFromInline static var fixedFlags: UInt64 { 0x202 }
  /// CF, PF, AF, ZF, SF, TF, DF, OF, AC and ID: what user code may choose. Not IF, IOPL,
  /// NT, RF and the virtual-8086 flags.
  /// Source: Intel SDM vol. 1 §3.4.3, EFLAGS Register.
  @usableFromInline static var chosenFlags: UInt64 { 0x24_0dd5 }

  @inlinable public init(rip: UInt64) { self.rip = rip }
}

extension X86Registers: TrapFrameAccess {
  @inlinable
  public init(entry: VirtualAddress, stack: VirtualAddress, argument: UInt64) {
    self.init(rip: Self.userHalf(entry.rawValue))
    rsp = stack.rawValue
    rdi = argument
  }

  @inlinable public var callWord: UInt64 {
    get { rax }
    set { rax = newValue }
  }
  @inlinable public var argument0: UInt64 {
    get { rdi }
    set { rdi = newValue }
  }
  @inlinable public var argument1: UInt64 {
    get { rsi }
    set { rsi = newValue }
  }
  @inlinable public var argument2: UInt64 {
    get { rdx }
    set { rdx = newValue }
  }

  @inlinable public subscript(word index: Int) -> UInt64 {
    get {
      switch index {
      case 0: r8
      case 1: r9
      case 2: r10
      case 3: r12
      case 4: r13
      case 5: r14
      case 6: r15
      default: rbx
      }
    }
    set {
      switch index {
      case 0: r8 = newValue
      case 1: r9 = newValue
      case 2: r10 = newValue
      case 3: r12 = newValue
      case 4: r13 = newValue
      case 5: r14 = newValue
      case 6: r15 = newValue
      default: rbx = newValue
      }
    }
  }

  @inlinable public var programCounter: UInt64 { rip }
  @inlinable public var stackPointer: UInt64 { rsp }

  /// User addresses end below 2^47, also where five levels of tables reach further.
  @inlinable public static func isValidEntry(_ entry: UInt64) -> Bool {
    entry < X86PageTableFormat.userAddressLimit
  }

  /// `address` without the bits that would make it the kernel's or not canonical.
  @usableFromInline static func userHalf(_ address: UInt64) -> UInt64 {
    address & 0x7fff_ffff_ffff
  }
}
