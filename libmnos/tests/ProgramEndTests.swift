import LibmnosHost
import Testing

@testable import Libmnos

@Suite struct ProgramEndTests {
  @Test(
    arguments: [
      (0, .succeeded), (1, .failed(1)), (99, .failed(99)), (100, .refused(.unknownSyscall)),
      (202, .refused(.noMemory)), (207, .refused(.wouldBlock)), (208, .failed(208)),
      (65536 + 202, .failed(65536 + 202)), (ExitValue.killed, .killed),
      (ExitValue.faulted | 2, .faulted(.write)), (ExitValue.faulted | 99, .faulted(.other)),
    ] as [(UInt64, ProgramEnd)])
  func exitValueSaysHowItEnded(value: UInt64, end: ProgramEnd) {
    #expect(ProgramEnd(exitValue: value) == end)
  }

  @Test(
    arguments: [
      (202, "out of memory (ended with status 202)"), (7, "ended with status 7"),
      (ExitValue.killed, "was ended by kill or Ctrl-C"),
      (
        ExitValue.faulted | 4,
        "stopped by a fault: a failed check of its own, or an illegal instruction"
      ),
    ] as [(UInt64, String)])
  func endHasWords(value: UInt64, words: String) {
    var text: [UInt8] = []

    ProgramEnd(exitValue: value).write(to: &text)

    #expect(String(decoding: text, as: UTF8.self) == words)
  }

  /// No two statuses may read alike, and none is only a number.
  @Test func everyStatusHasItsOwnWords() {
    let all = (0...299).compactMap(SyscallStatus.init(rawValue:))
    #expect(all.count == 17)

    #expect(Set(all.map { "\($0.words)" }).count == all.count)
  }
}

@Suite struct ThreadRegistryTests {
  private func entry(_ number: UInt32) -> ThreadRegistry.Entry {
    ThreadRegistry.Entry(
      thread: Handle(rawValue: number), stackBase: UInt64(number) << 16,
      stackEnd: UInt64(number) << 16 + 4096)
  }

  @Test(arguments: [(0xffff, nil), (0x10000, 0), (0x10fff, 0), (0x11000, nil), (0x20000, 1)])
  func stackTellsTheThread(address: UInt64, index: Int?) {
    var registry = ThreadRegistry()
    _ = registry.add(entry(1))
    _ = registry.add(entry(2))

    #expect(registry.index(ofStackAt: address) == index)
  }

  @Test func removedThreadIsGoneAndItsPlaceIsFree() {
    var registry = ThreadRegistry()
    for number in 1...64 {
      let isAdded = registry.add(entry(UInt32(number)))
      #expect(isAdded)
    }
    let isTooMany = !registry.add(entry(65))
    #expect(isTooMany)

    registry.remove(Handle(rawValue: 1))
    registry.remove(Handle(rawValue: 99))

    #expect(registry.count == 63)
    #expect((0..<63).allSatisfy { registry[$0].thread.rawValue != 1 })
    let isAdded = registry.add(entry(65))
    #expect(isAdded)
  }
}

/// The end of a whole program, against a kernel that notes what it is asked.
extension MessageTests {
  /// - Parameter threadCount: What the kernel says is left once all were told to end.
  private func end(onStackAt address: UInt64, threadCount: UInt64) throws -> [UInt64] {
    let process = Handle(rawValue: 500)
    let main = ThreadRegistry.Entry(
      thread: Handle(rawValue: 501), stackBase: 0x1000, stackEnd: 0x2000)
    var own = OwnProcess(
      ProcessIdentity(budget: Handle(rawValue: 502), process: process, mainThread: main, seed: 1),
      startPage: 0)
    try own.addThread(
      .init(thread: Handle(rawValue: 503), stackBase: 0x5000, stackEnd: 0x6000))
    try own.addThread(
      .init(thread: Handle(rawValue: 504), stackBase: 0x8000, stackEnd: 0x9000))
    var destroyed: [UInt64] = []
    HostTrap.answering { registers in
      let number = CallWord(rawValue: registers.call).number
      if number == UInt64(SyscallNumber.destroy.rawValue) {
        destroyed.append(registers.argument0)
      } else {
        registers.words[2] = threadCount
      }
      registers.call = 0
    } _: {
      own.endThreads(exceptOnStackAt: address)
    }
    return destroyed
  }

  @Test func endOfAProgramEndsEveryOtherThread() throws {
    #expect(try end(onStackAt: 0x1800, threadCount: 1) == [503, 504])
    #expect(try end(onStackAt: 0x5000, threadCount: 1) == [501, 504])
  }

  @Test func threadThatNobodyNotedEndsWithTheProcess() throws {
    #expect(try end(onStackAt: 0x1800, threadCount: 2) == [503, 504, 500])
  }
}
