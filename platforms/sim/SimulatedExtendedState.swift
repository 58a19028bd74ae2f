import KernelHAL

/// The vector registers of a simulated thread, as saved in memory.
public struct SimulatedExtendedState: ExtendedStateAccess, Equatable, Sendable {
  /// The registers' values; meaningless while `isLoaded`.
  public internal(set) var words: [4 of UInt64] = .init(repeating: 0)
  /// Whether a CPU's registers hold the newer values.
  public internal(set) var isLoaded = false

  public init() {}

  public static func == (left: Self, right: Self) -> Bool {
    left.isLoaded == right.isLoaded
      && (0..<4).allSatisfy { left.words[$0] == right.words[$0] }
  }
}
