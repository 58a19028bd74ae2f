import MnosABI
import Testing

@testable import KernelCore

/// Where the kernel was not what the manual says, as the model in lock step with it showed.
@Suite struct LockstepDefectTests {
  /// It reported what was wrong with capabilities that a receive cannot attach anyway.
  @Test func receiveWithAttachmentsBlamesTheRecord() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let notification = machine.makeNotification()
    let kept = machine.copy(machine.initial, notification, rights: .write).handle

    for handle in [kept, notification, Handle(slot: 60, generation: 1)] {
      let outcome = machine.receive(
        machine.initial, endpoint, deadline: Deadline.poll, .copy(handle))
      #expect(outcome.ended == .failure(.badArgument, 2))
    }
  }

  /// It told of a thread that ended while it was suspended that it still was.
  @Test func endedThreadIsNotSuspended() {
    let machine = TestMachine()
    let actor = machine.spawn()
    machine.call(machine.initial, .suspend, UInt64(actor.threadHandle.rawValue))

    machine.destroy(machine.initial, actor.threadHandle)

    let words = machine.query(machine.initial, actor.threadHandle)
    #expect(words?[0] == UInt64(ThreadState.ended.rawValue))
    #expect(words?[4] == 0)
  }
}
