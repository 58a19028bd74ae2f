import LibmnosHost
import Testing

@testable import InitService
@testable import Libmnos

/// Processes end with what started them, against a kernel that notes what it is asked.
struct OwnershipTests {
  /// A kernel of handles: notes what is destroyed and what is deleted.
  private final class FakeKernel {
    var destroyed: [UInt64] = []
    var deleted: [UInt64] = []
    /// Handles that `destroy` refuses, as a kernel does that cannot end such an object.
    var refused: Set<UInt64> = []

    func answer(_ registers: inout CallRegisters) {
      let number = CallWord(rawValue: registers.call).number
      let handle = registers.argument0
      registers.call = 0
      switch number {
      case UInt64(SyscallNumber.destroy.rawValue):
        if refused.contains(handle) {
          registers.call = ResultWord(.wrongType).rawValue
        } else {
          destroyed.append(handle)
        }
      case UInt64(SyscallNumber.delete.rawValue): deleted.append(handle)
      default: break
      }
    }
  }

  /// Handles: the process's number times ten, and for thread, budget and memory one more each.
  private func process(_ number: UInt32, owner: UInt32) -> LoadedProcess {
    let handle = { Handle(rawValue: number * 10 + $0) }
    let process = LoadedProcess(
      number: number, owner: owner, name: ShortName("program"), priority: 80, imageBase: 0,
      process: Process(adopting: handle(0)), thread: Thread(adopting: handle(1)),
      budget: Budget(adopting: handle(2)))
    process.keep(Memory(adopting: handle(3)))
    return process
  }

  @Test func endOfAnOwnerEndsWhatItStarted() {
    let kernel = FakeKernel()
    HostTrap.answering(by: kernel.answer) {
      var spawned = SpawnedProcesses()
      for (number, owner) in [(10, 5), (11, 6), (12, 5), (13, 10)] as [(UInt32, UInt32)] {
        spawned.add(process(number, owner: owner))
      }

      spawned.endAll(ownedBy: 5)
      #expect(kernel.destroyed == [100, 120])

      // The pass over the list that notices these ends goes on to what they had started.
      _ = spawned.ended(10, value: ExitValue.killed)
      kernel.destroyed = []
      spawned.endAll(ownedBy: 10)
      #expect(kernel.destroyed == [130])
      #expect(spawned.running.map(\.number) == [11, 12, 13])
    }
  }

  /// A service too, whose owner is init: its clients hold nothing that they would fault without.
  @Test(arguments: [1, 5] as [UInt32])
  func endOfAProcessEndsItsBudgetAndSoAllThatItStarted(owner: UInt32) {
    let kernel = FakeKernel()
    HostTrap.answering(by: kernel.answer) {
      _ = process(7, owner: owner)
    }

    #expect(kernel.destroyed == [72])
    // The memory went with the budget: only the three handles that are held are given up.
    #expect(Set(kernel.deleted) == [70, 71, 72])
  }

  @Test func whereBudgetsCannotBeEndedTheProcessIs() {
    let kernel = FakeKernel()
    kernel.refused = [72]
    HostTrap.answering(by: kernel.answer) {
      _ = process(7, owner: 5)
    }

    #expect(kernel.destroyed == [70])
    #expect(Set(kernel.deleted) == [70, 71, 72, 73])
  }

  /// A program has a capability to its own budget, and may end that.
  @Test func processWhoseCapabilityIsGoneHasEnded() {
    HostTrap.answering {
      $0.call = ResultWord(.badCapability).rawValue
    } _: {
      let gone = process(7, owner: 1)

      #expect(gone.status()?.state == .ended)
      #expect(gone.status().map { ProgramEnd(exitValue: $0.exitValue) } == .killed)
    }
  }
}
