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

  /// The mode nearest to the preferred one that the kernel and this machine can use now.
  public func mode(among available: ClosedRange<UInt64>) throws(LoaderFailure) -> UInt64 {
    let low = max(lowest, available.lowerBound)
    let high = min(highest, available.upperBound)
    guard low <= high else {
      // The kernel's highest mode is below all that are here, or its lowest above.
      throw highest < available.lowerBound
        ? LoaderFailure(
          "the kernel takes fewer levels of page tables than the firmware has set up",
          "have the kernel ask for more, or use Limine", value: highest)
        : LoaderFailure(
          "the kernel wants a paging mode that this machine does not have; highest here",
          value: available.upperBound)
    }
    return min(max(preferred, low), high)
  }
}
