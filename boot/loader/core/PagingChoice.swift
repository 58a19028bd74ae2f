/// Which of the protocol's paging modes to use: they are numbers, each with more levels than
/// the one before.
///
/// Source: Limine PROTOCOL.md, "Paging Mode Feature".
public struct PagingChoice: Equatable {
  public var preferred: UInt64
  public var highest: UInt64
  public var lowest: UInt64

  /// What a kernel that does not ask gets.
  public init(standard: UInt64) {
    preferred = standard
    highest = standard
    lowest = 0
  }

  /// What a kernel asks for, or the standard if it does not.
  public init(_ scan: RequestScan, image: Span<UInt8>, standard: UInt64) {
    self.init(standard: standard)
    guard let mode = scan.word(6, of: .pagingMode, in: image) else { return }
    preferred = mode
    highest = mode
    guard scan.word(4, of: .pagingMode, in: image) ?? 0 >= 1 else { return }
    highest = scan.word(7, of: .pagingMode, in: image) ?? mode
    lowest = scan.word(8, of: .pagingMode, in: image) ?? 0
  }

  /// The best of the modes that this machine can use now.
  public func mode(among available: ClosedRange<UInt64>) throws(LoaderFailure) -> UInt64 {
    let wanted = min(preferred, highest)
    let mode = min(max(wanted, available.lowerBound), available.upperBound)
    guard mode >= lowest, mode <= highest else {
      throw LoaderFailure(
        "the kernel cannot use this machine's paging modes; highest here",
        value: available.upperBound)
    }
    return mode
  }
}
