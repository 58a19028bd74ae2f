/// The place in the sources that a trap instruction comes from, whatever it was inlined into.
struct TrapPlace: Hashable, Comparable {
  /// Relative to the root; empty if the debug information names none.
  let file: String
  /// The text of the line, without the spaces around it; where the compiler merged several
  /// lines and names none, "in FUNCTION".
  let text: String

  static func < (left: TrapPlace, right: TrapPlace) -> Bool {
    (left.file, left.text) < (right.file, right.text)
  }
}

/// One trap instruction.
struct TrapSite: Equatable {
  let address: UInt64
  let place: TrapPlace
  /// Its line in the file; 0 if the debug information names none.
  let line: Int
  /// What Swift's check looks for, in its own words, such as "arithmetic overflow".
  let check: String
}
