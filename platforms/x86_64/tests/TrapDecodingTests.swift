import KernelHAL
import MnosABI
import Testing

@testable import PlatformX86_64

@Suite struct X86ExceptionTests {
  @Test(
    arguments: [
      (0, 0, .arithmetic), (1, 0, .breakpoint), (3, 0, .breakpoint), (4, 0, .arithmetic),
      (6, 0, .illegalInstruction), (7, 0, .other), (12, 0, .other), (13, 0, .illegalInstruction),
      (14, 4, .read), (14, 5, .read), (14, 6, .write), (14, 7, .write), (14, 0x14, .execute),
      (14, 0x15, .execute), (16, 0, .arithmetic), (17, 0, .misaligned), (19, 0, .arithmetic),
      (31, 0, .other),
    ] as [(UInt64, UInt64, FaultKind)])
  func exceptionHasItsKind(_ vector: UInt64, _ errorCode: UInt64, _ kind: FaultKind) {
    let fault = X86Exception.fault(vector: vector, errorCode: errorCode, address: 0x1234)

    #expect(fault.kind == kind)
    #expect(fault.address == 0x1234)
    #expect(fault.code == vector << 32 | errorCode)
  }
}

@Suite struct DescriptorsTests {
  @Test func taskStateSpreadsItsBaseOverBothWords() {
    let (low, high) = Descriptors.taskState(base: 0xffff_ffff_8123_4567, byteCount: 0x2069)

    #expect(low & 0xffff == 0x2068)
    #expect(low >> 16 & 0xff_ffff == 0x23_4567)
    #expect(low >> 40 & 0xff == 0x89)
    #expect(low >> 56 == 0x81)
    #expect(high == 0xffff_ffff)
  }

  @Test func gateSpreadsItsHandlerOverBothWords() {
    let (low, high) = Descriptors.interruptGate(
      to: 0xffff_ffff_8123_4567, selector: 8, stack: 2, isForUser: false)

    #expect(low == 0x8123_8e02_0008_4567)
    #expect(high == 0xffff_ffff)
  }

  @Test func onlyAGateForUserModeHasItsPrivilege() {
    let (low, _) = Descriptors.interruptGate(to: 0, selector: 8, stack: 0, isForUser: true)

    #expect(low >> 45 & 3 == 3)
  }
}
