import FuzzHarness
import PlatformCommon
import PlatformTesting

/// Firmware's memory that counts what is read of it: reading is the work of these parsers.
struct CountedMemory: PhysicalMemoryReader {
  private let memory: FirmwareMemory
  let steps: StepCounter

  static var base: UInt64 { 0x8000_0000 }

  init(_ bytes: [UInt8], limit: Int) {
    memory = FirmwareMemory(bytes, at: Self.base)
    steps = StepCounter(limit: limit)
  }

  func canRead(at address: UInt64, byteCount: UInt64) -> Bool {
    steps.step()
    return memory.canRead(at: address, byteCount: byteCount)
  }

  func byte(at address: UInt64) -> UInt8 {
    steps.step()
    return memory.byte(at: address)
  }
}
