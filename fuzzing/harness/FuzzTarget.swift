/// What a parser made of some bytes.
public enum FuzzOutcome: Equatable, Sendable {
  /// With a few words about what it found.
  case accepted(String)
  /// With the reason, in words.
  case refused(String)

  public var words: String {
    switch self {
    case .accepted(let found): found.isEmpty ? "accepted" : "accepted: \(found)"
    case .refused(let reason): "refused: \(reason)"
    }
  }
}

/// A promise of a parser that did not hold.
public struct BrokenPromise: Error, Equatable, Sendable {
  public let text: String
  public init(_ text: String) { self.text = text }
}

/// Throws unless a promise holds.
public func promise(
  _ holds: Bool, _ text: @autoclosure () -> String
) throws(BrokenPromise) {
  guard holds else { throw BrokenPromise(text()) }
}

/// An input whose outcome is known, named for what is wrong with it.
public struct FuzzSeed: Sendable {
  public let name: String
  public let bytes: [UInt8]
  /// How the words of the outcome begin: all of them for a refusal.
  public let expected: String

  public init(_ name: String, _ bytes: [UInt8], _ expected: String) {
    self.name = name
    self.bytes = bytes
    self.expected = expected
  }

  public func isMet(by outcome: FuzzOutcome) -> Bool {
    switch outcome {
    case .accepted: outcome.words.hasPrefix(expected)
    case .refused: outcome.words == expected
    }
  }
}

/// A parser under test: a function from bytes to an outcome that checks all its promises.
public struct FuzzTarget: Sendable {
  public typealias Body = @Sendable ([UInt8]) throws(BrokenPromise) -> FuzzOutcome

  public let name: String
  /// What is tested, in a few words.
  public let summary: String
  /// Bytes in the largest input that a fuzzer makes.
  public let mostBytes: Int
  /// The target whose seeds and kept inputs it has too.
  public let sibling: String?
  /// Inputs made by code.
  public var seeds: @Sendable () -> [FuzzSeed] = { [] }
  /// Where the headers of an input are: half of all mutations are made there.
  public var headers: @Sendable ([UInt8]) -> [Range<Int>] = { [0..<$0.count] }
  /// The input that a file which somebody else made becomes; nil if it is of another kind.
  public var recognise: @Sendable (_ file: [UInt8]) -> [UInt8]? = { _ in nil }
  private let body: Body

  public init(
    _ name: String, _ summary: String, mostBytes: Int, sibling: String? = nil,
    body: @escaping Body
  ) {
    self.name = name
    self.summary = summary
    self.mostBytes = mostBytes
    self.sibling = sibling
    self.body = body
  }

  /// What the parser makes of `bytes`.
  ///
  /// - Parameter isRepeated: Whether it is run twice, and must say the same.
  public func outcome(
    of bytes: [UInt8], isRepeated: Bool = true
  ) throws(BrokenPromise) -> FuzzOutcome {
    let outcome = try body(bytes)
    if isRepeated {
      try promise(try body(bytes) == outcome, "the same bytes twice, and two outcomes")
    }
    return outcome
  }
}
