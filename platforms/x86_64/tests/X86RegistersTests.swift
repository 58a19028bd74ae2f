import KernelHAL
import MnosABI
import Testing
import X86Layout

@testable import PlatformX86_64

@Suite struct X86RegistersTests {
  private var numbered: X86Registers {
    var registers = X86Registers(rip: 0)
    for index in 0..<X86Registers.recordWordCount {
      registers.setRecordWord(at: index, to: UInt64(index) << 16)
    }
    return registers
  }

  // MARK: Layout

  @Test func messageWordsLieInOrderAsAssemblyStoresThem() {
    typealias Frame = X86Registers

    #expect(MemoryLayout<Frame>.offset(of: \.r8) == Int(X86_FRAME_R8))
    #expect(MemoryLayout<Frame>.offset(of: \.r9) == Int(X86_FRAME_R9))
    #expect(MemoryLayout<Frame>.offset(of: \.r10) == Int(X86_FRAME_R10))
    #expect(MemoryLayout<Frame>.offset(of: \.r12) == Int(X86_FRAME_R12))
    #expect(MemoryLayout<Frame>.offset(of: \.r13) == Int(X86_FRAME_R13))
    #expect(MemoryLayout<Frame>.offset(of: \.r14) == Int(X86_FRAME_R14))
    #expect(MemoryLayout<Frame>.offset(of: \.r15) == Int(X86_FRAME_R15))
    #expect(MemoryLayout<Frame>.offset(of: \.rbx) == Int(X86_FRAME_RBX))
  }

  @Test func otherRegistersLieWhereAssemblyStoresThem() {
    typealias Frame = X86Registers

    #expect(MemoryLayout<Frame>.offset(of: \.rax) == Int(X86_FRAME_RAX))
    #expect(MemoryLayout<Frame>.offset(of: \.rdi) == Int(X86_FRAME_RDI))
    #expect(MemoryLayout<Frame>.offset(of: \.rsi) == Int(X86_FRAME_RSI))
    #expect(MemoryLayout<Frame>.offset(of: \.rdx) == Int(X86_FRAME_RDX))
    #expect(MemoryLayout<Frame>.offset(of: \.rbp) == Int(X86_FRAME_RBP))
    #expect(MemoryLayout<Frame>.offset(of: \.rcx) == Int(X86_FRAME_RCX))
    #expect(MemoryLayout<Frame>.offset(of: \.r11) == Int(X86_FRAME_R11))
  }

  @Test func wordsOfTheCPULieAtTheEnd() {
    typealias Frame = X86Registers

    #expect(MemoryLayout<Frame>.offset(of: \.vector) == Int(X86_FRAME_VECTOR))
    #expect(MemoryLayout<Frame>.offset(of: \.errorCode) == Int(X86_FRAME_ERROR))
    #expect(MemoryLayout<Frame>.offset(of: \.rip) == Int(X86_FRAME_RIP))
    #expect(MemoryLayout<Frame>.offset(of: \.cs) == Int(X86_FRAME_CS))
    #expect(MemoryLayout<Frame>.offset(of: \.rflags) == Int(X86_FRAME_RFLAGS))
    #expect(MemoryLayout<Frame>.offset(of: \.rsp) == Int(X86_FRAME_RSP))
    #expect(MemoryLayout<Frame>.offset(of: \.ss) == Int(X86_FRAME_SS))
    #expect(MemoryLayout<Frame>.size == Int(X86_FRAME_BYTES))
  }

  @Test func endOfTheFrameIsAlignedForTheCPU() {
    #expect(MemoryLayout<X86Registers>.alignment == 16)
    #expect(MemoryLayout<X86Registers>.size % 16 == 0)
  }

  @Test func numbersAreThoseOfAssembly() {
    #expect(X86Registers.bySystemCall == UInt64(X86_FRAME_BY_SYSCALL))
    #expect(X86Registers.userCode == UInt16(X86_USER_CODE))
    #expect(X86Registers.userData == UInt16(X86_USER_DATA))
    #expect(InterruptLineStates.lineLimit == UInt32(X86_LEGACY_VECTOR - X86_FIRST_LINE_VECTOR))
  }

  // MARK: A new thread

  @Test func newThreadRunsInUserModeWithInterrupts() {
    let registers = X86Registers(
      entry: VirtualAddress(0x40_0000), stack: VirtualAddress(0x50_0000), argument: 7)

    #expect(registers.programCounter == 0x40_0000)
    #expect(registers.stackPointer == 0x50_0000)
    #expect(registers.argument0 == 7)
    #expect(registers.cs & 3 == 3 && registers.ss & 3 == 3)
    #expect(registers.rflags == 0x202)
    #expect(registers.callWord == 0)
  }

  @Test(arguments: [0, 0x40_0000, 0x7fff_ffff_efff] as [UInt64])
  func addressInTheUserHalfIsValidEntry(_ entry: UInt64) {
    #expect(X86Registers.isValidEntry(entry))
  }

  @Test(
    arguments: [
      0x7fff_ffff_f000, 0x7fff_ffff_ffff, 0x8000_0000_0000, 0xffff_8000_0000_0000, .max,
    ] as [UInt64])
  func addressAboveTheUserHalfIsNoValidEntry(_ entry: UInt64) {
    #expect(!X86Registers.isValidEntry(entry))
  }

  // MARK: The register record

  @Test func eachRecordWordReadsBackWhatWasSet() {
    let registers = numbered

    for index in 0..<X86Registers.recordWordCount where index != 2 {
      #expect(registers.recordWord(at: index) == UInt64(index) << 16)
    }
  }

  @Test func recordStartsWithPCStackAndFlags() {
    let registers = X86Registers(
      entry: VirtualAddress(1), stack: VirtualAddress(2), argument: 0)

    #expect(registers.recordWord(at: 0) == 1)
    #expect(registers.recordWord(at: 1) == 2)
    #expect(registers.recordWord(at: 2) == 0x202)
  }

  @Test func flagsThatUserCodeMustNotChooseKeepSafeValues() {
    var registers = X86Registers(rip: 0)

    registers.setRecordWord(at: 2, to: .max)

    // IOPL, NT, RF, VM, VIF and VIP are off, IF is on.
    #expect(registers.rflags == 0x24_0fd7)
    registers.setRecordWord(at: 2, to: 0)
    #expect(registers.rflags == 0x202)
  }

  @Test(
    arguments: [0x8000_0000_0000, 0xffff_8000_0000_0000, 0x1234_8000_0000_0000, .max] as [UInt64])
  func pcBecomesCanonicalAndTheUsers(_ address: UInt64) {
    var registers = X86Registers(rip: 0)

    registers.setRecordWord(at: 0, to: address)

    #expect(registers.rip < 1 << 47)
  }

  @Test func changedFrameDoesNotGoBackBySYSRET() {
    for index in 0..<X86Registers.recordWordCount {
      var registers = X86Registers(rip: 0)
      registers.vector = X86Registers.bySystemCall

      registers.setRecordWord(at: index, to: 1)

      #expect(registers.vector != X86Registers.bySystemCall)
    }
  }

  // MARK: Message words

  @Test func messageWordsAreTheRegistersOfTheManual() {
    let registers = numbered

    // r8, r9, r10, r12, r13, r14, r15, rbx by their place in the record.
    let places: [UInt64] = [10, 11, 12, 14, 15, 16, 17, 4]
    #expect((0..<8).map { registers[word: $0] } == places.map { $0 << 16 })
  }

  @Test func argumentsAreTheRegistersOfTheManual() {
    let registers = numbered

    #expect(registers.callWord == registers.recordWord(at: 3))
    #expect(registers.argument0 == registers.recordWord(at: 8))
    #expect(registers.argument1 == registers.recordWord(at: 7))
    #expect(registers.argument2 == registers.recordWord(at: 6))
  }
}
