import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Memory objects, mappings and what user code can reach through them.
@Suite struct MappingTests {
  static let place: UInt64 = 0x80_0000

  struct Rig {
    let machine: TestMachine
    let actor: Actor
    let memory: Handle
    let own: Handle

    init(pages: UInt64 = 4, rights: Rights = .all, machine: TestMachine = TestMachine()) {
      self.machine = machine
      actor = machine.spawn()
      memory = machine.makeMemory(pages: pages)
      own = machine.give(memory, to: actor, rights: rights)
    }
  }

  @Test func `MEM_001 sharersSeeTheSameFrames`() {
    let rig = Rig()
    let other = rig.machine.spawn()
    let theirs = rig.machine.give(rig.memory, to: other)
    rig.machine.map(rig.actor, rig.own, at: Self.place, byteCount: 4 * 4096)
    rig.machine.map(other, theirs, at: 0x123_4000, byteCount: 4 * 4096, rights: .read)

    for index in 0..<16 as Range<UInt64> {
      rig.machine.poke(rig.actor, index + 5, at: Self.place + index * 1024 + 8)
    }

    for index in 0..<16 as Range<UInt64> {
      #expect(rig.machine.peek(other, 0x123_4000 + index * 1024 + 8) == .done(index + 5))
    }
    #expect(rig.machine.findings == [])
  }

  @Test func `MEM_002 MEM_005 mappingNeedsTheRight`() {
    for held in [Rights.read, .write, .execute, .read.union(.write), .read.union(.execute)] {
      for asked in [Rights.read, .write, .execute, .read.union(.write), .read.union(.execute)] {
        let rig = Rig(rights: held)
        let outcome = rig.machine.map(rig.actor, rig.own, at: Self.place, rights: asked)
        // No page table can express a page that cannot be read.
        let expected: SyscallStatus =
          !asked.includes(.read) ? .badArgument : held.includes(asked) ? .ok : .noRight
        #expect(outcome.status == expected)
        #expect(rig.machine.findings == [])
      }
    }
    let rig = Rig()
    rig.machine.map(rig.actor, rig.own, at: Self.place, rights: .read)
    #expect(rig.machine.poke(rig.actor, 1, at: Self.place).faultKind == .write)
    #expect(rig.machine.fetch(rig.actor, Self.place).faultKind == .execute)
  }

  @Test func `MEM_003 protectStaysWithinTheCapability`() {
    let rig = Rig(rights: .read.union(.execute))
    let machine = rig.machine
    let readWrite = Rights.read.union(.write)
    let readExecute = Rights.read.union(.execute)
    machine.map(rig.actor, rig.own, at: Self.place, rights: .read)
    machine.map(
      rig.actor, rig.own, at: Self.place + 4096, rights: .read, later: .execute)
    #expect(
      machine.map(rig.actor, rig.own, at: Self.place + 8192, rights: .read, later: .write).status
        == .noRight)

    #expect(machine.protect(rig.actor, at: Self.place, rights: readWrite).status == .noRight)
    #expect(machine.protect(rig.actor, at: Self.place, rights: readExecute).status == .noRight)
    #expect(
      machine.protect(rig.actor, at: Self.place + 4096, rights: readExecute).status == .ok)
    #expect(machine.fetch(rig.actor, Self.place + 4096).value != nil)
    #expect(machine.fetch(rig.actor, Self.place).faultKind == .execute)
    #expect(machine.findings == [])
  }

  @Test func protectToExecutePublishesTheCode() {
    let rig = Rig(pages: 2)
    let machine = rig.machine
    machine.map(
      rig.actor, rig.own, at: Self.place, byteCount: 2 * 4096, later: .execute)
    machine.protect(rig.actor, at: Self.place, byteCount: 2 * 4096, rights: .read)
    machine.map(rig.actor, rig.own, at: Self.place + 8 * 4096)
    let elsewhere = machine.kernel.platform.lastAddition
    #expect(elsewhere.lowerBound == Self.place + 8 * 4096)

    machine.protect(
      rig.actor, at: Self.place, byteCount: 2 * 4096, rights: .read.union(.execute))

    #expect(machine.kernel.platform.lastAddition == Self.place..<Self.place + 2 * 4096)
  }

  @Test func protectTakesEffectAtOnce() {
    let rig = Rig(pages: 70)
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: Self.place, byteCount: 70 * 4096)
    for page in 0..<70 as Range<UInt64> {
      machine.poke(rig.actor, page, at: Self.place + page * 4096)
    }

    machine.protect(rig.actor, at: Self.place, byteCount: 70 * 4096, rights: .read)

    for page in 0..<70 as Range<UInt64> {
      #expect(machine.poke(rig.actor, 0, at: Self.place + page * 4096).faultKind == .write)
      #expect(machine.peek(rig.actor, Self.place + page * 4096) == .done(page))
    }
    #expect(machine.findings == [])
  }

  @Test func `MEM_004 nothingIsWritableAndExecutable`() {
    let rig = Rig()
    let both = Rights.write.union(.execute)

    for rights in [both, both.union(.read)] {
      let mapped = rig.machine.map(rig.actor, rig.own, at: Self.place, rights: rights)
      #expect(mapped.status == .badArgument)
      #expect(mapped.value == 5)
    }
    rig.machine.map(rig.actor, rig.own, at: Self.place)
    let protected = rig.machine.protect(rig.actor, at: Self.place, rights: both)
    #expect(protected.status == .badArgument)
    #expect(protected.value == 3)
    #expect(rig.machine.findings == [])
  }

  @Test(
    arguments: [
      (1, 0, 4096, 2), (0x80_0001, 0, 4096, 2), (0, 0, 4096, 2), (0xf000, 0, 4096, 2),
      (1 << 38, 0, 4096, 2), (UInt64.max & ~4095, 0, 4096, 2), (1 << 63, 0, 4096, 2),
      (0x80_0000, 1, 4096, 3), (0x80_0000, 4 * 4096, 4096, 3), (0x80_0000, .max & ~4095, 4096, 3),
      (0x80_0000, 0, 0, 4), (0x80_0000, 0, 1, 4), (0x80_0000, 0, 4095, 4),
      (0x80_0000, 0, 5 * 4096, 4), (0x80_0000, 4096, 4 * 4096, 4),
      (0x80_0000, 0, UInt64.max & ~4095, 4), (0x80_0000, 0, 1 << 63, 4),
      ((1 << 38) - 4096, 0, 8192, 4),
    ] as [(UInt64, UInt64, UInt64, UInt64)])
  func `MEM_006 SYS_003 badRangesAreRefused`(
    address: UInt64, offset: UInt64, byteCount: UInt64, argument: UInt64
  ) {
    let rig = Rig()

    let outcome = rig.machine.map(
      rig.actor, rig.own, at: address, offset: offset, byteCount: byteCount)

    #expect(outcome.status == .badArgument)
    #expect(outcome.value == argument)
    #expect(rig.machine.findings == [])
  }

  @Test func firstAndLastPagesOfUserSpaceCanBeMapped() {
    let rig = Rig()
    for address in [Limits.nullGuardByteCount, (1 << 38) - 4096] as [UInt64] {
      #expect(rig.machine.map(rig.actor, rig.own, at: address).status == .ok)
      #expect(rig.machine.poke(rig.actor, 1, at: address + 4088).value != nil)
    }
    #expect(rig.machine.findings == [])
  }

  @Test(
    arguments: [(0x80_0000, 1), (0x7f_f000, 2), (0x80_3000, 1), (0x7f_f000, 4)]
      as [(UInt64, UInt64)])
  func `MEM_007 overlapIsRefused`(address: UInt64, pages: UInt64) {
    let rig = Rig()
    rig.machine.map(rig.actor, rig.own, at: Self.place, byteCount: 4 * 4096)
    rig.machine.poke(rig.actor, 77, at: Self.place)

    let again = rig.machine.map(rig.actor, rig.own, at: address, byteCount: pages * 4096)

    #expect(again.status == .badState)
    #expect(rig.machine.peek(rig.actor, Self.place) == .done(77))
    #expect(rig.machine.findings == [])
  }

  @Test func `MEM_009 unmappedPageFaults`() {
    let rig = Rig()
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: Self.place)
    machine.poke(rig.actor, 1, at: Self.place)

    #expect(machine.unmap(rig.actor, at: Self.place, byteCount: 8192).status == .badState)
    #expect(machine.unmap(rig.actor, at: Self.place).status == .ok)
    #expect(machine.peek(rig.actor, Self.place).faultKind == .read)
    #expect(machine.unmap(rig.actor, at: Self.place).status == .badState)
    #expect(machine.findings == [])
  }

  @Test func `MEM_011 MEM_018 mappingEndsWithItsCapability`() {
    let rig = Rig()
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: Self.place)
    machine.poke(rig.actor, 3, at: Self.place)
    let free = machine.kernel.frames.freeCount

    machine.delete(machine.initial, rig.memory)
    #expect(machine.peek(rig.actor, Self.place) == .done(3))
    machine.delete(rig.actor, rig.own)

    #expect(machine.peek(rig.actor, Self.place).faultKind == .read)
    #expect(machine.kernel.frames.freeCount >= free + 4)
    #expect(machine.findings == [])
  }

  @Test func `MEM_013 D3 newMemoryIsClear`() {
    let rig = Rig()
    let machine = rig.machine
    for round in 0..<20 {
      let secret = machine.makeMemory(pages: 8)
      machine.map(machine.initial, secret, at: 0x200_0000, byteCount: 8 * 4096)
      for word in 0..<(8 * 512) as Range<UInt64> where word % 61 == 0 {
        #expect(machine.peek(machine.initial, 0x200_0000 + word * 8) == .done(0))
        machine.poke(machine.initial, 0x5ec7e7, at: 0x200_0000 + word * 8)
      }
      machine.delete(machine.initial, secret)
      if round % 5 == 0 { _ = machine.makeMemory(pages: UInt64(1 + round)) }
    }
    #expect(machine.findings == [])
  }

  @Test func `MEM_015 sameAddressShowsTheNewFrame`() {
    let rig = Rig()
    let machine = rig.machine
    for round in 0..<8 as Range<UInt64> {
      let memory = machine.give(machine.makeMemory(pages: 1), to: rig.actor)
      machine.map(rig.actor, memory, at: Self.place)
      #expect(machine.peek(rig.actor, Self.place) == .done(0))
      machine.poke(rig.actor, round + 1, at: Self.place)
      machine.unmap(rig.actor, at: Self.place)
    }
    #expect(machine.findings == [])
  }

  @Test func `MEM_017 recordsInDeviceMemoryAreRefused`() {
    let rig = Rig()
    let machine = rig.machine
    let endpoint = machine.give(machine.makeEndpoint(), to: rig.actor)
    let device = machine.make(
      .memory,
      [4096, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), 0xfee0_0000])
    let registers = machine.give(device, to: rig.actor)
    #expect(machine.map(rig.actor, registers, at: Self.place).status == .ok)
    #expect(machine.poke(rig.actor, 9, at: Self.place + 16) == .done(9))
    #expect(machine.kernel.platform.deviceRegisters == [0xfee0_0010: 9])

    for address in [Self.place, 0x90_0000, Self.place - 8, 0, 1 << 63] {
      let sent = machine.invoke(
        rig.actor, word: CallWord(.send, hasTransfers: true), UInt64(endpoint.rawValue), 0,
        address)
      #expect(sent.status == .badPointer)
    }
    #expect(machine.findings == [])
  }

  @Test func ramIsNoDevice() {
    let machine = TestMachine()
    let ram = machine.kernel.platform.ramRange.lowerBound + 64 * 4096

    let outcome = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.memory.rawValue), 0xffff,
      [4096, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), ram])

    #expect(outcome.status == .badArgument)
    #expect(machine.findings == [])
  }

  @Test func deviceMemoryEndsWhereEntriesCanPoint() {
    let machine = TestMachine()
    let limit = machine.kernel.platform.pageTableFormat.physicalAddressLimit
    // Beyond the limit, an entry would point to RAM.
    let ram = machine.kernel.platform.ramRange.lowerBound + 64 * 4096
    let refused = [limit - 4096, limit, limit + ram, UInt64.max & ~4095, limit - 8191]
    for base in refused {
      let outcome = machine.call(
        machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.memory.rawValue), 0xffff,
        [8192, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), base])
      #expect(outcome.status == .badArgument)
    }
    let last = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.memory.rawValue), 0xffff,
      [8192, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), limit - 8192])
    #expect(last.status == .ok)
    #expect(machine.findings == [])
  }

  @Test func aRegionsPagesNeverWrapAround() {
    let limit: UInt64 = 1 << 48
    func pages(_ base: UInt64, _ byteCount: UInt64) -> Range<UInt64>? {
      MemoryRegion(base: base, byteCount: byteCount, kind: .device).pages(below: limit)
    }
    let last = limit - 4096..<limit
    #expect(pages(0x1234, 4) == 0x1000..<0x2000)
    #expect(pages(0x1ffe, 4) == 0x1000..<0x3000)
    #expect(pages(limit - 1, 1) == last)
    #expect(pages(0x1000, 0) == nil)
    #expect(pages(limit - 1, 2) == nil)
    #expect(pages(0x1000, .max) == nil)
    #expect(pages(.max, 1) == nil)
    #expect(pages(.max, .max) == nil)
  }

  @Test(arguments: [1, 2, 16] as [UInt32])
  func `VSP_001 spacesKeepTheirOwnData`(identifierCount: UInt32) {
    var configuration = TestMachine.Configuration()
    configuration.addressSpaceIdentifierCount = identifierCount
    let machine = TestMachine(configuration)
    let actors = (0..<4).map { _ in machine.spawn() }
    for (index, actor) in actors.enumerated() {
      machine.poke(actor, UInt64(index), at: Actor.scratch + 64)
    }

    for round in 0..<1_000 {
      let index = Int(UInt64(round).hashed % 4)
      let seen = machine.peek(actors[index], Actor.scratch + 64)
      if seen != .done(UInt64(index)) { Issue.record("round \(round): \(seen)") }
    }
    #expect(machine.findings == [])
  }

  @Test func `VSP_001 reusedIdentifiersShowNothingOld`() {
    var configuration = TestMachine.Configuration()
    configuration.addressSpaceIdentifierCount = 3
    let machine = TestMachine(configuration)
    for round in 0..<12 as Range<UInt64> {
      let actor = machine.spawn()
      #expect(machine.peek(actor, Actor.scratch) == .done(0))
      machine.poke(actor, round + 1, at: Actor.scratch)
      machine.destroy(machine.initial, actor.processHandle)
      machine.delete(machine.initial, actor.processHandle)
      machine.delete(machine.initial, actor.threadHandle)
      #expect(machine.findings == [])
    }
  }

  @Test func partsShowTheirPartOnly() {
    let rig = Rig()
    let machine = rig.machine
    machine.map(rig.actor, rig.own, at: Self.place, byteCount: 4 * 4096)
    machine.poke(rig.actor, 42, at: Self.place + 2 * 4096)
    let part = machine.call(
      rig.actor, .derive, UInt64(rig.own.rawValue), 2 * 4096, 0xffff, [4096, 0xff])

    #expect(part.status == .ok)
    #expect(machine.map(rig.actor, part.handle, at: 0xa0_0000).status == .ok)
    #expect(machine.peek(rig.actor, 0xa0_0000) == .done(42))
    let beyond = machine.map(
      rig.actor, part.handle, at: 0xb0_0000, offset: 4096, byteCount: 4096)
    #expect(beyond.status == .badArgument)
    machine.revoke(rig.actor, rig.own)
    #expect(machine.peek(rig.actor, 0xa0_0000).faultKind == .read)
    #expect(machine.peek(rig.actor, Self.place + 2 * 4096) == .done(42))
    #expect(machine.findings == [])
  }

  @Test func mappedMemoryIsNotMoved() {
    let rig = Rig()
    rig.machine.map(rig.actor, rig.own, at: Self.place)

    #expect(rig.machine.move(rig.actor, rig.own).status == .badState)
    rig.machine.unmap(rig.actor, at: Self.place)
    #expect(rig.machine.move(rig.actor, rig.own).status == .ok)
    #expect(rig.machine.findings == [])
  }
}
