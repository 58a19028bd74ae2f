import MnosABI

/// Bits on their way into a notification.
struct Signal: Hashable {
  var notification: ObjectID
  var bits: UInt64
}

/// Which of the signals that ends bring come at once, so that a waiter which is about to end itself
/// takes one along. The others come when all else is over.
final class Timing {
  let isEarly: [Bool]
  /// How many signals there were of which both is possible.
  var choiceCount = 0
  init(isEarly: [Bool]) { self.isEarly = isEarly }
}

/// A world in the middle of a step, with what the step has completed so far.
struct Change {
  var world: World
  let observed: [ObjectID: Completion]
  var completions: [ObjectID: Completion] = [:]
  var signals: [Signal] = []
  let timing: Timing
  private var choiceCount = 0
  /// False once the kernel has made a choice that it must not make.
  var isPermitted = true

  init(world: World, observed: [ObjectID: Completion], timing: Timing) {
    self.timing = timing
    self.world = world
    self.observed = observed
  }

  /// A thread that is still there goes on with the results of its call.
  mutating func complete(_ thread: ObjectID, _ completion: Completion) {
    guard world.isAlive(thread) else { return }
    world.threads[thread]?.activity = .runnable
    completions[thread] = completion
  }

  // MARK: Waits

  /// Ends a wait without what was waited for. A fault that is not handled stops the process.
  mutating func endWait(of thread: ObjectID, with status: SyscallStatus) {
    // Another's end, in the same step, may have been its own.
    guard let activity = world.threads[thread]?.activity, activity != .ended else { return }
    withdraw(thread)
    if activity.isReportedFault { stop(at: thread) } else { complete(thread, Completion(status)) }
  }

  /// Takes a thread out of whatever it waits in. What it had attached is its process's again; the
  /// right to answer it is taken from its holder.
  mutating func withdraw(_ thread: ObjectID) {
    guard let activity = world.threads[thread]?.activity else { return }
    world.threads[thread]?.activity = .runnable
    switch activity {
    case .sending(let message):
      world.endpoints[message.endpoint]?.senders.removeAll { $0 == thread }
      takeBack(message.attachments, to: thread)
    case .receiving(let reception):
      world.endpoints[reception.endpoint]?.receivers.removeAll { $0 == thread }
    case .waiting(let notification, _):
      world.notifications[notification]?.waiters.removeAll { $0 == thread }
    case .awaitingAnswer:
      if let right = world.rightToAnswer(thread) { remove(right, keepingSpare: true) }
    default: break
    }
  }

  // MARK: Handles

  /// Chooses a free slot: the one that the kernel took, if that may be.
  ///
  /// - Returns: The handle by which the slot's next capability is named.
  mutating func takeSlot(
    _ choice: UInt16, of process: ObjectID, besides taken: [UInt32] = [], observed: UInt32?
  ) -> UInt32 {
    let used = world.slotsInUse(of: process).union(taken.map { Handle(rawValue: $0).slot })
    let last = world.processes[process]?.lastHandles ?? [:]
    if let observed {
      let handle = Handle(rawValue: observed)
      isPermitted =
        isPermitted && (choice == SlotChoice.any || choice == handle.slot)
        && handle.slot != 0 && handle.slot != SlotChoice.any && handle.generation != 0
        && !used.contains(handle.slot) && last[handle.slot] != observed
      return observed
    }
    let slot = choice == SlotChoice.any ? (1..<SlotChoice.any).first { !used.contains($0) } : choice
    let generation = last[slot ?? 0].map { Handle(rawValue: $0).generation } ?? 0
    return Handle(slot: slot ?? 0, generation: generation == .max ? 1 : generation + 1).rawValue
  }

  /// Puts a capability that exists into a slot, and so out of where it was.
  mutating func put(_ id: CapabilityID, into process: ObjectID, as handle: UInt32) {
    releaseSpare(of: id, keeping: false)
    world.capabilities[id]?.place = .slot(process: process, handle: handle)
    world.processes[process]?.lastHandles[Handle(rawValue: handle).slot] = handle
  }

  /// A spare that a right was moved out of is no spare any more; one emptied in place stays.
  mutating func releaseSpare(of right: CapabilityID, keeping isKept: Bool) {
    guard let owner = world.threads.first(where: { $0.value.spare == .holding(right) })?.key else {
      return
    }
    var slot: UInt16?
    if case .slot(_, let handle)? = world.capabilities[right]?.place {
      slot = Handle(rawValue: handle).slot
    }
    world.threads[owner]?.spare = isKept ? .empty(slot: slot) : nil
  }

  // MARK: Signals

  /// Signals through a capability: its badge, or 1.
  mutating func signal(through capability: Capability) {
    signals.append(Signal(through: capability))
  }

  /// Signals that something has ended, while other things end.
  mutating func announce(through capability: Capability) {
    let signal = Signal(through: capability)
    guard world.isAwaited(signal.notification) else { return signals.append(signal) }
    let isEarly = choiceCount < timing.isEarly.count && timing.isEarly[choiceCount]
    choiceCount += 1
    timing.choiceCount = max(timing.choiceCount, choiceCount)
    if isEarly { deliver(signal) } else { signals.append(signal) }
  }

  /// Gives bits to the thread that has waited longest, else to the bound one that receives, else to
  /// the word.
  mutating func deliver(_ signal: Signal) {
    guard let notification = world.notifications[signal.notification],
      !notification.isDestroyed
    else { return }
    world.notifications[signal.notification]?.word |= signal.bits
    let word = notification.word | signal.bits
    if let waiter = notification.waiters.first {
      takeWord(of: signal.notification)
      withdraw(waiter)
      complete(waiter, Completion(value: word))
    } else {
      offerWord(of: signal.notification)
    }
  }

  /// Gives a word that is not 0 to the bound thread, if that receives.
  mutating func offerWord(of id: ObjectID) {
    guard let notification = world.notifications[id], notification.word != 0,
      let bound = world.receiverBound(to: id)
    else { return }
    withdraw(bound)
    takeWord(of: id)
    complete(bound, .word(notification.word))
  }

  @discardableResult
  mutating func takeWord(of notification: ObjectID) -> UInt64 {
    let word = world.notifications[notification]?.word ?? 0
    world.notifications[notification]?.word = 0
    return word
  }

  // MARK: The end of a step

  /// Ends all that has no reason to live, then delivers the signals in every order.
  func settled() -> [Step] {
    var change = self
    while change.endOne() {}
    guard change.isPermitted else { return [] }
    return change.withSignals()
  }

  /// The order matters only among the signals of one notification that somebody waits for.
  private func withSignals() -> [Step] {
    guard let first = signals.first else {
      return [Step(completions: completions, world: world)]
    }
    let rivals = signals.filter { $0.notification == first.notification }
    let candidates = world.isAwaited(first.notification) ? Set(rivals) : [first]
    return candidates.reduce(into: []) { steps, signal in
      var next = self
      next.signals.remove(at: signals.firstIndex(of: signal) ?? 0)
      next.deliver(signal)
      for step in next.withSignals() where !steps.contains(step) { steps.append(step) }
    }
  }
}

extension Signal {
  init(through capability: Capability) {
    self.init(
      notification: capability.object, bits: capability.badge == 0 ? 1 : capability.badge)
  }
}

extension Completion {
  /// What a receive delivers when it takes the word of the thread's notification.
  static func word(_ word: UInt64) -> Completion {
    Completion(result: ResultWord(delivered: .notification, wordCount: 0).rawValue, value: word)
  }
}

extension World {
  func boundThread(of notification: ObjectID) -> ObjectID? {
    for capability in capabilities.values where capability.object == notification {
      if case .binding(.threadNotification, let thread, _) = capability.place { return thread }
    }
    return nil
  }

  /// The thread that a notification is bound to, if that receives.
  func receiverBound(to notification: ObjectID) -> ObjectID? {
    guard let thread = boundThread(of: notification),
      case .receiving? = threads[thread]?.activity
    else { return nil }
    return thread
  }

  /// Whether the next bits of a notification wake somebody.
  func isAwaited(_ notification: ObjectID) -> Bool {
    let waiters = notifications[notification]?.waiters ?? []
    return !waiters.isEmpty || receiverBound(to: notification) != nil
  }

  func boundNotification(of thread: ObjectID) -> ObjectID? {
    binding(.threadNotification, of: thread).flatMap { capabilities[$0]?.object }
  }
}
