import KernelHAL
import MnosABI
import Testing

@testable import PlatformRISCV64

@Suite struct TrapDecodingTests {
  @Test(
    arguments: [
      (1, .softwareInterrupt), (5, .timerInterrupt), (9, .externalInterrupt),
      (0, .otherInterrupt), (2, .otherInterrupt), (13, .otherInterrupt), (63, .otherInterrupt),
    ] as [(UInt64, RISCVCause)])
  func interruptsHaveTheTopBit(code: UInt64, cause: RISCVCause) {
    #expect(RISCVCause(scause: 1 << 63 | code) == cause)
    #expect(RISCVCause(scause: code) == .exception(code))
  }

  /// Every exception code of the privileged architecture that user code can cause.
  @Test(
    arguments: [
      (0, .misaligned), (1, .execute), (4, .misaligned), (5, .read), (6, .misaligned),
      (7, .write), (12, .execute), (13, .read), (15, .write),
    ] as [(UInt64, FaultKind)])
  func accessFaultsHaveTheAddress(code: UInt64, kind: FaultKind) {
    let fault = Fault(exception: code, pc: 0x1000, address: 0x2000)

    #expect(fault == Fault(kind: kind, address: 0x2000, code: code))
  }

  /// stval may hold the instruction's bits: it is no address.
  @Test(
    arguments: [
      (2, .illegalInstruction), (3, .breakpoint), (10, .other), (18, .other), (24, .other),
      (62, .other),
    ] as [(UInt64, FaultKind)])
  func otherFaultsHaveThePC(code: UInt64, kind: FaultKind) {
    let fault = Fault(exception: code, pc: 0x1000, address: 0x3020_0073)

    #expect(fault == Fault(kind: kind, address: 0x1000, code: code))
  }
}
