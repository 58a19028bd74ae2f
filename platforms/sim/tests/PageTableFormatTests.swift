import KernelHAL
import MnosABI
import PlatformSim
import Testing

/// Entries written and read back.
@Suite struct SimulatedPageTableFormatTests {
  @Test(
    arguments: (0..<128 as Range<UInt8>).filter {
      $0 & 0b110 != 0b110 && $0 & 0b110_0000 != 0b110_0000
    })
  func aLeafReadsBack(bits: UInt8) {
    let format = SimulatedPageTableFormat()
    for address: UInt64 in [0, 0x1000, 0x8_0000_0000, (1 << 52) - 0x1000] {
      let entry = format.makeLeaf(
        at: PhysicalAddress(address), rights: PageRights(bits: bits), level: 0)

      let asked = PageRights(bits: bits)
      let isUsers = asked.includes(.user)
      let impliesRead = isUsers && (asked.includes(.write) || asked.includes(.execute))
      #expect(
        format.decode(entry, level: 0)
          == .leaf(PhysicalAddress(address), impliesRead ? asked.union(.read) : asked))
      #expect(!format.isDamaged(entry))
    }
  }

  @Test(arguments: [1, 2, 3, 4])
  func aTableReadsBack(level: Int) {
    let format = SimulatedPageTableFormat(levelCount: 5)

    let entry = format.makeTable(at: PhysicalAddress(0x1234_5000))

    #expect(format.decode(entry, level: level) == .table(PhysicalAddress(0x1234_5000)))
    #expect(format.decode(entry, level: 0) == .empty)
  }

  @Test func zeroIsEmptyAndPoisonIsDamaged() {
    let format = SimulatedPageTableFormat()

    #expect(format.decode(0, level: 0) == .empty)
    #expect(!format.isDamaged(0))
    #expect(format.isDamaged(0xa5a5_a5a5_a5a5_a5a5))
  }

  @Test(arguments: 0..<64)
  func everyFlippedBitIsSeen(bit: UInt64) {
    let format = SimulatedPageTableFormat()
    let entry = format.makeLeaf(at: PhysicalAddress(0x5000), rights: .user, level: 0)

    #expect(format.isDamaged(entry ^ 1 << bit))
  }
}

/// The registers' roles and what user code may not choose.
@Suite struct SimulatedRegistersTests {
  @Test func everyRoleHasARegisterOfItsOwn() {
    var registers = SimulatedRegisters(
      entry: VirtualAddress(4), stack: VirtualAddress(8), argument: 1)
    registers.callWord = 2
    registers.argument1 = 3
    registers.argument2 = 4
    for index in 0..<8 { registers[word: index] = 10 + UInt64(index) }

    #expect(registers.argument0 == 1)
    #expect(registers.callWord == 2)
    #expect(registers.argument1 == 3)
    #expect(registers.argument2 == 4)
    #expect((0..<8).allSatisfy { registers[word: $0] == 10 + UInt64($0) })
    #expect((0..<32).filter(SimulatedRegisters.hasRole).count == 12)
  }

  @Test(arguments: 0..<SimulatedRegisters.recordWordCount)
  func recordsReadBackButForTheModeBits(index: Int) {
    var registers = SimulatedRegisters(
      entry: VirtualAddress(4), stack: VirtualAddress(8), argument: 1)

    registers.setRecordWord(at: index, to: .max)
    let ones = registers.recordWord(at: index)
    registers.setRecordWord(at: index, to: 0)
    let zeros = registers.recordWord(at: index)

    #expect(ones == (index == 2 ? 0xff03 : .max))
    #expect(zeros == (index == 2 ? 3 : 0))
  }
}
