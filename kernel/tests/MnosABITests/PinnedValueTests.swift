import MnosABI
import Testing

/// Numbers that programs have compiled in: a change here breaks every program.
@Suite struct PinnedValueTests {
  @Test func systemCallNumbersAreDenseAndPinned() {
    let inOrder: [SyscallNumber] = [
      .send, .receive, .call, .reply, .replyAndReceive, .signal, .wait, .copy, .move, .delete,
      .revoke, .inspect, .create, .derive, .map, .unmap, .protect, .start, .suspend, .resume,
      .readRegisters, .writeRegisters, .setPriority, .bind, .acknowledge, .destroy, .exit,
      .yield, .clock, .query, .control, .access,
    ]

    #expect(inOrder.map { Int($0.rawValue) } == Array(0..<inOrder.count))
    #expect(SyscallNumber.count == UInt64(inOrder.count))
    #expect(SyscallNumber(rawValue: UInt8(SyscallNumber.count)) == nil)
  }

  @Test(
    arguments: [
      (SyscallStatus.ok, 0), (.unknownSyscall, 100), (.badArgument, 101), (.badCapability, 102),
      (.wrongType, 103), (.noRight, 104), (.slotBusy, 105), (.badPointer, 106), (.badState, 107),
      (.failed, 200), (.unavailable, 201), (.noMemory, 202), (.noSlot, 203), (.timedOut, 204),
      (.cancelled, 205), (.peerGone, 206), (.wouldBlock, 207),
    ] as [(SyscallStatus, UInt16)])
  func statusIsPinned(status: SyscallStatus, value: UInt16) {
    #expect(status.rawValue == value)
    #expect(status.isCallerError == (100..<200).contains(value))
    #expect(status.isKernelError == (200..<300).contains(value))
  }

  @Test func thereAreNoOtherStatuses() {
    #expect((0...UInt16.max).compactMap(SyscallStatus.init(rawValue:)).count == 17)
  }

  @Test func objectTypesArePinned() {
    let inOrder: [ObjectType] = [
      .none, .endpoint, .reply, .notification, .memory, .process, .thread, .interrupt,
      .portRange, .budget, .machine, .dmaSpace,
    ]

    #expect(inOrder.map { Int($0.rawValue) } == Array(0..<inOrder.count))
    #expect((0...UInt8.max).compactMap(ObjectType.init(rawValue:)).count == inOrder.count)
  }

  @Test func rightsArePinned() {
    let inOrder: [Rights] = [
      .read, .write, .execute, .call, .grant, .copy, .transfer, .manage,
    ]

    #expect(inOrder.map(\.bits) == [1, 2, 4, 8, 16, 32, 64, 128])
    #expect(inOrder.reduce(Rights.none) { $0.union($1) } == Rights.all)
  }

  @Test func faultKindsAndAnswersArePinned() {
    let inOrder: [FaultKind] = [
      .read, .write, .execute, .illegalInstruction, .arithmetic, .misaligned, .breakpoint,
      .other,
    ]

    #expect(inOrder.map { Int($0.rawValue) } == Array(1...8))
    #expect(FaultAnswer.resume.rawValue == 0)
    #expect(FaultAnswer.kill.rawValue == 1)
    #expect(FaultMessage.wordCount == 5)
  }

  @Test func statesArePinned() {
    let processes: [ProcessState] = [.new, .running, .stopped, .ending, .ended]
    let threads: [ThreadState] = [
      .new, .ready, .running, .sending, .receiving, .awaitingReply, .waiting, .faulted, .ended,
    ]

    #expect(processes.map { Int($0.rawValue) } == Array(0..<5))
    #expect(threads.map { Int($0.rawValue) } == Array(0..<9))
  }

  @Test func limitsArePinned() {
    #expect(Limits.messageWords == 8)
    #expect(Limits.messageCapabilities == 4)
    #expect(Limits.tableSlots == 65_535)
    #expect(Limits.highestPriority == 255)
    #expect(Limits.pageByteCount == 4096)
    #expect(Limits.registerWords == 40)
    #expect(Limits.nullGuardByteCount == 65_536)
  }

  @Test func specialValuesArePinned() {
    #expect(Deadline.poll == 0)
    #expect(Deadline.never == .max)
    #expect(SlotChoice.none == 0)
    #expect(SlotChoice.any == 0xffff)
    #expect(ExitValue.killed == 1 << 63)
    #expect(ExitValue.faulted == 1 << 62)
    #expect(MemoryOptions.device.bits == 1)
    #expect(MemoryOptions.contiguous.bits == 2)
    #expect(MemoryOptions.cached(.normal).bits == 0x10)
    #expect(MemoryOptions.cached(.writeCombining).bits == 0x20)
    #expect(MemoryOptions.cached(.device).bits == 0x30)
    #expect(MachineOperation.powerOff.rawValue == 0)
    #expect(MachineOperation.reboot.rawValue == 1)
    #expect(MachineOperation.log.rawValue == 2)
    #expect(DeliveryKind.message.rawValue == 0)
    #expect(DeliveryKind.notification.rawValue == 1)
    #expect(DeliveryKind.fault.rawValue == 2)
    #expect(DeviceKind.serial16550.rawValue == 1)
    #expect(DeviceKind.serialPL011.rawValue == 2)
    #expect(TransferRecord.acceptsAny == .max)
  }
}
