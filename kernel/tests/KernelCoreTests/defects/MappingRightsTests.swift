import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// What a mapping allows: never more than was asked for, held and given.
@Suite struct MappingRightsTests {
  static let place: UInt64 = 0x80_0000
  static let pageRights: UInt16 = 7

  /// A client and the memory's owner, who maps it for the client or lets it map itself.
  struct Rig {
    let machine: TestMachine
    let client: Actor
    /// Who calls map, and the handles it uses.
    let mapper: Actor
    let memory: Handle
    let process: Handle

    init(held: Rights = .all, isForeign: Bool, machine: TestMachine = TestMachine()) {
      self.machine = machine
      client = machine.spawn()
      let whole = machine.makeMemory(pages: 2)
      if isForeign {
        mapper = machine.initial
        memory = machine.copy(machine.initial, whole, rights: held).handle
        process = client.processHandle
      } else {
        mapper = client
        memory = machine.give(whole, to: client, rights: held)
        process = .none
      }
    }

    func map(_ rights: UInt64) -> Outcome {
      machine.call(
        mapper, .map, UInt64(memory.rawValue), UInt64(process.rawValue), place,
        [0, 8192, rights])
    }

    func protect(_ actor: Actor, _ rights: UInt64) -> Outcome {
      let handle = actor == client ? Handle.none : process
      return machine.call(
        actor, .protect, UInt64(handle.rawValue), place, 8192, [rights])
    }

    /// What the client's user code can do to the pages.
    var reach: Rights {
      var reach = Rights.none
      if machine.peek(client, place + 4096).value != nil { reach = reach.union(.read) }
      if case .done = machine.poke(client, 5, at: place + 4096) { reach = reach.union(.write) }
      if machine.fetch(client, place + 4096).value != nil { reach = reach.union(.execute) }
      return reach
    }
  }

  /// The status that rights which are asked for deserve, whatever is held.
  static func refusal(_ asked: UInt64) -> SyscallStatus? {
    guard asked <= 7, asked & 1 != 0 else { return .badArgument }
    return asked & 6 == 6 ? .badArgument : nil
  }

  @Test(arguments: 0..<8 as Range<UInt16>, [true, false])
  func `MEM_501 mappingNeverAllowsMore`(held: UInt16, isForeign: Bool) {
    for asked in (0...9 as ClosedRange<UInt64>) {
      let rig = Rig(held: Rights(bits: held | Rights.copy.bits), isForeign: isForeign)

      let outcome = rig.map(asked)

      let expected =
        Self.refusal(asked) ?? (UInt64(held) & asked == asked ? .ok : .noRight)
      #expect(outcome.status == expected, "held \(held), asked \(asked)")
      if expected == .badArgument { #expect(outcome.value == 5) }
      #expect(
        rig.reach == (expected == .ok ? Rights(bits: UInt16(asked)) : .none),
        "held \(held), asked \(asked)")
      #expect(rig.machine.findings == [])
    }
  }

  @Test(arguments: [1, 3, 5] as [UInt64], [true, false])
  func `MEM_501 protectingNeverAllowsMore`(given: UInt64, isForeign: Bool) {
    for asked in (0...9 as ClosedRange<UInt64>) {
      let rig = Rig(isForeign: isForeign)
      #expect(rig.map(given).status == .ok)

      let outcome = rig.protect(rig.mapper, asked)

      let expected = Self.refusal(asked) ?? (given & asked == asked ? .ok : .noRight)
      #expect(outcome.status == expected, "given \(given), asked \(asked)")
      if expected == .badArgument { #expect(outcome.value == 3) }
      #expect(rig.reach.bits == UInt16(expected == .ok ? asked : given))
      #expect(rig.machine.findings == [])
    }
  }

  /// User memory that the kernel reads or writes for a call follows the same rights.
  @Test func `MEM_501 kernelWritesOnlyWhereUserCodeCan`() {
    let rig = Rig(isForeign: false)
    let machine = rig.machine
    #expect(rig.map(1).status == .ok)
    let thread = machine.addThread(to: rig.client)
    let handle = machine.give(thread.threadHandle, to: rig.client)
    machine.call(rig.client, .suspend, UInt64(handle.rawValue))

    let outcome = machine.call(
      rig.client, .readRegisters, UInt64(handle.rawValue), Self.place, 64)

    #expect(outcome.status == .badPointer)
    #expect(machine.findings == [])
  }

  // MARK: What protect may give later

  @Test(arguments: [true, false])
  func `MEM_502 holderOfNothingGetsNothing`(protectsByClient: Bool) {
    let rig = Rig(isForeign: true)
    #expect(rig.map(1).status == .ok)

    let actor = protectsByClient ? rig.client : rig.mapper
    for asked in [3, 5] as [UInt64] {
      #expect(rig.protect(actor, asked).status == .noRight)
      #expect(rig.reach == .read)
    }
    #expect(rig.protect(actor, 1).status == .ok)
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [1, 3, 5] as [UInt64], 0..<8 as Range<UInt64>)
  func `MEM_502 protectGivesWhatMapSaidLater`(given: UInt64, later: UInt64) {
    for isForeign in [true, false] {
      for asked in [1, 3, 5] as [UInt64] {
        for byClient in [true, false] {
          let rig = Rig(isForeign: isForeign)
          #expect(rig.map(given | later << 8).status == .ok)
          #expect(rig.reach.bits == UInt16(given))

          let outcome = rig.protect(byClient ? rig.client : rig.mapper, asked)

          let isAllowed = asked & ~(given | later) == 0
          #expect(outcome.status == (isAllowed ? .ok : .noRight))
          #expect(rig.reach.bits == UInt16(isAllowed ? asked : given))
          #expect(rig.machine.findings == [])
        }
      }
    }
  }

  /// What was taken away comes back, as far as it was given.
  @Test(arguments: [true, false])
  func `MEM_502 protectGoesDownAndUpAgain`(isForeign: Bool) {
    let rig = Rig(isForeign: isForeign)
    #expect(rig.map(3 | 4 << 8).status == .ok)

    for asked in [1, 3, 1, 5, 3, 5, 1, 3] as [UInt64] {
      #expect(rig.protect(rig.client, asked).status == .ok)
      #expect(rig.reach.bits == UInt16(asked))
    }
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: 0..<8 as Range<UInt16>, [true, false])
  func `MEM_502 laterRightsMustBeHeld`(held: UInt16, isForeign: Bool) {
    for later in 0..<8 as Range<UInt64> {
      let rig = Rig(held: Rights(bits: held | Rights.copy.bits), isForeign: isForeign)

      let outcome = rig.map(1 | later << 8)

      let isHeld = (1 | later) & ~UInt64(held) == 0
      #expect(outcome.status == (isHeld ? .ok : .noRight), "held \(held), later \(later)")
      #expect(rig.reach == (isHeld ? .read : .none))
      #expect(rig.machine.findings == [])
    }
  }

  @Test(arguments: [16, 17, 31, 32, 63] as [UInt64])
  func `MEM_502 undefinedBitsAreRefused`(bit: UInt64) {
    let rig = Rig(isForeign: false)

    let outcome = rig.map(1 | 1 << bit)

    #expect(outcome.status == .badArgument)
    #expect(outcome.value == 5)
    #expect(rig.reach == .none)
  }

  /// A mapping through a capability that is then given up shows nothing any more.
  @Test(arguments: [true, false])
  func `MEM_502 laterRightsEndWithTheCapability`(isForeign: Bool) {
    let rig = Rig(isForeign: isForeign)
    #expect(rig.map(1 | 6 << 8).status == .ok)

    rig.machine.delete(rig.mapper, rig.memory)

    #expect(rig.reach == .none)
    #expect(rig.protect(rig.client, 3).status == .badState)
    #expect(rig.machine.findings == [])
  }
}
