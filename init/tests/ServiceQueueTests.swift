import LibmnosHost
import Testing

@testable import InitService
@testable import Libmnos

/// What init asks of the kernel for a queue that it keeps. Handles: 2 is the budget, 3 the
/// service's process, and what the kernel makes gets numbers from 100 on.
struct ServiceQueueTests {
  private final class FakeKernel {
    enum Step: Equatable {
      case create
      /// A capability from another, in this process's table or, with 3, in the service's.
      case copy(of: UInt64, to: UInt64, Rights, badge: UInt64)
      case revoke(UInt64)
      case destroy(UInt64)
      case delete(UInt64)
    }
    var steps: [Step] = []
    var last: UInt64 = 99
    /// The calls of this number fail.
    var refused: SyscallNumber?

    func answer(_ registers: inout CallRegisters) {
      let number = CallWord(rawValue: registers.call).number
      registers.call = 0
      if let refused, number == UInt64(refused.rawValue) {
        registers.call = ResultWord(.noMemory).rawValue
        return
      }
      let handle = registers.argument0
      switch number {
      case UInt64(SyscallNumber.create.rawValue):
        steps.append(.create)
        last += 1
        registers.argument0 = last
      case UInt64(SyscallNumber.copy.rawValue):
        steps.append(
          .copy(
            of: handle, to: registers.argument1,
            Rights(bits: UInt16(truncatingIfNeeded: registers.words[0])), badge: registers.words[1])
        )
        last += 1
        registers.argument0 = last
      case UInt64(SyscallNumber.revoke.rawValue): steps.append(.revoke(handle))
      case UInt64(SyscallNumber.destroy.rawValue): steps.append(.destroy(handle))
      case UInt64(SyscallNumber.delete.rawValue): steps.append(.delete(handle))
      default: break
      }
    }
  }

  private func makeQueue() throws -> ServiceQueue {
    try Budget.withBorrowed(Handle(rawValue: 2)) { (budget) throws(SyscallStatus) in
      try ServiceQueue(paidBy: budget)
    }
  }

  private func give(_ queue: ServiceQueue) throws -> StartRecord {
    var record = StartRecord()
    try Process.withBorrowed(Handle(rawValue: 3)) { (process) throws(SpawnFailure) in
      try queue.give(to: process, in: &record)
    }
    return record
  }

  @Test func eachInstanceGetsACopyOfTheBranchOnceThatIsEmpty() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      let queue = try makeQueue()
      #expect(
        kernel.steps == [
          .create, .copy(of: 100, to: 0, ServiceQueue.instanceRights, badge: 0),
        ])
      for _ in 0..<2 {
        kernel.steps = []
        let record = try give(queue)

        #expect(
          kernel.steps == [
            .revoke(101), .copy(of: 101, to: 3, ServiceQueue.instanceRights, badge: 0),
          ])
        let given = record.capability(at: 0)
        #expect(given.name == ShortName("queue") && given.type == .endpoint)
        #expect(given.handle.rawValue == UInt32(kernel.last))
      }
    }
  }

  /// It is below the endpoint itself: the end of an instance does not reach it.
  @Test func whoLooksTheNameUpGetsNoPartOfTheBranch() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      let queue = try makeQueue()
      kernel.steps = []
      _ = try queue.makeSender().relinquish()
      queue.takeBack()

      #expect(
        kernel.steps == [
          .copy(
            of: 100, to: 0, ReceiveEndpoint.senderRights, badge: NameProtocol.senderBadge),
          .revoke(101),
        ])
    }
  }

  @Test func instancesCannotEndTheQueue() {
    #expect(!ServiceQueue.instanceRights.includes(.manage))
    #expect(ServiceQueue.instanceRights.includes(.read))
    #expect(ServiceQueue.instanceRights.includes(ReceiveEndpoint.senderRights))
  }

  @Test func aQueueThatIsGivenUpEndsForWhoeverWaits() throws {
    let kernel = FakeKernel()
    try HostTrap.answering(by: kernel.answer) {
      var queue: ServiceQueue? = try makeQueue()
      kernel.steps = []
      _ = queue
      queue = nil
    }

    #expect(kernel.steps.first == .destroy(100))
    #expect(kernel.steps.contains(.delete(100)) && kernel.steps.contains(.delete(101)))
  }

  @Test(arguments: [SyscallNumber.create, .copy])
  func withoutMemoryThereIsNoQueueAndNothingIsLeft(refused: SyscallNumber) {
    let kernel = FakeKernel()
    kernel.refused = refused
    HostTrap.answering(by: kernel.answer) {
      #expect(throws: SyscallStatus.noMemory) { _ = try makeQueue() }
    }

    let left = kernel.steps.filter { $0 != .create && $0 != .delete(100) }
    #expect(left.isEmpty)
    #expect(kernel.steps.contains(.create) == kernel.steps.contains(.delete(100)))
  }
}
