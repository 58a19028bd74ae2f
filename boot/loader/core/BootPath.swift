/// The path of a file on the volume that the loader came from, with slashes, from the root.
public struct BootPath: Equatable, Sendable {
  /// Longest path that is accepted, in bytes.
  public static var limit: Int { 255 }

  private var bytes: [255 of UInt8] = .init(repeating: 0)
  public private(set) var byteCount = 0

  /// Takes over a constant, cut at the limit.
  public init(_ text: StaticString) {
    let text = StaticText(text)
    for index in 0..<min(text.count, Self.limit) { append(text[index]) }
  }

  /// Reads `boot():/folder/file` or `/folder/file` out of `range` of a configuration.
  public init(
    _ text: Span<UInt8>, in range: Range<Int>
  ) throws(LoaderFailure) {
    var start = range.lowerBound
    if start < range.upperBound, text[start] != 0x2f {
      guard text.holds("boot():", in: start..<min(start + 7, range.upperBound)) else {
        throw LoaderFailure(
          "only paths on the boot volume are supported", "write it as boot():/folder/file")
      }
      start += 7
    }
    guard start < range.upperBound, text[start] == 0x2f else {
      throw LoaderFailure("the path is not absolute", "write it as boot():/folder/file")
    }
    guard range.upperBound - start <= Self.limit else {
      throw LoaderFailure("the path is too long; bytes allowed", value: UInt64(Self.limit))
    }
    for index in start..<range.upperBound {
      try check(text[index])
      append(text[index])
    }
  }

  private func check(_ byte: UInt8) throws(LoaderFailure) {
    if byte == 0x23 {
      throw LoaderFailure("hashes after '#' are not supported", "remove the hash, or use Limine")
    }
    guard byte > 0x20, byte < 0x7f, byte != 0x5c else {
      throw LoaderFailure(
        "the path has a byte that is not allowed", "use printable ASCII and '/'",
        value: UInt64(byte))
    }
  }

  private mutating func append(_ byte: UInt8) {
    bytes[byteCount] = byte
    byteCount += 1
  }

  /// The byte at `index`, or 0 past the end.
  public subscript(index: Int) -> UInt8 {
    index >= 0 && index < byteCount ? bytes[index] : 0
  }

  public static func == (left: BootPath, right: BootPath) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    for index in 0..<left.byteCount where left[index] != right[index] { return false }
    return true
  }
}
