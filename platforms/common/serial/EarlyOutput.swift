/// What the kernel says before it knows where its console is; the first 512 bytes are kept.
public struct EarlyOutput: Sendable {
  public static var limit: Int { 512 }

  private var bytes: [512 of UInt8] = .init(repeating: 0)
  public private(set) var count = 0

  public init() {}

  /// Keeps a byte, or drops it when there is no room.
  @inline(never)
  public mutating func append(_ byte: UInt8) {
    guard count < Self.limit else { return }
    bytes[count] = byte
    count += 1
  }

  /// - Precondition: `index < count`.
  public subscript(index: Int) -> UInt8 { bytes[index] }

  /// Forgets all.
  public mutating func removeAll() { count = 0 }
}
