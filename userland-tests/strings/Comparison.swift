import TestHarness

/// Source: Unicode Standard §3.7, "Decomposition", §3.11, "Normalization Forms", §3.12,
/// "Conjoining Jamo Behavior".
func checkComparison(_ suite: inout TestSuite) {
  suite.fact("composedAndDecomposedLettersAreEqual") { (_) throws(Unexpected) in
    try expectEqual(string(0xe9), string(0x65, 0x301))
    try expectEqual(string(0x1ed9), string(0x6f, 0x323, 0x302))
    try expectEqual(string(0x1ed9), string(0xf4, 0x323))
    // Ångström: the sign, the letter, and the letter with a ring.
    try expectEqual(string(0x212b), string(0xc5))
    try expectEqual(string(0x212b), string(0x41, 0x30a))
    // Beyond 16 bits: a musical note, which is never composed, and a Grantha vowel sign.
    try expectEqual(string(0x1d15e), string(0x1d157, 0x1d165))
    try expectEqual(string(0x1134b), string(0x11347, 0x1133e))
  }
  suite.fact("marksOfDifferentClassesMayComeInAnyOrder") { (_) throws(Unexpected) in
    try expectEqual(string(0x71, 0x307, 0x323), string(0x71, 0x323, 0x307))
    try expectEqual(string(0x5d0, 0x5b8, 0x5bc), string(0x5d0, 0x5bc, 0x5b8))
    // Two marks of one class stay in their order.
    try expectDifferent(string(0x61, 0x301, 0x308), string(0x61, 0x308, 0x301))
  }
  suite.fact("hangulSyllablesAreEqualToTheirLetters") { (_) throws(Unexpected) in
    try expectEqual(string(0xac01), string(0x1100, 0x1161, 0x11a8))
    try expectEqual(string(0xac01), string(0xac00, 0x11a8))
    try expectEqual(string(0xd7a3), string(0x1112, 0x1175, 0x11c2))
    try expectDifferent(string(0xac00), string(0xac01))
  }
  suite.fact("likenessIsNotEquality") { (_) throws(Unexpected) in
    try expectDifferent(string(0x65), string(0xe9))
    try expectDifferent(string(0xfb01), string(0x66, 0x69))
    try expectDifferent(string(0x41), string(0x391))
    try expectDifferent(string(0xb5), string(0x3bc))
    try expectDifferent(string(0x61), string(0x61, 0x200d))
  }
  suite.fact("orderIsThatOfComposedScalars") { (_) throws(Unexpected) in
    // U+00E9 comes behind "f", however it is written.
    try expectOrder(string(0x66), string(0xe9))
    try expectOrder(string(0x66), string(0x65, 0x301))
    try expectOrder(string(0x65, 0x302), string(0xeb))
    try expectOrder(string(0x7a), string(0x10437))
    try expectOrder(string(0xff21), string(0x10437))
    try expectOrder(string(0x1100, 0x1161), string(0xac01))
    try expectOrder(string(0x61), string(0x61, 0x62))
  }
  suite.fact("prefixesFollowCharacters") { (_) throws(Unexpected) in
    try expect(string(0x65, 0x301, 0x78).hasPrefix(string(0xe9)), "é begins éx")
    try expect(!string(0x65, 0x301).hasPrefix(string(0x65)), "e begins é")
    try expect(string(0x78, 0xe9).hasSuffix(string(0x65, 0x301)), "é ends xé")
  }
  suite.fact("dictionariesFindEqualKeys") { (_) throws(Unexpected) in
    var prices: [String: UInt64] = [:]
    prices[string(0x63, 0x61, 0x66, 0xe9)] = 3
    prices[string(0x74, 0x65, 0x61)] = 2

    let found = prices[string(0x63, 0x61, 0x66, 0x65, 0x301)]

    try expect(found ?? 0, equals: 3, "price of a café written in the other way")
    try expect(prices[string(0x63, 0x61, 0x66, 0x65)] == nil, "a price for cafe")
  }
}

private func expectEqual(
  _ first: String, _ second: String, line: UInt = #line
) throws(Unexpected) {
  try expect(first == second, "equal strings", line: line)
  try expect(!(first < second) && !(second < first), "neither comes first", line: line)
  try expect(hash(of: first), equals: hash(of: second), "hash", line: line)
}

private func expectDifferent(
  _ first: String, _ second: String, line: UInt = #line
) throws(Unexpected) {
  try expect(first != second, "different strings", line: line)
  try expect((first < second) != (second < first), "one comes first", line: line)
}

private func expectOrder(
  _ first: String, _ second: String, line: UInt = #line
) throws(Unexpected) {
  try expect(first < second, "the order of two strings", line: line)
  try expect(!(second < first) && first != second, "the order turned round", line: line)
}
