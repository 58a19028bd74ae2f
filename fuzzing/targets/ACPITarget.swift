import FuzzHarness
import KernelHAL
import PlatformCommon

/// ACPI tables of all four architectures, in memory that begins with the root pointer.
enum ACPITarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("acpi", "ACPI tables", mostBytes: 16 << 10) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { ACPISeeds.all }
    target.recognise = ACPIDump.image
    return target
  }()

  /// The same with checksums made right, so that damage behind them is reached.
  static let sealed: FuzzTarget = FuzzTarget(
    "acpi-sealed", "ACPI tables whose checksums are right", mostBytes: 16 << 10, sibling: "acpi"
  ) { (bytes) throws(BrokenPromise) in try outcome(of: ACPISeal.sealed(bytes)) }

  /// Reads of bytes that one reading of the machine may take: each table is summed whenever it
  /// is asked for, and the definition blocks are searched once.
  private static func limit(_ bytes: [UInt8]) -> Int { 96 * bytes.count + (1 << 16) }

  static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    func memory() -> CountedMemory { CountedMemory(bytes, limit: limit(bytes)) }
    var report = FirmwareReport()
    let root = ACPIRoot(pointerAt: CountedMemory.base, in: memory(), noting: &report)
    try MachineReadings.check(report)
    guard let root else {
      try promise(report.count > 0, "no tables, and no reason")
      return .refused(MachineReadings.words(report))
    }
    try promise(root.count <= ACPIRoot<CountedMemory>.countLimit, "more tables than are read")
    var boot = BootEnvironment()
    boot.acpiRoot = CountedMemory.base
    let others = try MachineReadings.all(boot, choice: bytes.count, in: memory)
    let pc = try MachineReadings.pc(CountedMemory.base, in: memory())
    return .accepted("\(root.count) tables; \(pc); \(others)")
  }
}

/// Makes the checksums of tables right, wherever tables seem to be.
enum ACPISeal {
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    guard bytes.count >= 36 else { return bytes }
    bytes.replaceSubrange(0..<8, with: "RSD PTR ".utf8)
    seal(&bytes, 0..<20, at: 8)
    seal(&bytes, 0..<36, at: 32)
    // Each table is sealed where a list names it; a list's own sum comes last.
    for (field, width) in [(24, 8), (16, 4)] {
      guard let list = table(at: number(bytes, field, width), in: bytes) else { continue }
      var entry = list.lowerBound + 36
      while entry + width <= list.upperBound {
        if let named = table(at: number(bytes, entry, width), in: bytes) {
          seal(&bytes, named, at: named.lowerBound + 9)
          for pointer in [(40, 4), (140, 8)] where named.count >= 148 {
            let address = number(bytes, named.lowerBound + pointer.0, pointer.1)
            guard let block = table(at: address, in: bytes) else { continue }
            seal(&bytes, block, at: block.lowerBound + 9)
          }
        }
        entry += width
      }
      seal(&bytes, list, at: list.lowerBound + 9)
    }
    return bytes
  }

  private static func table(at address: UInt64, in bytes: [UInt8]) -> Range<Int>? {
    guard address >= CountedMemory.base, address - CountedMemory.base < UInt64(bytes.count) else {
      return nil
    }
    let start = Int(address - CountedMemory.base)
    guard bytes.count - start >= 36 else { return nil }
    let count = Int(number(bytes, start + 4, 4))
    return (36...bytes.count - start).contains(count) ? start..<start + count : nil
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  private static func seal(_ bytes: inout [UInt8], _ range: Range<Int>, at place: Int) {
    bytes[place] = 0
    bytes[place] = 0 &- bytes[range].reduce(0, &+)
  }
}
