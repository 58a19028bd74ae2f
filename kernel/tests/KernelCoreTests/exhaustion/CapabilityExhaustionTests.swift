import MnosABI
import Testing

@testable import KernelCore

/// `copy`, `move`, `derive` and `bind`, while the table that they add to cannot grow.
@Suite struct CapabilityExhaustionTests {
  enum Call: CaseIterable {
    case copyAny, copyNamed, moveAny, moveNamed, copyToPeer, moveToPeer
    case deriveMemory, deriveMemoryFirstSlab, deriveMemoryNamed, derivePorts
    case bindNotification, bindFaults, bindEnd, bindProcess, bindInterrupt, bindPorts
  }

  static func prepare(_ call: Call) -> Exhaustible {
    let stage = Stage()
    switch call {
    case .copyAny, .copyNamed, .moveAny, .moveNamed, .copyToPeer, .moveToPeer:
      return transfer(call, stage)
    case .deriveMemory, .deriveMemoryFirstSlab, .deriveMemoryNamed, .derivePorts:
      return derive(call, stage)
    default: return bind(call, stage)
    }
  }

  private static func transfer(_ call: Call, _ stage: Stage) -> Exhaustible {
    let (machine, caller) = (stage.machine, stage.caller)
    let own = machine.give(machine.makeNotification(), to: caller)
    let isToPeer = call == .copyToPeer || call == .moveToPeer
    let process = isToPeer ? machine.give(stage.peer.processHandle, to: caller) : .none
    let isNamed = call == .copyNamed || call == .moveNamed
    if !isNamed { stage.fillTable(of: isToPeer ? stage.peer : caller) }
    let slot: UInt16 = isNamed ? 65_534 : 0xffff
    let isCopy = call == .copyAny || call == .copyNamed || call == .copyToPeer
    return stage.exhaustible([isToPeer ? stage.peersBudget : stage.callersBudget]) { machine in
      isCopy
        ? machine.copy(caller, own, to: process, slot: slot, rights: .all)
        : machine.move(caller, own, to: process, slot: slot)
    }
  }

  private static func derive(_ call: Call, _ stage: Stage) -> Exhaustible {
    let (machine, caller) = (stage.machine, stage.caller)
    let isPorts = call == .derivePorts
    let whole =
      isPorts
      ? machine.make(.portRange, [UInt64(TestMachine.machineHandle.rawValue), 0x3f8, 8])
      : machine.makeMemory(pages: 3)
    let own = machine.give(whole, to: caller)
    func part(_ offset: UInt64, _ slot: UInt64, _ machine: TestMachine) -> Outcome {
      machine.call(
        caller, .derive, UInt64(own.rawValue), isPorts ? 2 : offset, slot,
        [isPorts ? 3 : 4096, 0xff])
    }
    if call == .deriveMemory {
      let size = Int(SlabSize.medium.rawValue)
      repeat { _ = part(0, 0xffff, machine) } while
        !machine.kernel.objects[stage.callersBudget].slabs.open[size].isEmpty
    }
    if call != .deriveMemoryNamed { stage.fillTable(of: caller) }
    return stage.exhaustible([stage.callersBudget]) {
      part(4096, call == .deriveMemoryNamed ? 7_000 : 0xffff, $0)
    }
  }

  private static func bind(_ call: Call, _ stage: Stage) -> Exhaustible {
    let (machine, caller) = (stage.machine, stage.caller)
    let device = UInt64(TestMachine.machineHandle.rawValue)
    let notification = machine.makeNotification()
    let (thread, process) = (stage.peer.threadHandle, stage.peer.processHandle)
    let (source, target): (Handle, Handle) =
      switch call {
      case .bindNotification: (notification, thread)
      case .bindFaults: (thread, machine.makeEndpoint())
      case .bindEnd: (thread, notification)
      case .bindProcess: (process, notification)
      case .bindInterrupt: (machine.make(.interrupt, [device, 3]), notification)
      default: (machine.make(.portRange, [device, 0x3f8, 8]), process)
      }
    let own = (machine.give(source, to: caller), machine.give(target, to: caller))
    stage.fillTable(of: caller)
    return stage.exhaustible([stage.callersBudget]) { machine in
      machine.call(caller, .bind, UInt64(own.0.rawValue), UInt64(own.1.rawValue))
    }
  }

  @Test(arguments: Call.allCases)
  func `RES_001 D1 capabilityThatFindsNoPlaceChangesNothing`(call: Call) {
    var sweep = ExhaustionSweep("\(call)", Self.prepare(call))
    sweep.run()
    #expect(sweep.takes[.slot] == 64)
  }
}
