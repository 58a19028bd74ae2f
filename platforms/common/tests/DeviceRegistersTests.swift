import PlatformCommon
import Testing

@Suite struct DeviceRegistersTests {
  private func withRegisters(_ body: (inout DeviceRegisters) -> Void) -> [UInt8] {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 8)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xee, count: 32)
    // SAFETY: the first 16 of the 32 bytes; they outlive the registers.
    var registers = unsafe DeviceRegisters(base: UInt64(UInt(bitPattern: memory)), byteCount: 16)
    body(&registers)
    return unsafe [UInt8](UnsafeRawBufferPointer(start: memory, count: 32))
  }

  @Test func everyWidthReachesItsBytes() {
    let bytes = withRegisters { registers in
      registers.write64(0x1122_3344_5566_7788, at: 0)
      registers.write(0xaabb_ccdd, at: 8)
      registers.write8(0x01, at: 15)
      #expect(registers.read64(at: 0) == 0x1122_3344_5566_7788)
      #expect(registers.read(at: 8) == 0xaabb_ccdd)
      #expect(registers.read8(at: 15) == 0x01)
    }

    #expect(bytes[0..<4] == [0x88, 0x77, 0x66, 0x55])
    #expect(bytes[15] == 0x01)
  }

  @Test(arguments: [13, 16, 20, 1, 2, .max, .max - 3] as [UInt64])
  func accessesOutsideOrOffTheirBoundaryDoNothing(offset: UInt64) {
    let bytes = withRegisters { registers in
      registers.write(0, at: offset)
      registers.write64(0, at: offset)
      #expect(registers.read(at: offset) == 0)
      #expect(registers.read64(at: offset) == 0)
    }

    #expect(bytes == [UInt8](repeating: 0xee, count: 32))
  }

  @Test func noRegistersReadAsZero() {
    var none = DeviceRegisters()
    none.write(1, at: 0)
    #expect(none.read(at: 0) == 0 && none.read8(at: 0) == 0)
  }
}
