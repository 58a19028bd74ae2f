import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// The edge of the kernel: numbers, words and pointers that user code makes up.
@Suite struct SyscallTests {
  static let boundaries: [UInt64] = [
    0, 1, 7, 8, 63, 64, 255, 256, 4095, 4096, 65_534, 65_535, 65_536, 1 << 31,
    UInt64(UInt32.max), 1 << 32, 1 << 63, .max - 4095, .max,
  ]

  @Test(arguments: [SyscallNumber.count, 33, 100, 255] as [UInt64])
  func `SYS_001 unknownNumberIsAnswered`(number: UInt64) {
    let machine = TestMachine()

    let outcome = machine.invoke(
      machine.initial, word: CallWord(rawValue: number), 1, 2, 3)

    #expect(outcome.status == .unknownSyscall)
    #expect(outcome.value == number)
    #expect(machine.findings == [])
  }

  @Test(arguments: 0..<UInt8(SyscallNumber.count))
  func undefinedCallBitsAreRefused(number: UInt8) throws {
    let machine = TestMachine()
    let call = try #require(SyscallNumber(rawValue: number))
    let isMessage = [SyscallNumber.send, .receive, .call, .reply, .replyAndReceive]
      .contains(call)
    for bit in 8..<64 as Range<UInt64> {
      if isMessage && (bit < 12 || bit == 15 || bit >= 32) { continue }
      // What a call lends.
      if call == .call && (16..<20).contains(bit) { continue }
      let outcome = machine.invoke(
        machine.initial, word: CallWord(rawValue: UInt64(number) | 1 << bit), 0x1_0001)
      #expect(outcome.status == .badArgument)
      #expect(outcome.value == 11)
    }
    #expect(machine.findings == [])
  }

  /// Every call with every boundary in every argument; the caller's own ending calls apart.
  @Test(arguments: 0..<UInt8(SyscallNumber.count))
  func `SYS_003 A3 boundariesInEveryArgumentAreSurvived`(number: UInt8) throws {
    let call = try #require(SyscallNumber(rawValue: number))
    guard call != .exit else { return }
    let machine = TestMachine()
    let actor = machine.spawn()
    let handles = [
      machine.give(TestMachine.budgetHandle, to: actor),
      machine.give(machine.makeEndpoint(), to: actor),
      machine.give(machine.makeMemory(pages: 1), to: actor),
      machine.give(machine.make(.process), to: actor),
      machine.give(machine.makeNotification(), to: actor),
    ].map { UInt64($0.rawValue) }
    for handle in handles {
      for position in 0..<8 {
        for value in Self.boundaries {
          guard machine.canAct(actor) else { return }
          // Nothing may block for ever, and nothing be used up.
          if position == 1, value > machine.now, [.receive, .send, .call, .wait].contains(call) {
            continue
          }
          if [.delete, .destroy, .move].contains(call) && position != 0 { continue }
          var arguments = Array(repeating: UInt64(0), count: 8)
          arguments[0] = handle
          if position != 0 { arguments[position] = value } else { arguments[0] = value }
          machine.invoke(
            actor, word: CallWord(call), arguments[0], arguments[1], arguments[2],
            words: Array(arguments[3...]) + [0, 0, 0])
        }
      }
    }
    #expect(machine.findings == [])
  }

  @Test(
    arguments: [
      0, 8, 0x40_0004, 0x40_0ff8, 0x40_1000, (1 << 38) - 8, 1 << 38, 1 << 47, 1 << 63,
      .max - 7, .max - 47, .max,
    ] as [UInt64])
  func `SYS_006 SYS_007 SYS_009 F4 badPointersAreRefused`(address: UInt64) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let other = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let handle = machine.give(endpoint, to: actor)
    machine.call(machine.initial, .suspend, UInt64(other.threadHandle.rawValue))
    let thread = machine.give(other.threadHandle, to: actor)

    for number in [SyscallNumber.send, .call, .receive, .replyAndReceive] {
      let outcome = machine.invoke(
        actor, word: CallWord(number, hasTransfers: true), UInt64(handle.rawValue), 0, address)
      #expect(outcome.status == .badPointer, "\(number)")
    }
    for number in [SyscallNumber.readRegisters, .writeRegisters] {
      let outcome = machine.call(actor, number, UInt64(thread.rawValue), address, 280)
      #expect(outcome.status == .badPointer, "\(number)")
    }
    #expect(machine.receive(machine.initial, endpoint, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }

  @Test(arguments: [0, 1, 1 << 63, .max] as [UInt64])
  func `SYS_010 emptyRecordNeedsNoMemory`(address: UInt64) {
    let machine = TestMachine()
    let actor = machine.spawn()
    machine.call(machine.initial, .suspend, UInt64(actor.threadHandle.rawValue))

    for number in [SyscallNumber.readRegisters, .writeRegisters] {
      let outcome = machine.call(
        machine.initial, number, UInt64(actor.threadHandle.rawValue), address, 0)
      #expect(outcome.status == .ok)
      #expect(outcome.value == 0)
    }
  }

  @Test func `SYS_011 readOnlyRecordIsNotWritten`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    machine.call(machine.initial, .suspend, UInt64(actor.threadHandle.rawValue))
    let memory = machine.makeMemory(pages: 2)
    // The first page can be written, the second cannot.
    machine.map(machine.initial, memory, at: 0x80_0000)
    machine.map(machine.initial, memory, at: 0x80_1000, offset: 4096, rights: .read)

    let outcome = machine.call(
      machine.initial, .readRegisters, UInt64(actor.threadHandle.rawValue), 0x80_1000 - 64, 280)

    #expect(outcome.status == .badPointer)
    for index in 0..<8 as Range<UInt64> {
      #expect(machine.peek(machine.initial, 0x80_1000 - 64 + index * 8) == .done(0))
    }
    #expect(machine.findings == [])
  }

  @Test func `SYS_012 recordMaySpanTwoMappings`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    machine.call(machine.initial, .suspend, UInt64(actor.threadHandle.rawValue))
    machine.map(machine.initial, machine.makeMemory(pages: 1), at: 0x80_0000)
    machine.map(machine.initial, machine.makeMemory(pages: 1), at: 0x80_1000)

    let outcome = machine.call(
      machine.initial, .readRegisters, UInt64(actor.threadHandle.rawValue), 0x80_1000 - 64, 280)

    #expect(outcome.value == 280)
    #expect(machine.peek(machine.initial, 0x80_1000 - 64) == .done(0x10_0000))
  }

  /// After any error, registers hold what they held but for the status and its value.
  @Test(arguments: 0..<UInt8(SyscallNumber.count))
  func `SYS_014 SYS_004 errorsChangeNoOtherRegister`(number: UInt8) throws {
    let call = try #require(SyscallNumber(rawValue: number))
    guard ![.exit, .yield, .clock].contains(call) else { return }
    let machine = TestMachine()
    let actor = machine.spawn()
    let words = (0..<8).map { TestMachine.pattern(200 + $0) }

    let outcome = machine.invoke(
      actor, word: CallWord(call), 0x7777_0001, 0x1111, 0x2222, words: words)

    #expect(outcome.status == .badCapability)
    #expect(outcome.result.rawValue == UInt64(SyscallStatus.badCapability.rawValue))
    #expect(outcome.value == 0)
    #expect(outcome.argument1 == 0x1111)
    #expect(outcome.argument2 == 0x2222)
    #expect(outcome.words == words)
    let registers = machine.kernel.objects[actor.thread].registers
    for index in 0..<32 where !SimulatedRegisters.hasRole(index) {
      #expect(registers.recordWord(at: index + 3) == TestMachine.pattern(index + 3))
    }
    #expect(registers.programCounter == 0x10_0000)
    #expect(registers.stackPointer == 0x20_0000)
  }

  @Test func logIsWrittenAndPowerIsTheMachines() {
    let machine = TestMachine()
    let handle = UInt64(TestMachine.machineHandle.rawValue)

    #expect(machine.call(machine.initial, .control, handle, 2, 3, [0x0a_6968]).status == .ok)
    #expect(machine.kernel.platform.debugOutput == [0x68, 0x69, 0x0a])
    #expect(machine.call(machine.initial, .control, handle, 2, 65).value == 2)
    #expect(machine.call(machine.initial, .control, handle, 3).status == .badArgument)
    machine.call(machine.initial, .control, handle, 1)
    #expect(machine.kernel.platform.powerState == .rebooting)
    machine.call(machine.initial, .control, handle, 0)
    #expect(machine.kernel.platform.powerState == .off)
  }
}
