import TestHarness

/// Source: Unicode Standard §3.13, "Default Case Algorithms"; Unicode Character Database,
/// SpecialCasing.txt.
func checkCases(_ suite: inout TestSuite) {
  suite.fact("upperCaseMayBeLonger") { (_) throws(Unexpected) in
    try expectUpper(string(0x73, 0x74, 0x72, 0x61, 0xdf, 0x65), "STRASSE")
    try expectUpper(string(0xfb03), "FFI")
    try expectUpper(string(0x390), string(0x399, 0x308, 0x301))
    try expectUpper(string(0x10437), string(0x1040f))
    try expectUpper(string(0x4e00, 0x31), string(0x4e00, 0x31))
  }
  suite.fact("lowerCaseMayBeLonger") { (_) throws(Unexpected) in
    try expectLower(string(0x130), string(0x69, 0x307))
    try expectLower(string(0x39f, 0x394, 0x39f), string(0x3bf, 0x3b4, 0x3bf))
    try expectLower(string(0x1e9e), string(0xdf))
    try expectLower(string(0x1040f), string(0x10437))
  }
  suite.fact("lettersGoThereAndBack") { (_) throws(Unexpected) in
    // Basic Latin, Greek and Cyrillic letters that have one partner each.
    for range in [0x61...0x7a as ClosedRange<UInt32>, 0x3b1...0x3c1, 0x430...0x45f] {
      for value in range {
        let upper = string(value).uppercased()
        try expect(upper != string(value), "an upper case of its own")
        try expect(upper.lowercased() == string(value), "back to lower case")
      }
    }
  }
}

private func expectUpper(
  _ text: String, _ wanted: String, line: UInt = #line
) throws(Unexpected) {
  try expect(text.uppercased() == wanted, "upper case", line: line)
}

private func expectLower(
  _ text: String, _ wanted: String, line: UInt = #line
) throws(Unexpected) {
  try expect(text.lowercased() == wanted, "lower case", line: line)
}
