import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

extension ObjectEndTests {
  private static let place: UInt64 = 0x100_0000

  /// A driver with memory of a budget that init keeps, three pages in one run.
  private struct Rig {
    let machine = TestMachine()
    /// init's.
    let budget: Handle
    let space: Handle
    let whole: Handle
    let driver: Actor
    /// The driver's.
    let memory: Handle
    let address: UInt64
    static let byteCount: UInt64 = 3 * 4096

    init() {
      budget = machine.make(.budget, [50 * 4096, 50])
      space = machine.make(
        .dmaSpace, [UInt64(TestMachine.machineHandle.rawValue), 0], budget: budget)
      whole = machine.make(
        .memory, [Self.byteCount, MemoryOptions.contiguous.bits], budget: budget)
      driver = machine.spawn()
      memory = machine.give(whole, to: driver)
      address = machine.query(machine.initial, whole)?[2] ?? 0
    }

    @discardableResult
    func mapForDevice() -> Outcome {
      machine.call(
        machine.initial, .map, UInt64(whole.rawValue), UInt64(space.rawValue), 0,
        [0, Self.byteCount, UInt64(Rights.read.union(.write).bits)])
    }

    /// Frames of the memory that are free.
    var freeFrames: Int {
      (0..<3 as Range<UInt64>).count { machine.kernel.frames.isFree(address >> 12 + $0) }
    }
  }

  static let memoryEnds: [String: Check] = [
    "the capability through which it is mapped, by `delete` or `revoke`": {
      for isRevoke in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        machine.map(rig.driver, rig.memory, at: place, byteCount: Rig.byteCount)
        #expect(machine.peek(rig.driver, place) == .done(0))

        if isRevoke {
          machine.revoke(machine.initial, rig.whole)
        } else {
          machine.delete(rig.driver, rig.memory)
        }

        #expect(machine.peek(rig.driver, place) != .done(0))
        #expect(rig.freeFrames == 0)
        #expect(machine.findings == [])
      }
      let lent = LeaseTests.Rig(pages: 40)
      let right = lent.lend([
        TestMachine.Loan(base: LeaseTests.Rig.clientPlace, byteCount: lent.byteCount)
      ])
      lent.machine.holdingWork {
        _ = lent.machine.access(
          lent.server, right, .read, at: LeaseTests.Rig.serverPlace, byteCount: lent.byteCount)
        lent.cause(.revoked, right)
      }
      lent.machine.finishWork(of: lent.server)
      let outcome = lent.machine.outcome(lent.server)
      #expect(outcome.status == .badPointer)
      #expect(outcome.value > 0 && outcome.value < lent.byteCount)
      #expect(lent.machine.findings == [])
    },

    "the last capability to the whole, while there are parts": {
      let rig = Rig()
      let machine = rig.machine
      let part = machine.call(
        rig.driver, .derive, UInt64(rig.memory.rawValue), 4096, 0xffff,
        [4096, UInt64(Rights.all.bits)])
      #expect(part.status == .ok)
      machine.delete(rig.driver, rig.memory)
      machine.delete(machine.initial, rig.whole)

      #expect(rig.freeFrames == 0)
      machine.map(rig.driver, part.handle, at: place)
      #expect(machine.peek(rig.driver, place) == .done(0))
      machine.delete(rig.driver, part.handle)
      #expect(rig.freeFrames == 3)
      #expect(machine.findings == [])
    },

    "the budget that pays for it": {
      let rig = Rig()
      let machine = rig.machine
      machine.map(rig.driver, rig.memory, at: place, byteCount: Rig.byteCount)
      #expect(rig.mapForDevice().status == .ok)

      machine.destroy(machine.initial, rig.budget)

      #expect(machine.peek(rig.driver, place) != .done(0))
      #expect(!machine.names(rig.driver, rig.memory))
      #expect(rig.freeFrames == 3)
      #expect(machine.findings == [])
    },
  ]

  static let dmaSpaceEnds: [String: Check] = [
    "a capability to the memory, its process, or that one's budget": {
      for isProcess in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        rig.mapForDevice()
        machine.delete(machine.initial, rig.whole)
        if isProcess {
          machine.destroy(machine.initial, rig.driver.processHandle)
        } else {
          machine.delete(rig.driver, rig.memory)
        }
        #expect(rig.freeFrames == 0)
        #expect(machine.query(machine.initial, rig.space)?[1] == Rig.byteCount)
        #expect(machine.findings == [])
      }
    },

    "a capability to the space, or to the machine, by which it was made": {
      for isMachine in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        rig.mapForDevice()
        machine.delete(rig.driver, rig.memory)
        machine.delete(machine.initial, rig.whole)
        if isMachine {
          machine.revoke(machine.initial, TestMachine.machineHandle)
        } else {
          machine.delete(machine.initial, rig.space)
        }
        #expect(rig.freeFrames == 0)
        #expect(machine.findings == [])
        machine.destroy(machine.initial, rig.budget)
        #expect(rig.freeFrames == 3)
        #expect(machine.findings == [])
      }
    },

    "the mapping, by `unmap`": {
      let rig = Rig()
      let machine = rig.machine
      let mapped = rig.mapForDevice()
      machine.delete(rig.driver, rig.memory)
      machine.delete(machine.initial, rig.whole)
      #expect(rig.freeFrames == 0)

      let unmapped = machine.unmap(
        machine.initial, process: rig.space, at: mapped.value, byteCount: Rig.byteCount)

      #expect(unmapped.status == .ok)
      #expect(rig.freeFrames == 3)
      #expect(machine.findings == [])
    },

    "the space, by `destroy`": {
      for isNamed in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        rig.mapForDevice()
        if !isNamed {
          machine.delete(rig.driver, rig.memory)
          machine.delete(machine.initial, rig.whole)
        }

        machine.destroy(machine.initial, rig.space)

        #expect(rig.freeFrames == (isNamed ? 0 : 3))
        #expect(machine.query(machine.initial, rig.space)?[1] == 0)
        if isNamed { #expect(rig.mapForDevice().status == .badState) }
        #expect(machine.findings == [])
      }
    },

    "the budget of both": {
      let rig = Rig()
      rig.mapForDevice()
      rig.machine.destroy(rig.machine.initial, rig.budget)
      #expect(rig.freeFrames == 3)
      #expect(!rig.machine.names(rig.machine.initial, rig.space))
      #expect(rig.machine.findings == [])
    },
  ]
}
