import LibmnosHost
import Testing

@testable import InitService
@testable import Libmnos

/// Processes that init did not start are told of, with who of its own made them.
struct StrayProcessesTests {
  /// A machine with these processes: numbers, and those of their makers.
  private final class FakeKernel {
    var makers: [UInt64: UInt64] = [:]

    func answer(_ registers: inout CallRegisters) {
      precondition(CallWord(rawValue: registers.call).number == UInt64(SyscallNumber.query.rawValue))
      precondition(registers.argument1 == QuerySubject.processes.rawValue)
      let next = makers.keys.filter { $0 >= registers.argument2 }.min()
      registers.call = 0
      registers.argument0 = next == nil ? 0 : 1
      registers.words = .init(repeating: 0)
      registers.words[0] = next ?? QuerySubject.endOfList
      guard let next, let maker = makers[next] else { return }
      registers.words[1] = UInt64(ProcessState.running.rawValue)
      registers.words[2] = 2
      registers.words[3] = 24 << 10
      registers.words[4] = 7_000_000
      registers.words[5] = 3
      registers.words[6] = maker
    }
  }

  /// What is told of all strays: number and maker.
  private func strays(_ makers: [UInt64: UInt64], known: [UInt64: UInt32]) -> [[UInt64]] {
    let kernel = FakeKernel()
    kernel.makers = makers
    var found: [[UInt64]] = []
    HostTrap.answering(by: kernel.answer) {
      Machine.withBorrowed(Handle(rawValue: 9)) { machine in
        var position: UInt64 = 0
        for _ in 0..<1000 {
          switch StrayProcesses.next(from: position, on: machine, numberOf: { known[$0] }) {
          case .stray(let info):
            #expect(info.threadCount == 2 && info.memoryKibibytes == 24)
            #expect(info.processorMilliseconds == 7 && info.capabilityCount == 3)
            found.append([info.number, UInt64(info.maker)])
            position = info.number + 1
          case .goOn(let number):
            #expect(number > position)
            position = number
          default: return
          }
        }
        Issue.record("the list does not end")
      }
    }
    return found
  }

  @Test func thoseThatInitStartedAreSteppedOver() {
    #expect(strays([1: 0, 2: 1, 3: 1], known: [1: 1, 2: 2, 3: 3]).isEmpty)
    #expect(strays([:], known: [:]).isEmpty)
  }

  @Test func strayIsToldWithTheNearestOfItsMakersThatInitStarted() {
    let found = strays(
      // 7 was made by 5, that by 4, that by a program of init's; 8 by one that is gone.
      [1: 0, 2: 1, 4: 2, 5: 4, 7: 5, 8: 3, 9: 8], known: [1: 1, 2: 12])
    #expect(found == [[4, 12], [5, 12], [7, 12], [8, 0], [9, 0]])
  }

  /// However long the line of makers is, an answer takes few steps.
  @Test func longLineOfMakersIsGivenUp() {
    var makers: [UInt64: UInt64] = [1: 0]
    for number in 2...40 as ClosedRange<UInt64> { makers[number] = number - 1 }
    let found = strays(makers, known: [1: 1])
    // 2 to 10 have at most 8 makers between themselves and init.
    let known = found.filter { $0[1] == 1 }.map { $0[0] }
    #expect(known == Array(2...UInt64(1 + StrayProcesses.generations)))
    #expect(found.last == [40, 0])
  }
}
