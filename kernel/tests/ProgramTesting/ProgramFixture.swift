import ProgramFormat

/// A small program file that `ProgramImage` accepts, to be broken one field at a time.
public struct ProgramFixture {
  public var bytes: [UInt8]

  /// Three segments of one page each: headers (r), code (rx), data with zeroed rest (rw).
  public init(machine: ProgramMachine = .x86_64) {
    bytes = [UInt8](repeating: 0, count: 0x3100)
    for (index, byte) in [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].enumerated() {
      bytes[index] = UInt8(byte)
    }
    set(16, width: 2, to: 3)
    set(18, width: 2, to: UInt64(machine.rawValue))
    set(20, width: 4, to: 1)
    set(24, width: 8, to: 0x1010)
    set(32, width: 8, to: 64)
    set(52, width: 2, to: 64)
    set(54, width: 2, to: 56)
    set(56, width: 2, to: 4)
    segment(0, flags: 4, offset: 0, address: 0, file: 0x200, memory: 0x200)
    segment(1, flags: 5, offset: 0x1000, address: 0x1000, file: 0x100, memory: 0x100)
    segment(2, flags: 6, offset: 0x2010, address: 0x2010, file: 0x20, memory: 0x1800)
    header(3, kind: 0x6474_e551, flags: 6)
  }

  public mutating func set(_ offset: Int, width: Int, to value: UInt64) {
    for index in 0..<width {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  /// Powers of two with their neighbours.
  public static func besidePowersOfTwo(of bits: [UInt64]) -> [UInt64] {
    var values: [UInt64] = []
    for bit in bits {
      let power = 1 << bit as UInt64
      values += [power - 1, power, power + 1]
    }
    return values
  }

  /// Values of a field of 16 bits: the small ones, the large ones, and all that differ from `right`
  /// in one bit or two.
  public static func halves(beside right: UInt64) -> [UInt64] {
    var values = Set(0...0x3ff as ClosedRange<UInt64>).union(0xff00...0xffff)
    for first in 0..<16 as Range<UInt64> {
      for second in 0...first { values.insert(right ^ (1 << first) ^ (1 << second)) }
      values.insert(right ^ (1 << first))
    }
    return values.sorted()
  }

  /// The file offset of program header `index`.
  public static func start(of index: Int) -> Int { 64 + 56 * index }

  public mutating func header(_ index: Int, kind: UInt64, flags: UInt64) {
    set(Self.start(of: index), width: 4, to: kind)
    set(Self.start(of: index) + 4, width: 4, to: flags)
  }

  public mutating func segment(
    _ index: Int, flags: UInt64, offset: UInt64, address: UInt64, file: UInt64, memory: UInt64,
    alignment: UInt64 = 0x1000
  ) {
    header(index, kind: 1, flags: flags)
    let start = Self.start(of: index)
    for (field, value) in [offset, address, address, file, memory, alignment].enumerated() {
      set(start + 8 + 8 * field, width: 8, to: value)
    }
  }

  public func read(
    for machine: ProgramMachine = .x86_64, limit: UInt64 = 1 << 30
  ) throws(ProgramImageError) -> ProgramImage {
    try ProgramImage(bytes.span, for: machine, limit: limit)
  }

  /// Why the file is refused, or nil if it is not.
  public func refusal(
    for machine: ProgramMachine = .x86_64, limit: UInt64 = 1 << 30
  ) -> ProgramImageError? {
    do throws(ProgramImageError) {
      _ = try read(for: machine, limit: limit)
      return nil
    } catch { return error }
  }
}
