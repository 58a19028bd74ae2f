import Testing

@testable import Libmnos

@Suite struct TextTests {
  private func check(_ expected: String, _ body: (inout [UInt8]) -> Void) {
    var bytes: [UInt8] = []
    body(&bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(arguments: [UInt64(0), 9, 10, 255, 1 << 32, .max])
  func numbersAreWrittenInFull(value: UInt64) {
    check(String(value)) { $0.write(decimal: value) }
    check(String(value, radix: 16)) { $0.write(hexadecimal: value) }
  }

  @Test(arguments: [Int64(0), -1, 1, .min, .max])
  func signsAreWritten(value: Int64) {
    check(String(value)) { $0.write(signed: value) }
  }

  @Test func paddingFillsUpAndNeverCuts() {
    check("   42") { $0.write(decimal: 42, width: 5) }
    check("00ab") { $0.write(hexadecimal: 0xab, width: 4) }
    check("12345") { $0.write(decimal: 12345, width: 3) }
    check("ab  ") {
      let bytes: [UInt8] = [0x61, 0x62]
      $0.write(bytes.span, width: 4)
    }
  }

  @Test func bufferKeepsWhatFitsAndCountsTheRest() {
    var buffer = TextBuffer<4>()
    buffer.write("abcdef")

    #expect(buffer.count == 4 && buffer.lostByteCount == 2)
    let last = buffer.bytes[3]
    #expect(last == 0x64)
    buffer.removeAll()
    #expect(buffer.count == 0 && buffer.lostByteCount == 0)
  }

  @Test(arguments: [0, 1, 47, 48, 49]) func namesHaveOneTo48Bytes(byteCount: Int) throws {
    let bytes = [UInt8](repeating: 0x61, count: byteCount)

    let name = Name(bytes.span)

    #expect((name != nil) == (1...48 ~= byteCount))
    #expect(name == nil || name!.byteCount == byteCount)
    #expect(name == nil || Name(words: name!.words) == name)
    let short = ShortName(bytes.span)
    #expect((short != nil) == (1...32 ~= byteCount))
  }

  @Test func namesWithBytesBehindTheirEndAreRefused() {
    #expect(Name(words: [0x6100_61, 0, 0, 0, 0, 0]) == nil)
    #expect(Name(words: [0x61, 0, 0, 0, 0, 1 << 56]) == nil)
    #expect(Name(words: .init(repeating: 0)) == nil)
    let (split, console) = ([0x61, 0, 0x61] as [UInt8], Array("console".utf8))
    let (refused, same) = (Name(split.span), Name(console.span))
    #expect(refused == nil)
    #expect(Name("console") == same)
    #expect(Name("console") != Name("consol"))
  }
}
