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

  private static func makeMachine(frames: Int = 800) -> TestMachine {
    var configuration = SimulatedPlatform.Configuration()
    configuration.frameCount = frames
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

  /// The tree that is walked for each of them is as deep as one of so many may be.
  @Test(arguments: Order.allCases)
  func `MEM_504 tenThousandMappingsAreAsFewStepsAway`(order: Order) {
    let machine = Self.makeMachine(frames: 1_500)
    let memory = machine.makeMemory(pages: 1)
    let few = Self.changedGranulesAtMost(machine, memory, Self.addresses(10, order), Set(0..<10))
    var checked = Set((0..<10_000).filter { $0 % 1_000 == 7 })
    checked.formUnion(9_980..<10_000)
    let addresses = Self.addresses(10_000, order)
    for address in Self.addresses(10, order) {
      machine.call(machine.initial, .unmap, 0, address, 4096)
    }
    let many = Self.changedGranulesAtMost(machine, memory, addresses, checked)
    let tree = machine.kernel.objects[machine.initial.process].mappings
    let height = Int(machine.kernel.objects[tree.root].height)
    // 1.44 times the logarithm to base 2, the bound of AVL trees.
    #expect(height <= 20, "a tree of height \(height)")
    // What a change writes: the way down, some rotations, the page tables' and the budget's.
    #expect(many <= few + 20, "\(many) granules for one of 10,000, \(few) for one of 10")
    #expect(machine.findings == [])
  }

  /// Maps at all the addresses; returns how much of the store one of `checked` changed at most.
  private static func changedGranulesAtMost(
    _ machine: TestMachine, _ memory: Handle, _ addresses: [UInt64], _ checked: Set<Int>
  ) -> Int {
    var most = 0
    for (index, address) in addresses.enumerated() {
      let map = { #expect(machine.map(machine.initial, memory, at: address).status == .ok) }
      if checked.contains(index) { most = max(most, machine.changedGranules(map)) } else { map() }
    }
    return most
  }
}
