import KernelHAL
import MnosABI
import Testing

@testable import PlatformLoongArch64

@Suite struct TrapDecodingTests {
  @Test func codeZeroIsAnInterrupt() {
    let cause = LoongArchCause(estat: 0x1808)

    #expect(cause == .interrupt(InterruptBits(rawValue: 0x1808)))
    #expect(InterruptBits(rawValue: 0x1808).contains(.timer))
    #expect(InterruptBits(rawValue: 0x1808).contains(.interprocessor))
    #expect(InterruptBits(rawValue: 0x1808).contains(.pin(1)))
    #expect(!InterruptBits(rawValue: 0x1808).contains(.pin(0)))
  }

  @Test(arguments: [(0, 2), (1, 3), (7, 9)] as [(UInt8, UInt64)])
  func pinsFollowTheSoftwareInterrupts(pin: UInt8, bit: UInt64) {
    #expect(InterruptBits.pin(pin).rawValue == 1 << bit)
  }

  @Test func interruptsPendingDoNotHideAnException() {
    #expect(LoongArchCause(estat: 0xb_0000 | 0x800) == .exception(code: 11, subcode: 0))
    #expect(LoongArchCause(estat: 0x48_0000) == .exception(code: 8, subcode: 1))
    // Bit 31 does not belong to the subcode.
    #expect(LoongArchCause(estat: 0xffff_0000) == .exception(code: 63, subcode: 0x1ff))
  }

  /// Every exception that user code can cause and that has an address.
  @Test(
    arguments: [
      (1, 0, .read), (2, 0, .write), (3, 0, .execute), (4, 0, .write), (5, 0, .read),
      (6, 0, .execute), (8, 0, .execute), (9, 0, .misaligned),
    ] as [(UInt64, UInt64, FaultKind)])
  func accessFaultsHaveTheAddress(code: UInt64, subcode: UInt64, kind: FaultKind) {
    let fault = Fault(
      code: code, subcode: subcode, pc: 0x1000, address: 0x2000, instruction: 0)

    #expect(fault == Fault(kind: kind, address: 0x2000, code: code | subcode << 6))
  }

  /// Privilege and address exceptions leave it to the instruction: st.d and ld.d.
  @Test(arguments: [(7, 0), (8, 1)] as [(UInt64, UInt64)])
  func instructionTellsLoadsFromStores(code: UInt64, subcode: UInt64) {
    for (instruction, kind) in [(0x29c0_0084, FaultKind.write), (0x28c0_0084, .read)]
      as [(UInt32, FaultKind)]
    {
      let fault = Fault(
        code: code, subcode: subcode, pc: 0x1000, address: 0x2000, instruction: instruction)

      #expect(fault.kind == kind)
      #expect(fault.address == 0x2000)
    }
  }

  @Test func privilegeFaultAtThePCIsAFetch() {
    let fault = Fault(
      code: 7, subcode: 0, pc: 0x1000, address: 0x1000, instruction: 0x29c0_0084)

    #expect(fault.kind == .execute)
  }

  @Test(
    arguments: [
      (0xa, .other), (0xc, .breakpoint), (0xd, .illegalInstruction), (0xe, .illegalInstruction),
      (0xf, .illegalInstruction), (0x10, .illegalInstruction), (0x11, .illegalInstruction),
      (0x12, .arithmetic), (0x13, .breakpoint), (0x14, .illegalInstruction), (0x3f, .other),
    ] as [(UInt64, FaultKind)])
  func otherFaultsHaveThePC(code: UInt64, kind: FaultKind) {
    let fault = Fault(code: code, subcode: 0, pc: 0x1000, address: 0x2000, instruction: 0)

    #expect(fault == Fault(kind: kind, address: 0x1000, code: code))
  }

  /// Encodings as an assembler gives them, with a0 and a1 as operands.
  @Test(
    arguments: [
      0x2900_0085, 0x2940_0085, 0x2980_0085, 0x29c0_0085,  // st.b, st.h, st.w, st.d
      0x2500_0085, 0x2700_0085,  // stptr.w, stptr.d
      0x2100_0085, 0x2300_0085,  // sc.w, sc.d
      0x2b40_0080, 0x2bc0_0080,  // fst.s, fst.d
      0x2c40_0080, 0x2cc0_0080,  // vst, xvst
      0x3810_1885, 0x3814_1885, 0x3818_1885, 0x381c_1885,  // stx.b to stx.d
      0x3838_1880, 0x383c_1880,  // fstx.s, fstx.d
      0x3861_1485, 0x3860_1485,  // amadd.w, amswap.w
      0x387c_1885, 0x387f_9885,  // stgt.b, stle.d
    ] as [UInt32])
  func storesAreKnown(instruction: UInt32) {
    #expect(StoreInstruction.matches(instruction))
  }

  @Test(
    arguments: [
      0x2800_0085, 0x2840_0085, 0x2880_0085, 0x28c0_0085,  // ld.b, ld.h, ld.w, ld.d
      0x2a00_0085, 0x2a40_0085, 0x2a80_0085,  // ld.bu, ld.hu, ld.wu
      0x2400_0085, 0x2600_0085,  // ldptr.w, ldptr.d
      0x2000_0085, 0x2200_0085,  // ll.w, ll.d
      0x2b00_0080, 0x2b80_0080,  // fld.s, fld.d
      0x2c00_0080, 0x2c80_0080,  // vld, xvld
      0x3800_1885, 0x380c_1885, 0x3820_1885, 0x3828_1885,  // ldx.b, ldx.d, ldx.bu, ldx.wu
      0x3830_1880, 0x3834_1880,  // fldx.s, fldx.d
      0x3878_1885, 0x387b_9885,  // ldgt.b, ldle.d
      0x002b_0000, 0x0340_0000, 0,  // syscall, nop
    ] as [UInt32])
  func loadsAndOthersAreNoStores(instruction: UInt32) {
    #expect(!StoreInstruction.matches(instruction))
  }
}
