import Libmnos

/// The processes that programs have made themselves, with a budget of their own: init has no
/// capability to them, and learns of them from the kernel.
enum StrayProcesses {
  /// How many makers are asked for theirs: a program whose children make children can go on like
  /// that for long, and init has others to answer.
  static var generations: Int { 8 }

  /// The next process, if somebody else made it; those that init started are stepped over, one in
  /// each answer.
  ///
  /// - Parameters:
  ///   - first: The kernel's number to begin at.
  ///   - numberOf: Init's number for a process, by the kernel's; nil if init did not start it.
  static func next(
    from first: UInt64, on machine: borrowing Machine, numberOf: (UInt64) -> UInt32?
  ) -> ProcessProtocol.Reply {
    guard case .member(let process)? = try? machine.nextProcess(from: first) else {
      return .endOfList
    }
    guard numberOf(process.number) == nil else { return .goOn(from: process.number + 1) }
    return .stray(
      StrayInfo(
        number: process.number, state: process.state,
        threadCount: UInt16(clamping: process.threadCount),
        capabilityCount: UInt32(clamping: process.capabilityCount),
        memoryKibibytes: UInt32(clamping: process.memoryByteCount >> 10),
        processorMilliseconds: UInt32(clamping: process.processorNanoseconds / 1_000_000),
        maker: maker(of: process, on: machine, numberOf: numberOf)))
  }

  /// Who of those that init started has made a process, or has made who made it; 0 if one of them
  /// has ended.
  private static func maker(
    of process: ProcessListing, on machine: borrowing Machine, numberOf: (UInt64) -> UInt32?
  ) -> UInt32 {
    var maker = process.maker
    for _ in 0..<generations {
      if let number = numberOf(maker) { return number }
      guard case .member(let next)? = try? machine.nextProcess(from: maker),
        next.number == maker
      else { break }
      maker = next.maker
    }
    return 0
  }
}
