import MnosABI
import PlatformSim

@testable import KernelCore

/// The machine on which both begin.
extension Lockstep {
  /// Three processes of two threads each, beside the first one, and what they share.
  static func makeMachine(_ random: inout RandomSource) -> TestMachine {
    var configuration = SimulatedPlatform.Configuration()
    configuration.frameCount = 500
    // No thread runs on the second CPU: it has time for whatever ends, at any priority.
    configuration.cpuCount = 2
    let machine = TestMachine(configuration, objectLimit: 400)
    let shared = [
      machine.makeEndpoint(), machine.makeEndpoint(), machine.makeNotification(),
      machine.makeNotification(), machine.makeMemory(pages: 2),
      machine.make(.budget, [100 * 4096, 60]),
    ]
    var actors = [machine.initial]
    for _ in 0..<3 {
      let actor = machine.spawn()
      actors += [actor, machine.addThread(to: actor)]
    }
    for actor in stride(from: 1, to: actors.count, by: 2).map({ actors[$0] }) {
      for handle in shared {
        let isReduced = random.chance(20)
        _ = machine.give(
          handle, to: actor, rights: isReduced ? Rights(bits: UInt16(random.below(256))) : .all)
      }
      for handle in actors.flatMap({ [$0.threadHandle, $0.processHandle] })
      where random.chance(50) {
        _ = machine.give(handle, to: actor)
      }
      _ = machine.give(shared[0], to: actor, rights: .write.union(.call).union(.grant), badge: 5)
      _ = machine.give(TestMachine.budgetHandle, to: actor, rights: .read.union(.write))
    }
    return machine
  }
}
