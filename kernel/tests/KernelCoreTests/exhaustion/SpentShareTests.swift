import MnosABI
import Testing

@testable import KernelCore

/// The share of the CPU's time is used up in the middle of a long call: it goes on when there is
/// more, and comes to the same.
@Suite struct SpentShareTests {
  enum Long: CaseIterable {
    case createRun, createLoose, createSearched, map, unmap, protect, revoke, delete, access
  }

  /// A machine on which an actor with a share is about to make a long call, and somebody else
  /// always wants the CPU.
  private final class Rig {
    let machine: TestMachine
    let actor: Actor
    let spinner: Actor
    let call: (TestMachine) -> Outcome

    private static let place: UInt64 = 0x4000_0000
    private static let pages: UInt64 = 200

    init(_ long: Long) {
      let machine = TestMachine(frames: 1_200)
      self.machine = machine
      let budget = machine.make(.budget, [600 * 4096, 400, 200, 20_000])
      let actor = machine.spawn(budget: budget)
      self.actor = actor
      let client = machine.spawn()
      spinner = machine.spawn(priority: 50)
      let purse = UInt64(machine.give(budget, to: actor).rawValue)
      let memory = machine.give(
        machine.make(.memory, [Self.pages * 4096], budget: budget), to: actor)
      func create(_ words: [UInt64]) -> (TestMachine) -> Outcome {
        { $0.call(actor, .create, purse, UInt64(ObjectType.memory.rawValue), 0xffff, words) }
      }
      func map() {
        machine.map(actor, memory, at: Self.place, byteCount: Self.pages * 4096, later: .write)
      }
      switch long {
      case .createRun: call = create([100 * 4096])
      case .createLoose:
        Self.scatter(machine)
        call = create([100 * 4096])
      case .createSearched:
        Self.scatter(machine)
        call = create([100 * 4096, MemoryOptions.contiguous.bits])
      case .map:
        call = { $0.map(actor, memory, at: Self.place, byteCount: Self.pages * 4096) }
      case .unmap:
        map()
        call = { $0.unmap(actor, at: Self.place, byteCount: Self.pages * 4096) }
      case .protect:
        map()
        call = {
          $0.protect(actor, at: Self.place, byteCount: Self.pages * 4096, rights: .read)
        }
      case .delete:
        map()
        call = { $0.delete(actor, memory) }
      case .revoke:
        let endpoint = machine.give(machine.makeEndpoint(), to: actor)
        for _ in 0..<200 { machine.copy(actor, endpoint, rights: .all) }
        call = { $0.revoke(actor, endpoint) }
      case .access:
        call = Self.access(machine, actor, client, memory)
      }
      machine.parkInit()
      if machine.canAct(client) { machine.call(client, .exit) }
    }

    /// Frees every other frame only, but for some that are together where no block is.
    private static func scatter(_ machine: TestMachine) {
      var taken: [FrameNumber] = []
      while let frame = machine.kernel.frames.allocate() { taken.append(frame) }
      let middle = taken.sorted()[taken.count / 2] | 1
      for frame in taken where frame % 2 == 0 || (middle..<middle + 100).contains(frame) {
        machine.kernel.frames.free(frame, count: 1)
      }
    }

    private static func access(
      _ machine: TestMachine, _ actor: Actor, _ client: Actor, _ memory: Handle
    ) -> (TestMachine) -> Outcome {
      let endpoint = machine.makeEndpoint()
      let (ours, theirs) = (machine.give(endpoint, to: actor), machine.give(endpoint, to: client))
      let lent = machine.give(machine.makeMemory(pages: pages), to: client)
      machine.map(client, lent, at: place, byteCount: pages * 4096)
      machine.map(actor, memory, at: place, byteCount: pages * 4096)
      machine.request(
        client, theirs, [], lending: [.init(base: place, byteCount: pages * 4096)])
      let right = machine.receive(actor, ours).result.reply
      return {
        $0.call(actor, .access, UInt64(right.rawValue), 0, place, [0, pages * 4096, 0])
      }
    }
  }

  private struct Result {
    var outcome = Outcome()
    var batches = 1
    var digest: KernelDigest
  }

  /// Makes the call, the share being used up after a number of batches, if that is not nil.
  private func run(_ rig: Rig, spentAfter spent: Int?) -> Result {
    let machine = TestMachine(copying: rig.machine)
    var batches = 1
    machine.become(rig.actor.thread)
    machine.holdingWork {
      _ = rig.call(machine)
      while machine.isWorking(rig.actor), batches < 1_000 {
        if batches == spent {
          machine.advance(to: machine.now + 300_000)
          #expect(machine.running == rig.spinner.thread, "\(batches) batches: not throttled")
          #expect(machine.kernel.objects[rig.actor.thread].isThrottled)
          let end = machine.now + 40_000_000
          while machine.running != rig.actor.thread, machine.now < end {
            machine.advance(to: machine.now + 10_000)
          }
          #expect(machine.running == rig.actor.thread, "\(batches) batches: no return")
        }
        machine.enter { if $0.hasWork { $0.runBatch() } }
        batches += 1
      }
    }
    machine.settle()
    var digest = KernelDigest(machine, callers: [rig.actor.thread])
    // Time was spent.
    digest.ignore([.cpu, .platform, .thread, .process, .budget, .shared])
    return Result(outcome: machine.outcome(rig.actor), batches: batches, digest: digest)
  }

  @Test(arguments: Long.allCases)
  func `RES_001 SCH_503 aLongCallGoesOnWithTheNextPeriod`(long: Long) {
    let rig = Rig(long)
    let whole = run(rig, spentAfter: nil)
    #expect(whole.outcome.status == .ok)
    #expect(whole.batches > 2)
    for batch in 1..<whole.batches {
      let result = run(rig, spentAfter: batch)
      #expect(result.outcome == whole.outcome, "after \(batch) batches")
      #expect(result.batches == whole.batches)
      #expect(result.digest.differences(from: whole.digest) == [], "after \(batch) batches")
    }
  }
}
