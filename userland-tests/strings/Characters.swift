import TestHarness

/// Source: Unicode Standard Annex 29, "Grapheme Cluster Boundary Rules", rules GB3 to GB13.
func checkCharacters(_ suite: inout TestSuite) {
  suite.fact("charactersAreWhatPeopleCount") { (_) throws(Unexpected) in
    try expectCount(string(0x65, 0x301), 1)
    try expectCount(string(0x0d, 0x0a), 1)
    try expectCount(string(0x0a, 0x0d), 2)
    try expectCount(string(0x1100, 0x1161, 0x11a8), 1)
    try expectCount(string(0x1100, 0x1161, 0x1100), 2)
    // Two flags, of two letters each; then one letter too many.
    try expectCount(string(0x1f1e9, 0x1f1ea, 0x1f1eb, 0x1f1f7), 2)
    try expectCount(string(0x1f1e9, 0x1f1ea, 0x1f1eb), 2)
    // A family, joined; a thumb with its skin; a pirate's flag.
    try expectCount(string(0x1f468, 0x200d, 0x1f469, 0x200d, 0x1f467), 1)
    try expectCount(string(0x1f44d, 0x1f3fd), 1)
    try expectCount(string(0x1f3f4, 0x200d, 0x2620, 0xfe0f), 1)
    // Letters do not join, whatever is between them.
    try expectCount(string(0x61, 0x200d, 0x62), 2)
    // A Devanagari conjunct, and a prefix of Arabic numbers.
    try expectCount(string(0x915, 0x94d, 0x937), 1)
    try expectCount(string(0x600, 0x661), 1)
  }
  suite.fact("textIsCutBetweenCharacters") { (_) throws(Unexpected) in
    let text = string(0x61, 0x65, 0x301, 0x1f1e9, 0x1f1ea, 0x62)

    let reversed = String(text.reversed())

    try expect(reversed == string(0x62, 0x1f1e9, 0x1f1ea, 0xe9, 0x61), "reversed by characters")
    try expect(text.dropFirst(2) == string(0x1f1e9, 0x1f1ea, 0x62), "without two characters")
    try expect(text.split(separator: Character(string(0xe9))).count == 2, "cut at é")
  }
  suite.fact("charactersKnowWhatTheyAre") { (_) throws(Unexpected) in
    try expect(character(0xe9).isLetter && character(0x4e00).isLetter, "letters")
    try expect(!character(0x31).isLetter && character(0x661).isNumber, "digits")
    try expect(UInt64(character(0x661).wholeNumberValue ?? 99), equals: 1, "Arabic digit one")
    try expect(UInt64(character(0x4e09).wholeNumberValue ?? 99), equals: 3, "Chinese three")
    try expect(character(0x2003).isWhitespace && character(0x2028).isNewline, "space")
    try expect(character(0x2014).isPunctuation && character(0x20ac).isCurrencySymbol, "signs")
    try expect(character(0x2211).isMathSymbol && !character(0x61).isSymbol, "symbols")
    try expect(character(0x3a3).isUppercase && character(0x3c2).isLowercase, "case")
  }
}

private func character(_ value: UInt32) -> Character { Character(string(value)) }

private func expectCount(_ text: String, _ count: UInt64, line: UInt = #line) throws(Unexpected) {
  try expect(UInt64(text.count), equals: count, "characters", line: line)
}
