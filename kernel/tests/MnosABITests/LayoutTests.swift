import MnosABI
import Testing

/// The structs that user code and the kernel both read, byte for byte.
@Suite struct LayoutTests {
  @Test func transferRecordHasTheDocumentedLayout() {
    #expect(MemoryLayout<TransferRecord>.size == TransferRecord.byteCount)
    #expect(MemoryLayout<TransferRecord>.stride == 48)
    #expect(MemoryLayout<TransferRecord>.alignment == 8)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.count) == 0)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.accepts) == 8)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.transfers.0) == 16)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.transfers.1) == 24)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.transfers.2) == 32)
    #expect(MemoryLayout<TransferRecord>.offset(of: \.transfers.3) == 40)
    #expect(MemoryLayout<CapabilityTransfer>.size == 8)
  }

  @Test func deviceRecordHasTheDocumentedLayout() {
    #expect(MemoryLayout<DeviceRecord>.size == 32)
    #expect(MemoryLayout<DeviceRecord>.stride == 32)
    #expect(MemoryLayout<DeviceRecord>.alignment == 4)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.kind) == 0)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.registers) == 4)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.registerOffset) == 8)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.registerShift) == 12)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.accessWidth) == 13)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.reserved) == 14)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.ports) == 16)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.firstPort) == 20)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.interrupt) == 24)
    #expect(MemoryLayout<DeviceRecord>.offset(of: \.clockFrequency) == 28)
  }

  @Test func bootInfoHasTheDocumentedLayout() {
    #expect(MemoryLayout<BootInfo>.alignment == 8)
    #expect(MemoryLayout<BootInfo>.offset(of: \.magic) == 0)
    #expect(MemoryLayout<BootInfo>.offset(of: \.version) == 8)
    #expect(MemoryLayout<BootInfo>.offset(of: \.deviceCount) == 12)
    #expect(MemoryLayout<BootInfo>.offset(of: \.process) == 16)
    #expect(MemoryLayout<BootInfo>.offset(of: \.thread) == 20)
    #expect(MemoryLayout<BootInfo>.offset(of: \.budget) == 24)
    #expect(MemoryLayout<BootInfo>.offset(of: \.machine) == 28)
    #expect(MemoryLayout<BootInfo>.offset(of: \.initramfs) == 32)
    #expect(MemoryLayout<BootInfo>.offset(of: \.program) == 36)
    #expect(MemoryLayout<BootInfo>.offset(of: \.initramfsByteCount) == 40)
    #expect(MemoryLayout<BootInfo>.offset(of: \.programByteCount) == 48)
    #expect(MemoryLayout<BootInfo>.offset(of: \.initramfsOffset) == 56)
    #expect(MemoryLayout<BootInfo>.offset(of: \.imageBase) == 64)
    #expect(MemoryLayout<BootInfo>.offset(of: \.imageEnd) == 72)
    #expect(MemoryLayout<BootInfo>.offset(of: \.stackBase) == 80)
    #expect(MemoryLayout<BootInfo>.offset(of: \.stackEnd) == 88)
    #expect(MemoryLayout<BootInfo>.offset(of: \.randomSeed) == 96)
    #expect(MemoryLayout<BootInfo>.offset(of: \.devices) == 104)
    #expect(MemoryLayout<BootInfo>.size == 104 + 4 * 32)
    #expect(MemoryLayout<BootInfo>.size <= Int(Limits.pageByteCount))
  }

  @Test func bootInfoMagicSpellsItsName() {
    var word = BootInfo.expectedMagic
    var text = ""
    while word != 0 {
      text.append(Character(Unicode.Scalar(UInt8(word & 0xff))))
      word >>= 8
    }

    #expect(text == "mnosboot")
    #expect(BootInfo.currentVersion == 1)
  }

  @Test func wordsAreOneRegisterWide() {
    #expect(MemoryLayout<CallWord>.size == 8)
    #expect(MemoryLayout<ResultWord>.size == 8)
    #expect(MemoryLayout<Handle>.size == 4)
    #expect(MemoryLayout<Rights>.size == 2)
    #expect(MemoryLayout<PhysicalAddress>.size == 8)
    #expect(MemoryLayout<VirtualAddress>.size == 8)
  }
}
