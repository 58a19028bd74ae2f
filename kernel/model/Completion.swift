import MnosABI

/// The result registers of a call that is over, as far as the manual says that they are written.
public struct Completion: Hashable, Sendable {
  /// The raw `ResultWord`.
  public var result: UInt64
  /// Argument 0.
  public var value: UInt64
  /// As many words as the result counts, then the lengths of two leases if memory is lent; all
  /// eight of `query`, six of `inspect`.
  public var words: [UInt64]
  /// The capabilities that arrived, from arguments 1 and 2.
  public var handles: [UInt32]

  public init(
    result: UInt64 = 0, value: UInt64 = 0, words: [UInt64] = [], handles: [UInt32] = []
  ) {
    self.result = result
    self.value = value
    self.words = words
    self.handles = handles
  }

  init(_ status: SyscallStatus, value: UInt64 = 0) {
    self.init(result: UInt64(status.rawValue), value: value)
  }

  /// Reads the result registers of a thread.
  ///
  /// - Parameters:
  ///   - request: The call that is over.
  ///   - result, arguments, words: The registers now.
  public init(of request: Request, result: UInt64, arguments: [UInt64], words: [UInt64]) {
    let word = ResultWord(rawValue: result)
    let isOK = word.statusCode == 0
    let number = SyscallNumber(rawValue: UInt8(request.call.number))
    var delivered = Array(words.prefix(Int(word.wordCount)))
    if word.leases.bits != 0 { delivered += [words[4], words[5]] }
    if isOK && number == .query { delivered = Array(words.prefix(8)) }
    if isOK && number == .inspect { delivered = Array(words.prefix(6)) }
    let halves = arguments.dropFirst().flatMap { [$0 & 0xffff_ffff, $0 >> 32] }
    self.init(
      result: result, value: arguments[0], words: delivered,
      handles: halves.prefix(Int(word.capabilityCount)).map { UInt32($0) })
  }

  public var status: SyscallStatus { ResultWord(rawValue: result).status }
  /// The handle of the reply right that came along, or 0.
  public var reply: UInt32 { ResultWord(rawValue: result).reply.rawValue }
}
