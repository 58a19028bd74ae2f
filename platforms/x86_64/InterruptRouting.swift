import PlatformCommon

/// An entry of an I/O APIC's redirection table: where one line's interrupts go.
///
/// Source: Intel 82093AA datasheet §3.2.4, I/O Redirection Table Registers.
struct RedirectionEntry: Equatable, Sendable {
  let vector: UInt8
  let signal: ACPIInterruptModel.Signal
  /// The APIC id of the CPU that gets it.
  let destination: UInt8
  var isMasked: Bool

  /// Fixed delivery to a physical destination.
  var lowWord: UInt32 {
    UInt32(vector) | (signal.isActiveLow ? 1 << 13 : 0) | (signal.isLevel ? 1 << 15 : 0)
      | (isMasked ? 1 << 16 : 0)
  }
  var highWord: UInt32 { UInt32(destination) << 24 }
}

/// Which lines may interrupt, and which did so while they might not.
///
/// A level that is up when its line is unmasked interrupts then. An edge that comes while
/// the line is masked is forgotten by the I/O APIC. So a line triggered by edges is never
/// masked for being disabled: what comes then is remembered, and reported when the line is
/// enabled; only a second one masks the line, so that no storm can follow.
/// Source: Intel 82093AA datasheet §3.2.4, bit 16.
struct InterruptLineStates: Equatable, Sendable {
  /// What to do at the I/O APIC.
  enum MaskChange: Equatable, Sendable { case none, mask, unmask }

  private var enabled = LineSet()
  private var pending = LineSet()
  private var unmasked = LineSet()

  static var lineLimit: UInt32 { 192 }

  /// Takes note of edges on a disabled line from now on.
  mutating func watch(_ line: UInt32) -> MaskChange {
    unmasked.insert(line) ? .unmask : .none
  }

  /// - Returns: what to do, and whether an edge was missed and must be raised now.
  mutating func enable(_ line: UInt32) -> (change: MaskChange, isMissed: Bool) {
    enabled.insert(line)
    let isMissed = pending.remove(line)
    return (unmasked.insert(line) ? .unmask : .none, isMissed)
  }

  mutating func disable(_ line: UInt32, isLevel: Bool) -> MaskChange {
    _ = enabled.remove(line)
    guard isLevel else { return .none }
    return unmasked.remove(line) ? .mask : .none
  }

  /// An interrupt came: whether to report it, and what to do if not.
  mutating func arrive(_ line: UInt32, isLevel: Bool) -> (isReported: Bool, change: MaskChange) {
    if enabled.contains(line) { return (true, .none) }
    if !isLevel && pending.insert(line) { return (false, .none) }
    return (false, unmasked.remove(line) ? .mask : .none)
  }
}

/// A set of interrupt lines below `InterruptLineStates.lineLimit`.
struct LineSet: Equatable, Sendable {
  private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

  static func == (left: LineSet, right: LineSet) -> Bool { left.words == right.words }

  func contains(_ line: UInt32) -> Bool { word(line) & Self.bit(line) != 0 }

  /// - Returns: whether the line was not in the set before.
  @discardableResult
  mutating func insert(_ line: UInt32) -> Bool {
    let isNew = !contains(line)
    setWord(line, to: word(line) | Self.bit(line))
    return isNew
  }

  /// - Returns: whether the line was in the set before.
  mutating func remove(_ line: UInt32) -> Bool {
    let wasIn = contains(line)
    setWord(line, to: word(line) & ~Self.bit(line))
    return wasIn
  }

  private static func bit(_ line: UInt32) -> UInt64 { 1 << UInt64(line & 63) }

  private func word(_ line: UInt32) -> UInt64 {
    switch line >> 6 {
    case 0: words.0
    case 1: words.1
    case 2: words.2
    default: 0
    }
  }
  private mutating func setWord(_ line: UInt32, to value: UInt64) {
    switch line >> 6 {
    case 0: words.0 = value
    case 1: words.1 = value
    case 2: words.2 = value
    default: break
    }
  }
}
