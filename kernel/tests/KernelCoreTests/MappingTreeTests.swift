import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Mappings are found by address, however many there are and in whatever order they came.
@Suite struct MappingTreeTests {
  enum Order: CaseIterable { case ascending, descending, random, inwards }

  private static func addresses(_ count: Int, _ order: Order) -> [UInt64] {
    var random = RandomSource(seed: 20_261_122)
    let indices: [Int] =
      switch order {
      case .ascending: Array(0..<count)
      case .descending: (0..<count).reversed()
      case .random: (0..<count).shuffled(using: &random)
      case .inwards: (0..<count).map { $0 % 2 == 0 ? $0 / 2 : count - 1 - $0 / 2 }
      }
    return indices.map { 0x100_0000 + UInt64($0) * 8192 }
  }

  private static func makeMachine() -> TestMachine {
    var configuration = SimulatedPlatform.Configuration()
    configuration.frameCount = 800
    return TestMachine(configuration, objectLimit: 20_000)
  }

  /// Mappings of init.
  private static func count(_ machine: TestMachine) -> Int {
    Census.members(
      machine.kernel.objects[machine.initial.process].mappings, machine.kernel
    )
    .count
  }

  @Test(arguments: Order.allCases)
  func mappingsAreFoundInWhateverOrderTheyCame(order: Order) {
    let machine = Self.makeMachine()
    let initial = machine.initial
    let memory = machine.makeMemory(pages: 1)
    let addresses = Self.addresses(300, order)
    let before = Self.count(machine)
    for (index, address) in addresses.enumerated() {
      #expect(machine.map(initial, memory, at: address).status == .ok)
      #expect(machine.map(initial, memory, at: address).status == .badState)
      if index % 50 == 0 { #expect(machine.findings == []) }
    }
    #expect(machine.findings == [])
    var random = RandomSource(seed: 7)
    var left = Set(addresses)
    for address in addresses.shuffled(using: &random) {
      #expect(machine.call(initial, .unmap, 0, address + 4096, 4096).status == .badState)
      #expect(machine.call(initial, .unmap, 0, address, 8192).status == .badState)
      #expect(machine.call(initial, .unmap, 0, address, 4096).status == .ok)
      #expect(machine.call(initial, .unmap, 0, address, 4096).status == .badState)
      left.remove(address)
      if left.count % 50 == 0 { #expect(machine.findings == []) }
    }
    #expect(Self.count(machine) == before)
  }

  @Test func aLargeMappingIsSeenFromEveryPageOfIt() {
    let machine = Self.makeMachine()
    let initial = machine.initial
    let page = machine.makeMemory(pages: 1)
    let large = machine.makeMemory(pages: 64)
    let base: UInt64 = 0x200_0000
    machine.map(initial, large, at: base, byteCount: 64 * 4096)
    for index in 0..<64 as Range<UInt64> {
      #expect(machine.map(initial, page, at: base + index * 4096).status == .badState)
    }
    #expect(machine.map(initial, page, at: base - 4096).status == .ok)
    #expect(machine.map(initial, page, at: base + 64 * 4096).status == .ok)
    // Around all three.
    #expect(
      machine.map(initial, large, at: base - 2 * 4096, byteCount: 64 * 4096).status == .badState)
    #expect(machine.findings == [])
  }

  @Test func thereIsNoLimitButTheBudget() {
    let machine = Self.makeMachine()
    let memory = machine.makeMemory(pages: 1)
    let before = Self.count(machine)
    for index in 0..<5_000 as Range<UInt64> {
      let outcome = machine.map(machine.initial, memory, at: 0x100_0000 + index * 4096)
      guard outcome.status == .ok else {
        Issue.record("mapping \(index): \(outcome)")
        return
      }
    }
    #expect(machine.findings == [])
    #expect(machine.delete(machine.initial, memory).status == .ok)
    #expect(Self.count(machine) == before)
    #expect(machine.findings == [])
  }
}
