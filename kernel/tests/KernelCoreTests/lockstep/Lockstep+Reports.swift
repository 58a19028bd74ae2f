import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelModel

/// Calls that have ended, by thread, in a line.
func describe(_ completions: [ModelObject: Completion]) -> String {
  completions.sorted { $0.key < $1.key }.map {
    let end = $0.value
    return "\($0.key.number): \(end.status) \(end.value) result \(String(end.result, radix: 16)) "
      + "\(end.words) caps \(end.handles)"
  }.joined(separator: "; ")
}

extension World {
  func isThere(_ object: ModelObject) -> Bool {
    payers[object] != nil || budgets[object] != nil
  }
}

extension Request {
  /// The registers in a line; handles as slot and generation.
  var summary: String {
    func short(_ value: UInt64) -> String {
      let handle = Handle(rawValue: UInt32(truncatingIfNeeded: value))
      return value >> 32 == 0 && handle.generation > 0
        ? "\(handle.slot)'\(handle.generation)" : String(value, radix: 16)
    }
    let word = CallWord(rawValue: callWord)
    var text = arguments.map(short).joined(separator: " ") + " words "
    let count = word.wordCount == 0 ? 3 : Int(word.wordCount)
    text += words.prefix(count).map(short).joined(separator: " ")
    if word.reply != .none { text += " reply " + short(UInt64(word.reply.rawValue)) }
    if word.leases != .none { text += " lends \(word.leases.bits)" }
    guard let record, word.hasTransfers else { return text }
    let attached = record.transfers.prefix(Int(min(record.count, 4))).map(CapabilityTransfer.init)
    return text + " accepts \(String(record.accepts, radix: 16)) attached "
      + attached.map {
        "\(short(UInt64($0.handle.rawValue)))/\($0.rights.bits)\($0.isMove ? " moved" : "")"
      }.joined(separator: ", ")
  }
}

extension Activity {
  var isWaiting: Bool {
    switch self {
    case .sending, .receiving, .awaitingAnswer, .waiting: !isReportedFault
    default: false
    }
  }
}
