/// (F) The one place from which a program enters the kernel.
///
/// The trap itself is `mnos_perform_call`: assembly on a machine, a back end's function on
/// the host. It reads and writes nothing but the record it is given.
@_silgen_name("mnos_perform_call")
private func performCall(_ registers: UnsafeMutablePointer<CallRegisters>)

/// All registers of a system call, before and after it. Laid out as assembly reads it.
public struct CallRegisters {
  /// In: a `CallWord`. Out: a `ResultWord`.
  public var call: UInt64
  /// In: argument 0. Out: value, badge or diagnostic.
  public var argument0: UInt64
  /// In: argument 1. Out: handles of received capabilities 0 and 1.
  public var argument1: UInt64
  /// In: argument 2. Out: handles of received capabilities 2 and 3.
  public var argument2: UInt64
  public var words: [8 of UInt64]

  public init(
    _ call: CallWord, _ argument0: UInt64 = 0, _ argument1: UInt64 = 0, _ argument2: UInt64 = 0,
    words: [8 of UInt64] = .init(repeating: 0)
  ) {
    self.call = call.rawValue
    self.argument0 = argument0
    self.argument1 = argument1
    self.argument2 = argument2
    self.words = words
  }

  /// The outcome, once the call returned.
  public var result: ResultWord { ResultWord(rawValue: call) }
}

/// System calls by number, with claims as arguments: any value is safe, a wrong one gives a
/// status.
public enum SystemCall {
  /// Makes the call that `registers` describes and leaves its results there.
  public static func perform(_ registers: inout CallRegisters) -> ResultWord {
    // SAFETY: the callee uses the record during the call only, within its bounds. User
    // memory that the kernel writes is named by address in safe types' own fences.
    unsafe withUnsafeMutablePointer(to: &registers) { unsafe performCall($0) }
    return registers.result
  }

  /// Makes a call that moves no message.
  ///
  /// - Returns: Its value. - Throws: its status.
  @discardableResult
  public static func invoke(
    _ number: SyscallNumber, _ argument0: UInt64 = 0, _ argument1: UInt64 = 0,
    _ argument2: UInt64 = 0, word0: UInt64 = 0, word1: UInt64 = 0, word2: UInt64 = 0,
    word3: UInt64 = 0
  ) throws(SyscallStatus) -> UInt64 {
    var registers = CallRegisters(
      CallWord(number), argument0, argument1, argument2,
      words: [word0, word1, word2, word3, 0, 0, 0, 0])
    let result = perform(&registers)
    guard result.statusCode == 0 else { throw result.status }
    return registers.argument0
  }

  /// Makes a call that answers in words; those that it does not deliver are 0.
  static func query(
    _ number: SyscallNumber, _ argument0: UInt64, _ argument1: UInt64 = 0
  ) throws(SyscallStatus) -> [8 of UInt64] {
    var registers = CallRegisters(CallWord(number), argument0, argument1)
    let result = perform(&registers)
    guard result.statusCode == 0 else { throw result.status }
    return registers.words
  }

  /// Asks for one of the things that an object has.
  ///
  /// - Parameter read: Makes a member of the words that tell about it.
  static func list<Member>(
    _ handle: UInt64, _ subject: QuerySubject, from position: UInt64,
    _ read: ([8 of UInt64]) -> Member
  ) throws(SyscallStatus) -> ListStep<Member> {
    var registers = CallRegisters(CallWord(.query), handle, subject.rawValue, position)
    let result = perform(&registers)
    guard result.statusCode == 0 else { throw result.status }
    if registers.argument0 == 1 { return .member(read(registers.words)) }
    let next = registers.words[0]
    return next == QuerySubject.endOfList ? .end : .goOn(from: next)
  }
}
