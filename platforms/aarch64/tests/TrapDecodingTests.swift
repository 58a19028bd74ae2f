import KernelHAL
import MnosABI
import Testing

@testable import PlatformAArch64

@Suite struct TrapDecodingTests {
  @Test func causeWordSaysWhichVectorItWas() {
    #expect(TrapReason(cause: 1 << 63) == .interrupt)
    #expect(TrapReason(cause: 1 << 62 | 0xbe00_0011) == .systemError(code: 0xbe00_0011))
    #expect(TrapReason(cause: 0x1fe0_0000) == .floatAccess)
    #expect(
      TrapReason(cause: 0x9200_0046) == .exception(ExceptionSyndrome(register: 0x9200_0046)))
  }

  private func fault(class: UInt64, _ rest: UInt64 = 0) -> Fault {
    Fault(
      ExceptionSyndrome(register: `class` << 26 | 1 << 25 | rest), pc: 0x1000, address: 0x2000)
  }

  /// Instruction aborts; data aborts by WnR; alignment of pc and data; a watchpoint.
  @Test(
    arguments: [
      (0x20, 0x07, .execute), (0x20, 0x0f, .execute), (0x24, 0x07, .read),
      (0x24, 0x47, .write), (0x24, 0x0f, .read), (0x24, 0x4f, .write), (0x24, 0x21, .misaligned),
      (0x24, 0x61, .misaligned), (0x22, 0, .misaligned), (0x34, 0, .breakpoint),
    ] as [(UInt64, UInt64, FaultKind)])
  func accessFaultsHaveTheAddress(class: UInt64, rest: UInt64, kind: FaultKind) {
    let fault = fault(class: `class`, rest)

    #expect(fault.kind == kind)
    #expect(fault.address == 0x2000)
    #expect(fault.code == `class` << 26 | 1 << 25 | rest)
  }

  /// FAR_EL1 holds whatever it held before.
  @Test(
    arguments: [
      (0x00, .illegalInstruction), (0x01, .illegalInstruction), (0x0e, .illegalInstruction),
      (0x18, .illegalInstruction), (0x19, .illegalInstruction), (0x1d, .illegalInstruction),
      (0x26, .misaligned), (0x2c, .arithmetic), (0x30, .breakpoint), (0x32, .breakpoint),
      (0x3c, .breakpoint), (0x16, .other), (0x3f, .other),
    ] as [(UInt64, FaultKind)])
  func otherFaultsHaveThePC(class: UInt64, kind: FaultKind) {
    let fault = fault(class: `class`)

    #expect(fault.kind == kind)
    #expect(fault.address == 0x1000)
  }

  /// Cleaning a line needs reading rights only, though it says that it writes.
  @Test func cacheMaintenanceReads() {
    #expect(fault(class: 0x24, 1 << 8 | 1 << 6 | 0x07).kind == .read)
  }

  @Test(arguments: [0x20, 0x24] as [UInt64])
  func addressThatIsNotValidIsNotReported(class: UInt64) {
    #expect(fault(class: `class`, 1 << 10 | 0x10).address == 0x1000)
  }
}
