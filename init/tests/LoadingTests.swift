import LibmnosHost
import ProgramFormat
import Testing

@testable import InitService
@testable import Libmnos

/// Programs as they get into memory, and those that do not.
struct LoadingTests {
  private func order() -> SpawnOrder {
    SpawnOrder(
      number: 7, owner: 1, name: ShortName("program"), priority: 80, memoryLimit: 32 << 20,
      objectLimit: 1000, arguments: [])
  }

  private func makeSpawner(_ kernel: InitKernel) -> Spawner {
    Spawner(budget: Budget(adopting: kernel.make(.budget)), machine: .x86_64, seed: 5)
  }

  /// One field that is wrong, by its offset, width and value, and the case that it stands for.
  private static let faults: [(offset: Int, width: Int, value: UInt64)] = [
    // LDR_001: magic, class, byte order, version, machine, header size.
    (0, 1, 0), (4, 1, 1), (5, 1, 2), (6, 1, 0), (18, 2, 183), (52, 2, 63),
    // LDR_002: the table of program headers.
    (32, 8, 0), (32, 8, .max), (54, 2, 55), (56, 2, 0), (56, 2, 0xffff),
    // LDR_003: bytes that are not in the file.
    (64 + 56 + 8, 8, .max), (64 + 56 + 8, 8, 0x9000), (64 + 56 + 32, 8, .max),
    // LDR_004: more in the file than in memory.
    (64 + 56 + 40, 8, 2), (64 + 56 + 40, 8, 0),
    // LDR_005: addresses that wrap, or are a kernel's.
    (64 + 56 + 16, 8, 0xffff_ffff_ffff_f000), (64 + 56 + 40, 8, .max),
    (64 + 56 + 16, 8, 0xffff_8000_0000_2000), (64 + 56 + 40, 8, 1 << 40),
    // LDR_006: segments in one place, or one page.
    (64 + 56 + 16, 8, 0x1000), (64 + 56 + 16, 8, 0),
    // LDR_007: rights.
    (64 + 56 + 4, 4, 7), (64 + 4, 4, 7), (64 + 4, 4, 3), (64 + 56, 4, 0x6474_e551),
  ]

  /// Not a call is made for it: nothing is copied, mapped or even made.
  @Test(arguments: 0..<faults.count)
  func `LDR_001 LDR_002 LDR_003 LDR_004 LDR_005 LDR_006 LDR_007 nothingIsDoneForABadProgram`(
    index: Int
  ) {
    let fault = Self.faults[index]
    var program = TestProgram()
    program.set(fault.offset, fault.width, to: fault.value)
    // As a stack's, the second header asks for an executable one.
    if fault.value == 0x6474_e551 { program.set(64 + 56 + 4, 4, to: 7) }
    let kernel = InitKernel()
    kernel.run {
      var spawner = makeSpawner(kernel)
      kernel.calls = []
      #expect(throws: SpawnFailure.self) { _ = try spawner.prepare(order(), program.bytes.span) }
      #expect(kernel.calls.isEmpty)
      #expect(throws: Never.self) { _ = try spawner.prepare(order(), TestProgram().bytes.span) }
    }
  }

  /// A program says where its parts lie in itself, and not where it is put: neither the pages at 0
  /// nor the stack can be meant, whatever its size and its alignment.
  @Test(arguments: [1, 0x1000, 0x20_0000, 0x2000_0000, 0x3fff_d000] as [UInt64])
  func `LDR_005 programLiesApartFromStackAndNull`(byteCount: UInt64) throws {
    for alignment in [0x1000, 0x1_0000, 0x20_0000] as [UInt64] {
      var file = TestProgram()
      file.segment(1, flags: 6, [0x2000, 0x2000, 0, 1, byteCount, 1])
      file.segment(0, flags: 5, [0, 0, 0, 0x1100, 0x1100, alignment])
      let image = try ProgramImage(file.bytes.span, for: .x86_64)
      for seed in 0..<200 as Range<UInt64> {
        var random = RandomState(seed: seed)
        let plan = SpawnPlan(image, using: &random)
        let end = plan.base + image.byteCount
        #expect(plan.base % image.alignment == 0 && plan.base >= AddressLayout.images.lowerBound)
        #expect(end <= AddressLayout.images.upperBound && end < plan.stackBase - 4096)
        #expect(plan.stackEnd < plan.recordAddress && plan.recordAddress < 1 << 38)
      }
    }
  }

  /// What is in a page of the new process, and with what rights.
  private func contents(
    of kernel: InitKernel, _ prepared: PreparedProcess, at address: UInt64
  ) -> (bytes: [UInt8], rights: UInt64)? {
    let process = UInt64(prepared.loaded.process.handle.rawValue)
    let found = kernel.mappings.filter {
      $0.process == process && $0.address == prepared.plan.base + address
    }
    guard found.count == 1 else { return nil }
    let bytes = kernel.bytes(of: found[0].memory)
    return (Array(bytes[found[0].offset..<found[0].offset + found[0].byteCount]), found[0].rights)
  }

  /// Data from each place in a page, of lengths around a page, with zeroes behind.
  @Test(arguments: [0, 1, 0x10, 0x800, 0xfff] as [UInt64], [0, 1, 0x7ff, 0x1000, 0x1001])
  func `LDR_009 whatTheFileDoesNotFillIsZero`(offset: UInt64, byteCount: Int) throws {
    let data = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 | 1) }
    for zeroCount in [1, 0x10, 0x7ff, 0xfff, 0x1000, 0x1001, 0x3000] as [UInt64] {
      let program = TestProgram(data: data, zeroCount: zeroCount, at: 0x2000 + offset)
      let kernel = InitKernel()
      try kernel.run {
        var spawner = makeSpawner(kernel)
        let prepared = try spawner.prepare(order(), program.bytes.span)

        let found = try #require(contents(of: kernel, prepared, at: 0x2000))
        let end = (Int(offset) + byteCount + Int(zeroCount) + 0xfff) & ~0xfff
        var expected = [UInt8](repeating: 0, count: Int(offset)) + data
        expected += [UInt8](repeating: 0, count: end - expected.count)
        #expect(found.bytes == expected, "\(zeroCount) zeroes")
        #expect(found.rights == UInt64(Rights.read.union(.write).bits))
        // The segment before it, whose page ends where this one begins.
        let code = try #require(contents(of: kernel, prepared, at: 0x1000))
        #expect(Array(code.bytes.prefix(0x100)) == Array(program.bytes[0x1000..<0x1100]))
        #expect(code.bytes.dropFirst(0x100).allSatisfy { $0 == 0 })
        #expect(code.rights == UInt64(Rights.read.union(.execute).bits))
        // Nothing of it stays in init's own addresses.
        #expect(!kernel.mappings.contains { $0.process == 0 })
      }
    }
  }
}
