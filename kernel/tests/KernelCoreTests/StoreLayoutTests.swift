import PlatformSim
import Testing

@testable import KernelCore

/// What entry code, and the addresses computed for it, rely on.
@Suite struct StoreLayoutTests {
  /// The header of every object, before which nothing stands.
  @Test func headerTakesHalfAGranule() {
    #expect(MemoryLayout<ObjectHeader>.size == 32)
    #expect(MemoryLayout<ObjectHeader>.stride == 32)
  }

  /// They lie in slabs of these sizes.
  @Test func objectsFitTheirPlaces() {
    #expect(MemoryLayout<Mapping>.size <= 64)
    #expect(MemoryLayout<Endpoint>.size <= 64)
    #expect(MemoryLayout<Notification>.size <= 64)
    #expect(MemoryLayout<Interrupt>.size <= 64)
    #expect(MemoryLayout<MemoryObject>.size <= 128)
    #expect(MemoryLayout<Budget>.size <= 128)
    #expect(MemoryLayout<Process>.size <= 256)
    #expect(MemoryLayout<CPUState>.size <= 4096)
    #expect(MemoryLayout<SharedState>.size <= 4096 - 128)
  }

  /// Entry code stores a thread's registers without knowing what else is in it.
  @Test func registersBeginWithTheSecondGranule() {
    typealias SimulatedThread = Thread<SimulatedPlatform>
    #expect(
      MemoryLayout<SimulatedThread>.offset(of: \.registers)
        == Int(SimulatedThread.registersOffset))
    #expect(SimulatedThread.registersOffset == 64)
  }
}
