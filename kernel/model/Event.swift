import MnosABI

/// Something that happens to the kernel.
public enum Event: Hashable, Sendable {
  /// A runnable thread makes a system call.
  case systemCall(by: ObjectID, Request)
  /// A runnable thread does what it cannot go on from.
  case fault(of: ObjectID, Fault)
  /// The deadline of a waiting thread passes.
  case deadline(of: ObjectID)
}

/// The registers of a system call, and the record in memory that they point to.
public struct Request: Hashable, Sendable {
  public var callWord: UInt64
  /// Three arguments and eight words.
  public var arguments: [UInt64]
  public var words: [UInt64]
  /// The record at argument 2; nil if it is not 48 readable bytes of RAM, 8-byte aligned.
  public var record: Record?

  public init(
    callWord: UInt64, arguments: [UInt64] = [], words: [UInt64] = [], record: Record? = nil
  ) {
    self.callWord = callWord
    self.arguments = arguments + Array(repeating: 0, count: max(0, 3 - arguments.count))
    self.words = words + Array(repeating: 0, count: max(0, 8 - words.count))
    self.record = record
  }

  var call: CallWord { CallWord(rawValue: callWord) }
}

/// A `TransferRecord`, as it was in memory when the call was made.
public struct Record: Hashable, Sendable {
  public var count: UInt64
  public var accepts: UInt64
  /// Raw values of the four `CapabilityTransfer`.
  public var transfers: [UInt64]

  public init(count: UInt64 = 0, accepts: UInt64 = 0, transfers: [UInt64] = []) {
    self.count = count
    self.accepts = accepts
    self.transfers = transfers + Array(repeating: 0, count: max(0, 4 - transfers.count))
  }
}

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

/// A permitted outcome of an event.
public struct Step: Hashable, Sendable {
  /// Every call that completed with the event, by thread.
  public var completions: [ObjectID: Completion]
  public var world: World
}

/// Every permitted outcome of an event, when all that ends by it has ended.
///
/// What the manual leaves to the kernel (slots, generations, times, bytes) is taken from
/// `observed` if it is allowed; without it the model chooses itself. No outcome at all means that
/// what was observed is not allowed, or that the event cannot happen.
///
/// - Parameter observed: The completions that were seen. Only free choices are taken from them: a
///   step has to be compared with them still.
public func outcomes(
  of event: Event, in world: World, observing observed: [ObjectID: Completion] = [:]
) -> [Step] {
  var change = Change(world: world, observed: observed)
  switch event {
  case .systemCall(let thread, let request):
    guard world.mayRun(thread) else { return [] }
    var attempt = Attempt(of: request, by: thread, in: change)
    attempt.make()
    return Array(attempt.outcomes())
  case .fault(let thread, let fault):
    guard world.mayRun(thread) else { return [] }
    change.fault(of: thread, fault)
  case .deadline(let thread):
    guard world.threads[thread]?.activity.hasDeadline == true else { return [] }
    change.endWait(of: thread, with: .timedOut)
  }
  return Array(change.settled())
}

/// The outcomes whose completions are those that were observed.
public func steps(
  of event: Event, in world: World, observing observed: [ObjectID: Completion]
) -> [Step] {
  outcomes(of: event, in: world, observing: observed).filter { $0.completions == observed }
}
