import MnosABI

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
