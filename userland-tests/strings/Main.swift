import Libmnos
import TestHarness

/// Facts about text: strings are compared, ordered, hashed and cut as Unicode says, on every
/// machine alike.
@main
struct StringTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    prepareHeap()
    return runTests("strings", &start) { (suite) in
      checkComparison(&suite)
      checkCharacters(&suite)
      checkCases(&suite)
    }
  }
}

/// Has the heap take the memory that it keeps, which is no test's to give back.
@inline(never)
private func prepareHeap() {
  var words: [UInt64] = []
  words.reserveCapacity(64)
}

/// A string made while the program runs, so that the compiler cannot know it.
@inline(never)
func string(_ scalars: UInt32...) -> String {
  var made = ""
  for value in scalars {
    if let scalar = Unicode.Scalar(value) { made.unicodeScalars.append(scalar) }
  }
  return made
}

/// A hash of `text`, the same for equal strings.
func hash(of text: String) -> UInt64 {
  var hasher = Hasher()
  hasher.combine(text)
  return UInt64(bitPattern: Int64(hasher.finalize()))
}
