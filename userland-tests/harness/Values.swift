/// A few values to try one after another, without allocation.
public struct Values<let count: Int, Element>: Sequence, IteratorProtocol {
  private let values: [count of Element]
  private var index = 0

  public init(_ values: [count of Element]) { self.values = values }

  public mutating func next() -> Element? {
    guard index < count else { return nil }
    defer { index += 1 }
    return values[index]
  }
}
