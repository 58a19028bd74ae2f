import PlatformCommon

/// The extended I/O interrupt controller, as one core sees it: 256 vectors that share an
/// input pin of the core.
///
/// A vector stays pending until it is claimed, and is edge triggered: the controllers behind
/// it say when there is something new.
/// Source: Loongson 3A5000/3B5000 Processor Reference Manual, §11.2, "Extended I/O Interrupt".
struct ExtendedInterrupts<Registers: WideRegisterAccess> {
  private var registers: Registers
  /// Vectors that can be pending: 0 up to this.
  private let vectorCount: UInt32

  /// - Parameters:
  ///   - registers: The core's I/O control and status registers.
  ///   - vectorCount: Vectors in use, at most 256.
  init(registers: Registers, vectorCount: UInt32) {
    self.registers = registers
    self.vectorCount = min(vectorCount, ExtendedInterruptLayout.vectorLimit)
  }

  /// Sends all vectors in use to one core.
  ///
  /// - Parameters:
  ///   - core: The number of the core in the machine, four cores making a node.
  ///   - pin: The input of the core that the controller is wired to.
  mutating func start(core: UInt32, pin: UInt8) {
    typealias Layout = ExtendedInterruptLayout
    let functions = registers.read64(at: Layout.functions)
    registers.write64(functions | Layout.enableFunction, at: Layout.functions)
    // Node numbers that the routes below name, two to a word: each its own.
    for index in 0..<UInt32(8) {
      registers.write(1 << (index * 2 + 17) | 1 << (index * 2), at: Layout.nodes(index))
    }
    let pins = Self.fourTimes(1 << UInt32(pin & 7))
    registers.write(pins, at: Layout.pins)
    registers.write(pins, at: Layout.pins + 4)
    let route = Self.fourTimes((core / 4 & 15) << 4 | 1 << (core % 4))
    var vector: UInt32 = 0
    while vector < Layout.vectorLimit {
      registers.write(route, at: Layout.route(vector))
      if vector % 32 == 0 {
        // Always to that core, not to several by turns.
        registers.write(0, at: Layout.rotation(vector))
        registers.write(.max, at: Layout.pending(vector))
        registers.write(enabled(from: vector), at: Layout.enable(vector))
      }
      vector += 4
    }
  }

  /// The bits of the vectors in use among the 32 from `first` on.
  private func enabled(from first: UInt32) -> UInt32 {
    guard vectorCount > first else { return 0 }
    return vectorCount - first >= 32 ? .max : 1 << (vectorCount - first) - 1
  }

  private static func fourTimes(_ byte: UInt32) -> UInt32 { byte * 0x0101_0101 }

  /// Takes the lowest vector that is pending.
  ///
  /// - Returns: nil if none is any more.
  mutating func claim() -> UInt32? {
    var first: UInt32 = 0
    while first < vectorCount {
      let pending = registers.read(at: ExtendedInterruptLayout.pending(first))
      if pending != 0 {
        let bit = UInt32(pending.trailingZeroBitCount)
        // Writing 1 clears; the others stay.
        registers.write(1 << bit, at: ExtendedInterruptLayout.pending(first))
        return first + bit
      }
      first += 32
    }
    return nil
  }
}

/// Where the controller's registers are among those of the core.
enum ExtendedInterruptLayout {
  static var vectorLimit: UInt32 { 256 }

  /// "Other function configuration": turns the controller on.
  static var functions: UInt64 { 0x420 }
  static var enableFunction: UInt64 { 1 << 48 }

  static func nodes(_ index: UInt32) -> UInt64 { 0x14a0 + UInt64(index) * 4 }
  /// A byte for each 32 vectors: a bit for each pin.
  static var pins: UInt64 { 0x14c0 }
  static func enable(_ vector: UInt32) -> UInt64 { 0x1600 + UInt64(vector / 32) * 4 }
  static func rotation(_ vector: UInt32) -> UInt64 { 0x1680 + UInt64(vector / 32) * 4 }
  /// What is pending for the core that reads.
  static func pending(_ vector: UInt32) -> UInt64 { 0x1800 + UInt64(vector / 32) * 4 }
  /// A byte for each vector: node in the upper half, a bit for each of its cores below.
  static func route(_ vector: UInt32) -> UInt64 { 0x1c00 + UInt64(vector) }
}
