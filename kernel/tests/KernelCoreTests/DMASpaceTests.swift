import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// What devices reach keeps its frames until somebody says that the device is stopped.
@Suite struct DMASpaceTests {
  /// A devices' manager (init), a budget for one device, a space, and a driver that has `write` on
  /// both and lives by a budget of its own.
  private struct Rig {
    let machine = TestMachine(frames: 1_200)
    let deviceBudget: Handle
    let driverBudget: Handle
    let space: Handle
    let driver: Actor
    /// The driver's.
    let budget: Handle
    let ownSpace: Handle

    init(limit: UInt64 = 0) {
      deviceBudget = machine.make(.budget, [400 * 4096, 600])
      driverBudget = machine.make(.budget, [300 * 4096, 600])
      space = machine.make(
        .dmaSpace, [UInt64(TestMachine.machineHandle.rawValue), limit], budget: deviceBudget)
      driver = machine.spawn(budget: driverBudget)
      budget = machine.give(deviceBudget, to: driver, rights: .write)
      ownSpace = machine.give(space, to: driver, rights: .write)
    }

    /// The driver makes memory of the device's budget.
    func memory(pages: UInt64, _ options: MemoryOptions = .contiguous) -> Handle {
      machine.call(
        driver, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
        [pages * 4096, options.bits]
      ).handle
    }

    func map(
      _ memory: Handle, pages: UInt64, offset: UInt64 = 0, rights: Rights = .read.union(.write),
      address: UInt64 = 0
    ) -> Outcome {
      machine.call(
        driver, .map, UInt64(memory.rawValue), UInt64(ownSpace.rawValue), address,
        [offset * 4096, pages * 4096, UInt64(rights.bits)])
    }

    func unmap(_ address: UInt64, pages: UInt64) -> SyscallStatus? {
      machine.call(driver, .unmap, UInt64(ownSpace.rawValue), address, pages * 4096).status
    }

    func isFree(_ address: UInt64) -> Bool {
      machine.kernel.frames.isFree(address >> 12)
    }

    func told(_ handle: Handle) -> [UInt64] {
      machine.call(machine.initial, .query, UInt64(handle.rawValue)).words
    }
  }

  @Test func theAnswerIsTheDeviceAddress() {
    let rig = Rig()
    let memory = rig.memory(pages: 6)
    let base = rig.machine.call(rig.driver, .query, UInt64(memory.rawValue)).words[2]

    let whole = rig.map(memory, pages: 2, offset: 1)

    #expect(whole.status == .ok)
    #expect(whole.value == base + 4096)
    #expect(Array(rig.told(rig.space)[0..<3]) == [0, 2 * 4096, 1])
    // Beside it, and not over it.
    #expect(rig.map(memory, pages: 2, offset: 2).status == .badState)
    #expect(rig.map(memory, pages: 2, offset: 0).status == .badState)
    #expect(rig.map(memory, pages: 6).status == .badState)
    #expect(rig.map(memory, pages: 3, offset: 3).value == base + 3 * 4096)
    #expect(rig.unmap(base + 4096, pages: 1) == .badState)
    #expect(rig.unmap(base + 2 * 4096, pages: 1) == .badState)
    #expect(rig.unmap(base + 4096, pages: 2) == .ok)
    #expect(rig.unmap(base + 4096, pages: 2) == .badState)
    #expect(rig.machine.findings == [])
  }

  // MARK: Who ends first

  enum End: CaseIterable {
    case capability, revoke, process, driverBudget
  }

  /// However the driver and its capabilities go, the frames stay until the space is destroyed.
  @Test(arguments: End.allCases)
  func framesStayUntilTheDeviceIsStopped(end: End) {
    let rig = Rig()
    let machine = rig.machine
    let memory = rig.memory(pages: 3)
    let address = rig.map(memory, pages: 3).value
    machine.map(rig.driver, memory, at: 0x100_0000, byteCount: 3 * 4096)
    let free = machine.kernel.frames.freeCount
    switch end {
    case .capability: machine.delete(rig.driver, memory)
    case .revoke:
      machine.revoke(machine.initial, rig.space)
      machine.delete(rig.driver, memory)
    case .process: machine.destroy(machine.initial, rig.driver.processHandle)
    case .driverBudget: machine.destroy(machine.initial, rig.driverBudget)
    }
    machine.finishEnding()
    #expect(machine.findings == [])
    for page in 0..<3 as Range<UInt64> { #expect(!rig.isFree(address + page * 4096)) }
    #expect(rig.told(rig.space)[1] == 3 * 4096)
    // Everything else may be given out: it is not the device's.
    let rest = machine.makeMemory(pages: 100)
    for page in 0..<3 as Range<UInt64> { #expect(!rig.isFree(address + page * 4096)) }
    machine.delete(machine.initial, rest)

    #expect(machine.destroy(machine.initial, rig.space).status == .ok)

    for page in 0..<3 as Range<UInt64> { #expect(rig.isFree(address + page * 4096)) }
    #expect(machine.kernel.frames.freeCount >= free + 3)
    #expect(machine.destroy(machine.initial, rig.space).status == .badState)
    #expect(rig.told(rig.space)[1] == 0)
    #expect(machine.findings == [])
  }

  /// A space that nobody names stays with what it maps; its budget's end says that all is stopped.
  @Test func theBudgetsEndEndsBoth() {
    let rig = Rig()
    let machine = rig.machine
    let memory = rig.memory(pages: 4)
    let address = rig.map(memory, pages: 4).value
    machine.revoke(machine.initial, rig.space)
    machine.delete(machine.initial, rig.space)
    machine.destroy(machine.initial, rig.driver.processHandle)
    machine.finishEnding()
    #expect(!rig.isFree(address))
    #expect(machine.kernel.objects.shared.count(of: .dmaSpace) == 1)
    #expect(machine.findings == [])

    machine.destroy(machine.initial, rig.deviceBudget)

    #expect(rig.isFree(address))
    #expect(machine.kernel.objects.shared.count(of: .dmaSpace) == 0)
    #expect(machine.findings == [])
  }

  /// A destroyed space is of no use, and memory that is still named lives on.
  @Test func aDestroyedSpaceMapsNothing() {
    let rig = Rig()
    let memory = rig.memory(pages: 2)
    let address = rig.map(memory, pages: 2).value
    rig.machine.destroy(rig.machine.initial, rig.space)
    #expect(!rig.isFree(address))
    #expect(rig.map(memory, pages: 2).status == .badState)
    #expect(rig.unmap(address, pages: 2) == .badState)
    #expect(rig.machine.map(rig.driver, memory, at: 0x100_0000, byteCount: 8192).status == .ok)
    #expect(rig.machine.findings == [])
  }

  @Test func unmappingWhatNobodyNamesFreesIt() {
    let rig = Rig()
    let memory = rig.memory(pages: 2)
    let address = rig.map(memory, pages: 1).value
    let other = rig.map(memory, pages: 1, offset: 1).value
    rig.machine.delete(rig.driver, memory)
    #expect(rig.unmap(address, pages: 1) == .ok)
    #expect(!rig.isFree(address))
    #expect(rig.unmap(other, pages: 1) == .ok)
    #expect(rig.isFree(address) && rig.isFree(other))
    #expect(rig.machine.findings == [])
  }

  /// 300 mappings end in batches, with others running in between.
  @Test func manyMappingsEndInBatches() {
    let rig = Rig()
    let machine = rig.machine
    let memory = rig.memory(pages: 300)
    for page in 0..<300 as Range<UInt64> {
      #expect(rig.map(memory, pages: 1, offset: page).status == .ok)
    }
    #expect(machine.findings == [])
    machine.holdingWork { machine.destroy(machine.initial, rig.space) }
    var batches = 0
    machine.finishEnding {
      batches += 1
      #expect(machine.findings == [])
    }
    #expect(batches > 10)
    #expect(rig.told(rig.space)[2] == 0)
  }

  // MARK: What is refused

  @Test func whatCannotBeMappedIsRefused() {
    let rig = Rig()
    let machine = rig.machine
    let memory = rig.memory(pages: 4)
    func mapped(
      _ handle: Handle, space: Handle? = nil, address: UInt64 = 0, offset: UInt64 = 0,
      length: UInt64 = 4096, rights: UInt64 = 3
    ) -> Outcome {
      machine.call(
        rig.driver, .map, UInt64(handle.rawValue), UInt64((space ?? rig.ownSpace).rawValue),
        address, [offset, length, rights])
    }
    func refuses(_ outcome: Outcome, _ index: UInt64) -> Bool {
      outcome.status == .badArgument && outcome.value == index
    }
    for rights in [0, 4, 5, 0x100, 0x301, .max] as [UInt64] {
      #expect(refuses(mapped(memory, rights: rights), 5))
    }
    #expect(refuses(mapped(memory, address: 4096), 2))
    #expect(refuses(mapped(memory, offset: 4 * 4096), 3))
    #expect(refuses(mapped(memory, offset: 1), 3))
    #expect(refuses(mapped(memory, length: 0), 4))
    #expect(refuses(mapped(memory, length: 5 * 4096), 4))
    #expect(refuses(mapped(memory, offset: 4096, length: .max & ~4095), 4))
    // Rights: to write needs `write`, and the answer tells the address.
    let weak = machine.copy(
      rig.driver, memory, rights: Rights.read.union(.manage).union(.copy)
    ).handle
    #expect(mapped(weak).status == .noRight)
    let silent = machine.copy(rig.driver, memory, rights: .read.union(.write)).handle
    #expect(mapped(silent).status == .noRight)
    let mute = machine.give(rig.space, to: rig.driver, rights: .read)
    #expect(mapped(memory, space: mute).status == .noRight)
    // Memory that may end before the space does.
    let foreign = machine.give(machine.makeMemory(pages: 1), to: rig.driver)
    #expect(mapped(foreign).status == .badState)
    let part = machine.call(
      rig.driver, .derive, UInt64(memory.rawValue), 0, 0xffff,
      [4096, UInt64(Rights.all.bits)]
    ).handle
    #expect(mapped(part).status == .badState)
    let registers = machine.call(
      machine.initial, .create, UInt64(rig.deviceBudget.rawValue),
      UInt64(ObjectType.memory.rawValue), 0xffff,
      [4096, 1, UInt64(TestMachine.machineHandle.rawValue), 0x4000_0000]
    ).handle
    #expect(mapped(machine.give(registers, to: rig.driver)).status == .badState)
    // As a process it is none, nor can its pages be protected.
    #expect(
      machine.call(rig.driver, .protect, UInt64(rig.ownSpace.rawValue), 0, 4096, [1]).status
        == .wrongType)
    #expect(rig.told(rig.space)[2] == 0)
    #expect(machine.findings == [])
  }

  @Test func aSpaceIsMadeByTheMachinesAuthorityOnly() {
    let rig = Rig()
    let machine = rig.machine
    func made(_ machineHandle: UInt64, _ limit: UInt64) -> Outcome {
      machine.call(
        machine.initial, .create, UInt64(rig.deviceBudget.rawValue),
        UInt64(ObjectType.dmaSpace.rawValue), 0xffff, [machineHandle, limit])
    }
    let authority = UInt64(TestMachine.machineHandle.rawValue)
    #expect(made(0, 0).status == .badCapability)
    #expect(made(UInt64(rig.deviceBudget.rawValue), 0).status == .wrongType)
    #expect(made(authority, 1).status == .badArgument)
    #expect(made(authority, .max).status == .badArgument)
    for words in [[authority, 0, 1, 0], [authority, 0, 0, 1]] as [[UInt64]] {
      let outcome = machine.call(
        machine.initial, .create, UInt64(rig.deviceBudget.rawValue),
        UInt64(ObjectType.dmaSpace.rawValue), 0xffff, words)
      #expect(outcome.status == .badArgument)
    }
    #expect(made(authority, 4096).status == .ok)
    // The driver can use it, and not end it.
    #expect(machine.destroy(rig.driver, rig.ownSpace).status == .noRight)
    // Whoever gave the authority takes the capabilities back, and the frames stay.
    let memory = rig.memory(pages: 1)
    let address = rig.map(memory, pages: 1).value
    machine.revoke(machine.initial, TestMachine.machineHandle)
    #expect(rig.map(memory, pages: 1).status == .badCapability)
    machine.delete(rig.driver, memory)
    #expect(!rig.isFree(address))
    #expect(machine.findings == [])
  }

  @Test func aDeviceReachesNoFurtherThanItsLimit() {
    let ram = SimulatedPlatform.Configuration().ramBase
    let rig = Rig(limit: ram + 600 * 4096)
    let above = rig.machine.call(
      rig.driver, .create, UInt64(rig.budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
      [8192, MemoryOptions.contiguous.bits, ram + 600 * 4096]
    ).handle
    let fits = rig.map(above, pages: 2)
    #expect(fits.status == .ok)
    #expect(fits.value + 8192 <= ram + 600 * 4096)
    let low = Rig(limit: 4096)
    #expect(low.map(low.memory(pages: 1), pages: 1).status == .unavailable)
    #expect(low.map(low.memory(pages: 2), pages: 2).status == .unavailable)
    #expect(low.machine.findings == [])
  }

  /// Memory of many runs has an address for each page.
  @Test func looseMemoryIsMappedPageByPage() {
    let rig = Rig()
    let machine = rig.machine
    var taken: [FrameNumber] = []
    while machine.kernel.frames.freeCount > 0, let frame = machine.kernel.frames.allocate() {
      taken.append(frame)
    }
    for frame in taken where frame % 2 == 0 { machine.kernel.frames.free(frame, count: 1) }
    let memory = rig.memory(pages: 5, MemoryOptions(bits: 0))
    for frame in taken where frame % 2 != 0 { machine.kernel.frames.free(frame, count: 1) }
    #expect(rig.map(memory, pages: 2).status == .unavailable)
    let addresses = (0..<5 as Range<UInt64>).map { rig.map(memory, pages: 1, offset: $0).value }
    #expect(Set(addresses).count == 5)
    machine.delete(rig.driver, memory)
    #expect(addresses.allSatisfy { !rig.isFree($0) })
    #expect(machine.findings == [])
    machine.destroy(machine.initial, rig.space)
    #expect(addresses.allSatisfy(rig.isFree))
    #expect(machine.findings == [])
  }

  /// The space's budget pays for each mapping: none is made that it cannot pay for.
  @Test func whatIsNotPaidForIsNotMapped() {
    let machine = TestMachine()
    let budget = machine.make(.budget, [8 * 4096, 3])
    let space = machine.make(
      .dmaSpace, [UInt64(TestMachine.machineHandle.rawValue)], budget: budget)
    let memory = machine.call(
      machine.initial, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue),
      0xffff, [8192, MemoryOptions.contiguous.bits]
    ).handle
    func map(_ page: UInt64) -> SyscallStatus? {
      machine.call(
        machine.initial, .map, UInt64(memory.rawValue), UInt64(space.rawValue), 0,
        [page * 4096, 4096, 3]
      ).status
    }
    #expect(map(0) == .ok)
    #expect(map(1) == .noSlot)
    #expect(machine.findings == [])
  }
}
