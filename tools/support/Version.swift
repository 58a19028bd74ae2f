/// A dotted version number, compared part by part.
public struct Version: Comparable, CustomStringConvertible, Sendable {
  public let parts: [Int]

  public init(_ parts: Int...) { self.parts = parts }

  /// The first dotted number in `text`, as programs print it for `--version`.
  public init?(firstIn text: String) {
    let candidates = text.split { !($0.isASCII && ($0.isNumber || $0 == ".")) }
    guard
      let match = candidates.first(where: { $0.contains(".") && $0.first != "." })
        ?? candidates.first(where: { $0.first?.isNumber == true })
    else { return nil }
    parts = match.split(separator: ".").compactMap { Int($0) }
  }

  public var description: String { parts.map(String.init).joined(separator: ".") }

  public static func < (left: Version, right: Version) -> Bool {
    for index in 0..<max(left.parts.count, right.parts.count) {
      let leftPart = index < left.parts.count ? left.parts[index] : 0
      let rightPart = index < right.parts.count ? right.parts[index] : 0
      if leftPart != rightPart { return leftPart < rightPart }
    }
    return false
  }

  public static func == (left: Version, right: Version) -> Bool {
    !(left < right) && !(right < left)
  }
}
