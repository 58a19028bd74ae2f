import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore
@testable import KernelModel

/// What threads are doing.
extension Comparison {
  mutating func compare(
    _ thread: ModelThread, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    let granule = names.thread(id)
    guard !granule.isNone else {
      return expect("there", "missing", "thread \(id.number)")
    }
    let held = kernel.objects[granule]
    let name = "thread \(id.number)"
    if world.processes[thread.process] != nil {
      expect(names[thread.process], held.process.granule, "process of \(name)")
    }
    expect(thread.priority, UInt64(held.ownPriority), "priority of \(name)")
    expect(thread.isSuspended, held.isSuspended, "suspension of \(name)")
    expect(Self.state(of: thread.activity), Self.state(of: held.state), "state of \(name)")
    if thread.activity == .ended { expect(thread.exitValue, held.exitValue, "exit of \(name)") }
    compareWait(thread.activity, held, name)
    if case .awaitingAnswer = thread.activity {
      let right = world.rightToAnswer(id).flatMap { slots[$0] } ?? .none
      expect(right.granule, held.replySlot.granule, "right to answer \(name)")
    }
    compareSpare(thread.spare, held, name, kernel)
    let deadline = thread.activity.hasDeadline ? deadlines[id] : nil
    expect(deadline, held.timer.isArmed ? held.timer.deadline : nil, "deadline of \(name)")
  }

  /// The state as both tell it: who of those that can run does is the scheduler's business.
  private static func state(of activity: Activity) -> ThreadState {
    switch activity {
    case .sending: .sending
    case .awaitingAnswer: .awaitingReply
    default: activity.state
    }
  }

  private static func state(of state: ThreadState) -> ThreadState {
    state == .running ? .ready : state
  }

  private mutating func compareWait(
    _ activity: Activity, _ held: KernelThread, _ name: String
  ) {
    switch activity {
    case .sending(let message):
      compareSlot(message.through, held.waitSlot, "waits of \(name)")
      compare(message, held, name)
    case .receiving(let reception):
      compareSlot(reception.through, held.waitSlot, "waits of \(name)")
      expect(reception.hasGrant, held.message.mayGrant, "grant of \(name)")
      expect(Self.word(of: reception.acceptance), held.message.accepts, "slots for \(name)")
    case .awaitingAnswer(let kind, let acceptance):
      expect(kind == .fault, held.message.isFault, "fault of \(name)")
      if kind == .call {
        expect(Self.word(of: acceptance), held.message.accepts, "slots for the answer to \(name)")
      }
    case .waiting(_, let through): compareSlot(through, held.waitSlot, "waits of \(name)")
    default: expect(0, held.waitSlot.granule, "wait of \(name)")
    }
  }

  private static func word(of acceptance: Acceptance) -> UInt64 {
    acceptance.choices.reversed().reduce(0) { $0 << 16 | UInt64($1) }
  }

  private mutating func compareSlot(_ id: CapabilityID, _ slot: SlotID, _ what: String) {
    expect(slots[id]?.granule ?? 0, slot.granule, what)
  }

  private mutating func compare(_ message: Message, _ held: KernelThread, _ name: String) {
    let queued = held.message
    expect(message.kind == .fault, queued.isFault, "fault of \(name)")
    expect(message.kind != .send, queued.isCall, "call of \(name)")
    expect(message.badge, queued.badge, "badge of \(name)")
    expect(message.words.count, Int(queued.wordCount), "words of \(name)")
    expect(message.leases, queued.leases.bits, "leases of \(name)")
    expect(message.attachments.count, Int(queued.transferCount), "attachments of \(name)")
    guard message.attachments.count == Int(queued.transferCount) else { return }
    for (index, attachment) in message.attachments.enumerated() {
      let isMove = queued.moves & 1 << UInt8(index) != 0
      expect(attachment.isMove, isMove, "move \(index) of \(name)")
      expect(attachment.rights.bits, queued.masks[index], "mask \(index) of \(name)")
    }
  }

  private mutating func compareSpare(
    _ spare: Spare?, _ held: KernelThread, _ name: String, _ kernel: borrowing TestKernel
  ) {
    // Whether there is an empty one is nobody's business.
    let isFilled = !held.spare.isNone && kernel.objects[held.spare].state == .held
    if case .holding(let right)? = spare {
      compareSlot(right, isFilled ? held.spare : .none, "spare of \(name)")
    } else {
      expect(false, isFilled, "right in the spare of \(name)")
    }
  }
}
