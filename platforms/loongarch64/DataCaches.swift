/// The caches that hold data, as CACOP numbers them: 0 is the first that there is, and numbers
/// grow from the first level outwards, of a level's two caches that of instructions first.
///
/// Source: LoongArch Reference Manual, Volume 1, §2.2.10.5, table 2, words 0x10 to 0x14 of CPUCFG;
/// §4.2.3.1, "CACOP".
struct DataCaches: Equatable {
  /// Bit n: cache n holds data.
  let members: UInt8
  /// Bytes in a line, of the cache that has the shortest; 0 without caches.
  let lineByteCount: UInt64

  /// What the six numbers can name: two caches on each of three levels.
  static var limit: Int { 6 }

  /// - Parameter word: Word `index` of CPUCFG, of 32 bits.
  init(word: (_ index: UInt64) -> UInt64) {
    let presence = word(0x10)
    var members: UInt8 = 0
    var shortest: UInt64 = 0
    var number: UInt64 = 0
    for level in 0..<UInt64(3) {
      // 3 bits of the first level, 7 of each of the others: a cache of instructions or of both,
      // whether it is of both, and a cache of data.
      let fields = level == 0 ? presence & 7 : presence >> (7 * level - 4) & 0x7f
      let data: UInt64 = level == 0 ? 1 << 2 : 1 << 4
      if fields & 1 != 0 {
        if fields & 2 != 0 { add(number) }
        number += 1
      }
      if fields & data != 0 {
        add(number)
        number += 1
      }
    }
    self.members = members
    lineByteCount = shortest

    func add(_ number: UInt64) {
      let line: UInt64 = 1 << (word(0x11 + number) >> 24 & 0x7f)
      guard line > 0 else { return }
      members |= 1 << UInt8(number)
      shortest = shortest == 0 ? line : min(shortest, line)
    }
  }

  func contains(_ number: Int) -> Bool { members & 1 << UInt8(number) != 0 }
}
