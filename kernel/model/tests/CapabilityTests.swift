import MnosABI
import Testing

@testable import KernelModel

@Suite struct CapabilityTests {
  @Test func copyIsAChildThatRevokeEnds() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let source = scene.name(endpoint, .endpoint, in: scene.root)

    let copy = scene.call(
      .copy, by: scene.main, [source, 0, 65_535], words: [UInt64(Rights.write.bits), 7])
    let handle = copy[scene.main]?.value ?? 0
    #expect(scene.world.find(handle, in: scene.root) != nil)

    #expect(scene.call(.revoke, by: scene.main, [source])[scene.main]?.status == .ok)
    #expect(scene.world.find(handle, in: scene.root) == nil)
    #expect(scene.world.find(source, in: scene.root) != nil)
  }

  @Test func badgeIsGivenOnce() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let badged = scene.name(endpoint, .endpoint, in: scene.root, badge: 7)

    #expect(
      scene.errors(.copy, by: scene.main, [badged, 0, 65_535], words: [1, 8])
        .contains(Refusal(status: .badArgument, value: 4)))
    #expect(
      scene.call(.copy, by: scene.main, [badged, 0, 65_535], words: [1, 0])[scene.main]?.status
        == .ok)
  }

  @Test func everyErrorThatAppliesMayBeReported() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let source = scene.name(endpoint, .endpoint, in: scene.root, rights: .read)

    let errors = scene.errors(.copy, by: scene.main, [source, 0, 0], words: [0x100, 0])

    #expect(
      errors.isSuperset(of: [
        Refusal(status: .noRight), Refusal(status: .badArgument, value: 3),
        Refusal(status: .badArgument, value: 2),
      ]))
    #expect(!errors.contains(Refusal(status: .ok)))
  }

  @Test func undefinedBitOfTheCallWordIsRefused() {
    let scene = Scene()
    let request = Request(callWord: UInt64(SyscallNumber.delete.rawValue) | 1 << 15)

    let steps = outcomes(of: .systemCall(by: scene.main, request), in: scene.world)

    #expect(steps.contains { $0.completions[scene.main] == Completion(.badArgument, value: 11) })
    #expect(steps.allSatisfy { $0.world == scene.world })
  }

  @Test func unknownNumberIsToldBack() {
    let scene = Scene()

    let steps = outcomes(of: .systemCall(by: scene.main, Request(callWord: 32)), in: scene.world)

    #expect(steps.map(\.completions) == [[scene.main: Completion(.unknownSyscall, value: 32)]])
  }

  @Test func deletedCapabilityLeavesItsChildrenToItsParent() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let top = scene.name(endpoint, .endpoint, in: scene.root)
    let middle =
      scene.call(.copy, by: scene.main, [top, 0, 65_535], words: [0xff])[scene.main]?.value ?? 0
    let low =
      scene.call(.copy, by: scene.main, [middle, 0, 65_535], words: [1])[scene.main]?.value ?? 0

    scene.call(.delete, by: scene.main, [middle])

    #expect(scene.world.find(low, in: scene.root) != nil)
    scene.call(.revoke, by: scene.main, [top])
    #expect(scene.world.find(low, in: scene.root) == nil)
  }

  @Test func staleHandleNamesNothing() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let source = scene.name(endpoint, .endpoint, in: scene.root)

    let moved = scene.call(.move, by: scene.main, [source, 0, 65_535])[scene.main]?.value

    #expect(moved != source)
    #expect(scene.errors(.delete, by: scene.main, [source]) == [Refusal(status: .badCapability)])
  }

  @Test func namedSlotMustBeFree() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let source = scene.name(endpoint, .endpoint, in: scene.root)

    #expect(
      scene.errors(.copy, by: scene.main, [source, 0, source & 0xffff], words: [1])
        .contains(Refusal(status: .slotBusy)))
  }

  @Test func kernelMayNotChooseASlotThatIsInUse() {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let source = scene.name(endpoint, .endpoint, in: scene.root)
    let request = Request(
      callWord: UInt64(SyscallNumber.copy.rawValue), arguments: [source, 0, 65_535], words: [1])
    let event = Event.systemCall(by: scene.main, request)

    let stolen = Completion(value: source | 2 << 16)
    let fresh = Completion(value: 500 | 3 << 16)

    #expect(steps(of: event, in: scene.world, observing: [scene.main: stolen]).isEmpty)
    #expect(steps(of: event, in: scene.world, observing: [scene.main: fresh]).count == 1)
  }

  @Test func partKeepsTheWholeAlive() {
    var scene = Scene()
    let budget = scene.handle(of: scene.budget, for: scene.main)
    let memory =
      scene.call(.create, by: scene.main, [budget, 4, 65_535], words: [8192])[scene.main]?.value
      ?? 0
    let part =
      scene.call(.derive, by: scene.main, [memory, 4096, 65_535], words: [4096, 1])[scene.main]?
      .value ?? 0
    let used = scene.world.objectsUsed(of: scene.budget)

    scene.call(.delete, by: scene.main, [memory])
    #expect(scene.world.objectsUsed(of: scene.budget) == used)

    scene.call(.delete, by: scene.main, [part])
    #expect(scene.world.objectsUsed(of: scene.budget) == used - 2)
  }

  @Test func protectStaysWithinWhatMapGaveAndReserved() {
    var scene = Scene()
    let budget = scene.handle(of: scene.budget, for: scene.main)
    let memory =
      scene.call(.create, by: scene.main, [budget, 4, 65_535], words: [4096])[scene.main]?.value
      ?? 0
    scene.call(.map, by: scene.main, [memory, 0, 1 << 20], words: [0, 4096, 1 | 2 << 8])

    #expect(scene.call(.protect, by: scene.main, [0, 1 << 20, 4096], words: [3]).count == 1)
    #expect(
      scene.errors(.protect, by: scene.main, [0, 1 << 20, 4096], words: [5])
        == [Refusal(status: .noRight)])
    #expect(
      scene.errors(.move, by: scene.main, [memory, 0, 65_535]).contains(
        Refusal(status: .badState)))
    scene.call(.delete, by: scene.main, [memory])
    #expect(scene.world.processes[scene.root]?.mappings.isEmpty == true)
  }

  @Test func childBudgetCountsWithItsLimitAndItself() {
    var scene = Scene()
    let budget = scene.handle(of: scene.budget, for: scene.main)
    let used = scene.world.objectsUsed(of: scene.budget)

    scene.call(.create, by: scene.main, [budget, 9, 65_535], words: [0, 10])

    #expect(scene.world.objectsUsed(of: scene.budget) == used + 11)
    #expect(
      scene.errors(.create, by: scene.main, [budget, 9, 65_535], words: [0, 100])
        .isSuperset(of: [Refusal(status: .noSlot)]))
  }
}
