import FuzzHarness
import Libmnos
import LibmnosHost

/// Archives that are wrong in one place, and a few sound ones.
enum ArchiveSeeds {
  static var all: [FuzzSeed] { sound + lengths + names + kinds + numbers + extensions }

  private static func seed(
    _ name: String, _ problem: TarProblem?, _ entries: [[UInt8]]
  ) -> FuzzSeed {
    FuzzSeed(
      name, TarBlock.archive(entries), problem.map { "refused: \($0.text)" } ?? "accepted")
  }

  /// An entry with a field of its header replaced, and the checksum right.
  private static func changed(_ entry: [UInt8], at offset: Int, _ field: [UInt8]) -> [UInt8] {
    var entry = entry
    TarBlock.put(field, into: &entry, at: offset)
    TarBlock.seal(&entry)
    return entry
  }

  private static func named(_ name: [UInt8]) -> [UInt8] {
    changed(TarBlock.file("x", [1]), at: 0, name + (name.count < 100 ? [0] : []))
  }

  private static func directory(_ name: String) -> [UInt8] {
    TarBlock.entry(name, flag: UInt8(ascii: "5"), [])
  }

  private static var sound: [FuzzSeed] {
    [
      seed("sound-file-and-directory", nil, [directory("d/"), TarBlock.file("d/f", [1, 2])]),
      seed("sound-dot-slash", nil, [directory("./"), TarBlock.file("./a", [1])]),
      seed("sound-100-byte-name", nil, [named([UInt8](repeating: 0x6e, count: 100))]),
      seed("sound-name-twice", nil, [TarBlock.file("a", [1]), TarBlock.file("a", [2])]),
      seed("sound-pax-path", nil, [
        TarBlock.pax([TarBlock.record("path", "long/name")]), TarBlock.file("x", [1]),
      ]),
      seed("sound-gnu-long-name", nil, [
        TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), Array("long\0".utf8)),
        TarBlock.file("x", [1]),
      ]),
      seed("sound-archive-in-a-file", nil, [
        TarBlock.file("inner", TarBlock.archive([TarBlock.file("secret", [1])])),
      ]),
      seed("sound-prefix-and-name", nil, [
        changed(TarBlock.file("x", [1]), at: 345, [UInt8](repeating: 0x70, count: 155)),
      ]),
    ]
  }

  private static var lengths: [FuzzSeed] {
    let truncated = "refused: \(TarProblem.truncated.text)"
    let whole = TarBlock.archive([TarBlock.file("f", [UInt8](repeating: 7, count: 600))])
    return [0, 1, 511, 512, 1023].map {
      FuzzSeed("zeros-\($0)", [UInt8](repeating: 0, count: $0), truncated)
    } + [
      FuzzSeed("zeros-1024", [UInt8](repeating: 0, count: 1024), "accepted: 0 entries"),
      FuzzSeed("end-missing", Array(whole.dropLast(1024)), truncated),
      FuzzSeed("end-half", Array(whole.dropLast(512)), truncated),
      FuzzSeed("data-cut", Array(whole.prefix(1500)), truncated),
    ]
  }

  private static var names: [FuzzSeed] {
    let bad: [(String, [UInt8])] = [
      ("empty", []), ("dot", Array(".".utf8)), ("dots", Array("..".utf8)),
      ("root", Array("/".utf8)), ("slashes", Array("//".utf8)),
      ("absolute", Array("/etc/passwd".utf8)), ("upward", Array("a/../../b".utf8)),
      ("dot-inside", Array("a/./b".utf8)), ("empty-part", Array("a//b".utf8)),
      ("slash-at-end", Array("a/".utf8)), ("not-utf8", [0x61, 0xff]),
      ("control", [0x61, 0x0a]), ("escape", [0x1b, 0x5b, 0x41]),
    ]
    let deep = (0..<1000).map { _ in "d" }.joined(separator: "/")
    return bad.map { seed("name-\($0.0)", .badName, [named($0.1)]) } + [
      seed("name-1000-levels", .nameTooLong, [
        TarBlock.pax([TarBlock.record("path", deep)]), TarBlock.file("x", [1]),
      ]),
      seed("name-512-levels", nil, [
        TarBlock.pax([TarBlock.record("path", String(deep.prefix(1023)))]),
        TarBlock.file("x", [1]),
      ]),
      seed("name-part-256", .nameTooLong, [
        TarBlock.pax([TarBlock.record("path", String(repeating: "p", count: 256))]),
        TarBlock.file("x", [1]),
      ]),
      FuzzSeed(
        "name-file-then-directory",
        TarBlock.archive([TarBlock.file("a", []), TarBlock.file("a/b", [])]),
        "refused: a name is a file and a directory"),
    ]
  }

  private static var kinds: [FuzzSeed] {
    "123467KSMVNDXA".utf8.map { flag in
      seed(
        "kind-\(Character(UnicodeScalar(flag)))", .unsupportedKind,
        [TarBlock.entry("a", flag: flag, [])])
    } + [
      seed("link-upward", .unsupportedKind, [
        changed(
          TarBlock.entry("l", flag: UInt8(ascii: "2"), []), at: 157, Array("../../x\0".utf8)),
      ]),
      seed("directory-with-data", .directoryWithData, [
        TarBlock.entry("d/", flag: UInt8(ascii: "5"), [1]),
      ]),
    ]
  }

  private static var numbers: [FuzzSeed] {
    func size(_ name: String, _ field: String, _ problem: TarProblem) -> FuzzSeed {
      seed("size-\(name)", problem, [
        changed(TarBlock.file("a", [1]), at: 124, Array(field.utf8)),
      ])
    }
    func base256(_ name: String, _ first: UInt8, _ rest: UInt8) -> FuzzSeed {
      seed("size-\(name)", .badNumber, [
        changed(TarBlock.file("a", [1]), at: 124, [first] + [UInt8](repeating: rest, count: 11)),
      ])
    }
    var signed = TarBlock.file("caf\u{e9}", [])
    let sum = TarBlock.sum(signed, at: 0) { Int(Int8(bitPattern: $0)) }
    TarBlock.put(TarBlock.octal(sum, 6) + [0, 0x20], into: &signed, at: 148)
    var wrong = TarBlock.file("a", [])
    wrong[0] ^= 1
    return [
      size("not-octal", "00000000008\0", .badNumber), size("signed", "-0000000001\0", .badNumber),
      size("blank", "           \0", .badNumber), size("past-the-end", "00000100000\0", .truncated),
      size("largest", "777777777777", .truncated),
      base256("base-256", 0x80, 0), base256("base-256-negative", 0xff, 0xff),
      base256("base-256-huge", 0x80, 0xff),
      seed("checksum-wrong", .badChecksum, [wrong]), seed("checksum-signed", .badChecksum, [signed]),
      seed("magic-old", .notUstar, [
        changed(TarBlock.file("a", []), at: 257, [UInt8](repeating: 0, count: 8)),
      ]),
      seed("mode-garbled", .badNumber, [changed(TarBlock.file("a", []), at: 100, [0x78])]),
    ]
  }

  private static var extensions: [FuzzSeed] {
    func records(_ name: String, _ problem: TarProblem, _ records: [[UInt8]]) -> FuzzSeed {
      seed(name, problem, [TarBlock.pax(records), TarBlock.file("x", [1])])
    }
    func longName(_ data: [UInt8]) -> [UInt8] {
      TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), data)
    }
    let size = TarBlock.pax([TarBlock.record("size", "1")])
    return [
      records("pax-size-differs", .conflictingSize, [TarBlock.record("size", "2")]),
      records("pax-length-0", .badExtension, [Array("0 path=a\n".utf8)]),
      records("pax-length-short", .badExtension, [Array("5 path=a\n".utf8)]),
      records("pax-length-past-the-end", .badExtension, [Array("99 path=a\n".utf8)]),
      records("pax-length-huge", .badExtension, [Array("99999999999999999999 a=b\n".utf8)]),
      records("pax-no-equals", .badExtension, [Array("8 patha\n".utf8)]),
      records("pax-size-huge", .badExtension, [
        TarBlock.record("size", "99999999999999999999"),
      ]),
      records("pax-path-twice", .badExtension, [
        TarBlock.record("path", "a"), TarBlock.record("path", "b"),
      ]),
      records("pax-path-with-nul", .badName, [TarBlock.record("path", [0x61, 0, 0x62])]),
      records("pax-link", .unsupportedKind, [TarBlock.record("linkpath", "/etc")]),
      records("pax-sparse", .unsupportedKind, [TarBlock.record("GNU.sparse.major", "1")]),
      seed("pax-before-pax", .badExtension, [size, size, TarBlock.file("x", [1])]),
      seed("pax-before-long-name", .badExtension, [
        size, longName(Array("a\0".utf8)), TarBlock.file("x", [1]),
      ]),
      FuzzSeed(
        "pax-before-the-end", size + [UInt8](repeating: 0, count: 1024),
        "refused: \(TarProblem.badExtension.text)"),
      seed("long-name-without-nul", .badExtension, [
        longName(Array("abc".utf8)), TarBlock.file("x", [1]),
      ]),
      seed("long-name-of-16-kib", .nameTooLong, [
        longName([UInt8](repeating: 0x61, count: 16 << 10)), TarBlock.file("x", [1]),
      ]),
    ]
  }
}
