import FuzzHarness
import MnosABI
import ProgramFormat
import ProgramTesting

/// Program files that are wrong in one place, and the ones that they were made from.
enum ProgramSeeds {
  static var all: [FuzzSeed] { sound + identity + table + segments + relations }

  private static func seed(
    _ name: String, _ error: ProgramImageError?, _ change: (inout ProgramFixture) -> Void
  ) -> FuzzSeed {
    var file = ProgramFixture()
    change(&file)
    return FuzzSeed(name, file.bytes, error.map { "refused: \($0.reason)" } ?? "accepted")
  }

  private static var sound: [FuzzSeed] {
    [ProgramMachine.x86_64, .aarch64, .riscv64, .loongarch64].map {
      FuzzSeed("sound-\($0)", ProgramFixture(machine: $0).bytes, "accepted: 3 segments")
    }
  }

  private static var identity: [FuzzSeed] {
    let short = [0, 1, 4, 16, 63].map { count in
      seed("cut-to-\(count)", .truncatedHeader) { $0.bytes = Array($0.bytes.prefix(count)) }
    }
    let bytes: [(String, Int, UInt64, ProgramImageError)] = [
      ("magic", 0, 0x7e, .wrongMagic), ("class-32", 4, 1, .wrongClass),
      ("class-3", 4, 3, .wrongClass), ("big-endian", 5, 2, .wrongByteOrder),
      ("version-0", 6, 0, .wrongVersion), ("abi-other", 7, 9, .wrongVersion),
      ("version-word-0", 20, 0, .wrongVersion), ("type-relocatable", 16, 1, .wrongType),
      ("type-fixed", 16, 2, .wrongType), ("type-core", 16, 4, .wrongType),
      ("machine-i386", 18, 3, .wrongMachine), ("machine-0", 18, 0, .wrongMachine),
    ]
    return short
      + [seed("header-only", .headersOutsideFile) { $0.bytes = Array($0.bytes.prefix(64)) }]
      + bytes.map { name, offset, value, error in
        seed(name, error) { $0.set(offset, width: 1, to: value) }
      }
  }

  /// Sizes, count and place of the program headers.
  private static var table: [FuzzSeed] {
    let halves: [(String, Int, [UInt64], ProgramImageError)] = [
      ("header-size", 52, [0, 1, 63, 65, 0xffff], .wrongHeaderSize),
      ("entry-size", 54, [0, 1, 55, 57, 0xffff], .wrongHeaderSize),
      ("header-count", 56, [0, 65, 0xffff], .wrongHeaderCount),
    ]
    let offsets: [UInt64] = [0, 63, 0x30ff, 0x3100, 1 << 63, .max - 200, .max]
    return halves.flatMap { name, offset, values, error in
      values.map { value in
        seed("\(name)-\(value)", error) { $0.set(offset, width: 2, to: value) }
      }
    }
      + offsets.map { value in
        seed("headers-at-\(value)", .headersOutsideFile) { $0.set(32, width: 8, to: value) }
      }
  }

  /// Fields of the second header: file offset, address, bytes in file and memory, alignment.
  private static var segments: [FuzzSeed] {
    let start = ProgramFixture.start(of: 1)
    let fields: [(String, Int, [UInt64], ProgramImageError)] = [
      ("offset-wraps", 8, [.max, .max - 0xff], .segmentOutsideFile),
      ("offset-one-past", 8, [0x3001, 0x3100], .segmentOutsideFile),
      ("file-wraps", 32, [.max, 1 << 63], .segmentOutsideFile),
      ("file-larger", 32, [0x101], .fileLargerThanMemory),
      ("memory-huge", 40, [1 << 63, 1 << 40, .max], .segmentOutOfRange),
      ("address-wraps", 16, [.max - 0xff, .max - 0x100], .segmentOutOfRange),
      ("address-in-kernel-half", 16, [1 << 63, (1 << 47) - 0x80], .segmentOutOfRange),
      ("address-at-limit", 16, [(1 << 30) - 0xff], .segmentOutOfRange),
      ("alignment", 48, [3, 0x1001, 1 << 63, .max], .wrongAlignment),
      ("not-congruent", 16, [0x1010], .wrongAlignment),
    ]
    return fields.flatMap { name, offset, values, error in
      values.map { value in
        seed("\(name)-\(String(value, radix: 16))", error) {
          $0.set(start + offset, width: 8, to: value)
        }
      }
    } + rights(start)
  }

  private static func rights(_ start: Int) -> [FuzzSeed] {
    [
      seed("writable-and-executable", .writableAndExecutable) {
        $0.set(start + 4, width: 4, to: 7)
      },
      seed("rights-none", .wrongRights) { $0.set(start + 4, width: 4, to: 0) },
      seed("rights-unknown", .wrongRights) { $0.set(start + 4, width: 4, to: 13) },
      seed("stack-executable", .executableStack) { $0.header(3, kind: 0x6474_e551, flags: 7) },
      seed("interpreter", .needsInterpreter) { $0.header(3, kind: 3, flags: 4) },
      seed("thread-local", .needsThreadLocalStorage) { $0.header(3, kind: 7, flags: 4) },
    ]
  }

  /// Segments against each other, and the entry.
  private static var relations: [FuzzSeed] {
    func data(_ address: UInt64, _ memory: UInt64 = 0x20) -> (inout ProgramFixture) -> Void {
      {
        $0.segment(
          2, flags: 6, offset: 0x2000 + address % 0x1000, address: address, file: 0x20,
          memory: memory)
      }
    }
    let entries: [(String, UInt64, ProgramMachine)] = [
      ("entry-0", 0, .x86_64), ("entry-in-gap", 0x1100, .x86_64), ("entry-in-data", 0x2010, .x86_64),
      ("entry-past-all", .max, .x86_64), ("entry-odd", 0x1011, .riscv64),
      ("entry-misaligned", 0x1012, .aarch64),
    ]
    return [
      seed("segments-identical", .overlappingSegments, data(0x1000)),
      seed("segments-overlap-by-one", .overlappingSegments, data(0x10ff)),
      seed("segments-nested", .overlappingSegments, data(0x1010)),
      seed("segments-unordered", .unorderedSegments, data(0x800)),
      seed("segments-share-page", .sharedPage, data(0x1800)),
      seed("no-segment", .noSegments) { file in
        for index in 0..<3 { file.header(index, kind: 4, flags: 4) }
      },
      seed("segments-17", .tooManySegments) { file in
        file.set(56, width: 2, to: 20)
        for index in 0..<20 {
          let page = UInt64(index) * 0x1000
          file.segment(
            index, flags: index == 1 ? 5 : 4, offset: index == 1 ? 0x1000 : 0, address: page,
            file: 0x100, memory: 0x100)
        }
      },
      seed("memory-2-to-40", .segmentOutOfRange, data(0x2010, 1 << 40)),
    ]
      + entries.map { name, entry, machine in
        var file = ProgramFixture(machine: machine)
        file.set(24, width: 8, to: entry)
        return FuzzSeed(name, file.bytes, "refused: \(ProgramImageError.wrongEntry.reason)")
      }
  }
}
