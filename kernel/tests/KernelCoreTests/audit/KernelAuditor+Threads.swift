import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Threads, what they wait for, and who runs.
extension KernelAuditor {
  /// Bound slots: each knows for whom, and that one knows it.
  mutating func checkBindings(_ kernel: borrowing TestKernel) {
    for slot in census.slots where kernel.objects[slot].state == .bound {
      let bound = kernel.objects[slot]
      let name = "binding \(bound.role) of holder \(bound.holder)"
      guard isLive(bound.holder) else {
        expect(false, "\(name): its holder is gone")
        continue
      }
      let thread = bound.holder.narrowed(to: ThreadTag.self)
      let process = bound.holder.narrowed(to: Process.self)
      switch bound.role {
      case .none: expect(false, name)
      case .threadNotification: expect(kernel.objects[thread].boundSlot == slot, name)
      case .faultHandler: expect(kernel.objects[thread].faultHandler == slot, name)
      case .threadEnd: expect(kernel.objects[thread].endWatcher == slot, name)
      case .supervisor: expect(kernel.objects[process].supervisor == slot, name)
      case .interruptTarget:
        expect(kernel.objects[bound.holder.narrowed(to: Interrupt.self)].target == slot, name)
      case .ports:
        let slots = kernel.objects[process].portSlots
        expect((0..<4).count { slots[$0] == slot } == 1, name)
      }
    }
    for thread in census.threads {
      let object = kernel.objects[thread]
      for slot in [object.boundSlot, object.faultHandler, object.endWatcher] where !slot.isNone {
        expect(
          isLive(slot) && kernel.objects[slot].state == .bound
            && kernel.objects[slot].holder == thread.header,
          "thread \(thread.granule): a binding whose slot is not bound to it")
      }
      expect(
        object.boundSlot.isNone == object.boundNotification.isNone,
        "thread \(thread.granule): half bound")
      guard !object.boundNotification.isNone else { continue }
      expect(
        isLive(object.boundNotification)
          && kernel.objects[object.boundNotification].boundThread == thread,
        "thread \(thread.granule): its notification does not know it")
    }
    for notification in census.notifications {
      let bound = kernel.objects[notification].boundThread
      guard !bound.isNone else { continue }
      expect(
        isLive(bound) && kernel.objects[bound].boundNotification == notification,
        "notification: bound to a thread that does not know it")
    }
  }

  /// The threads of each process, and what their states promise.
  mutating func checkThreads(_ kernel: borrowing TestKernel) {
    var listed: Set<UInt32> = []
    let alive = members(of: kernel.objects.shared.processes, "all processes", kernel)
    expect(
      Set(alive.map(\.granule))
        == Set(
          census.processes.filter { kernel.objects[$0].state != .ended }.map(\.granule)),
      "all processes: not those that have not ended")
    for process in census.processes {
      let (number, maker) = (kernel.objects[process].number, kernel.objects[process].maker)
      expect(
        maker < number && number <= kernel.objects.shared.processesMade,
        "process \(number): made by \(maker)")
      let threads = members(of: kernel.objects[process].threads, "process's threads", kernel)
      for thread in threads {
        expect(listed.insert(thread.granule).inserted, "thread listed twice")
        let object = kernel.objects[thread]
        expect(object.process == process, "thread \(thread.granule): of another process")
        expect(!object.isDetached, "thread \(thread.granule): ended but listed")
        expect(
          object.number <= kernel.objects[process].threadsMade, "thread \(object.number): number")
      }
      // The times of what runs lack the timestamps at which they began.
      let now = kernel.platform.time
      let ran = threads.reduce(UInt64(0)) { (sum, thread) in
        let isRunning = kernel.objects[kernel.objects[thread].home].current == thread
        return sum &+ (kernel.objects[thread].cpuTime &+ (isRunning ? now : 0))
      }
      let active = (0..<kernel.objects.shared.cpuCount).count {
        kernel.objects[kernel.objects.shared.cpus[$0]].activeProcess == process
      }
      let time = kernel.objects[process].cpuTime &+ UInt64(active) &* now
      expect(time >= ran, "process: ran for less than its threads did")
      expect(
        time / UInt64(kernel.objects.shared.cpuCount) <= now, "process: ran for longer than all")
      let count = UInt32(threads.count)
      expect(kernel.objects[process].threadCount == count, "process: thread count")
      expect(
        kernel.objects[process].state != .ended || count == 0, "process: ended with threads")
    }
    for thread in census.threads {
      let object = kernel.objects[thread]
      expect(
        (object.state != .ended || !object.isDetached) == listed.contains(thread.granule)
          && (object.isDetached || object.state != .ended || object.header.isDoomed
            || kernel.objects[object.process].header.isDoomed),
        "thread \(thread.granule): \(object.state) and listed or not")
      let waits = [.sending, .receiving, .waiting].contains(object.state)
      expect(
        object.waitSlot.isNone == !waits, "thread \(thread.granule): \(object.state), wait slot")
      expect(
        object.replySlot.isNone == (object.state != .awaitingReply)
          || object.replySlot.isNone && object.header.isDoomed,
        "thread \(thread.granule): \(object.state), reply slot")
      if !object.spare.isNone {
        expect(
          isLive(object.spare) && kernel.objects[object.spare].holder == thread.header
            && [.spare, .held].contains(kernel.objects[object.spare].state)
            && kernel.objects[object.spare].owner == object.process,
          "thread \(thread.granule): its spare is something else")
      }
      if object.state == .receiving {
        expect(
          kernel.objects.hasEmptySpare(thread),
          "thread \(thread.granule): receives without a place for the right to answer")
      }
      if !object.replySlot.isNone {
        expect(
          isLive(object.replySlot) && kernel.objects[object.replySlot].type == .reply
            && kernel.objects[object.replySlot].object == thread.header,
          "thread \(thread.granule): its reply right is something else")
      }
      if object.timer.isArmed {
        expect(
          object.isThrottled && object.state != .ended || waits || object.state == .awaitingReply,
          "thread \(thread.granule): \(object.state) with a timer")
      }
      expect(
        object.work == .none || object.state == .running || object.state == .ready
          || object.state == .ended,
        "thread \(thread.granule): \(object.state) with work")
      checkTransit(of: thread, kernel)
    }
  }

  /// Parked capabilities: in transit for exactly the thread that sends them.
  private mutating func checkTransit(of thread: ThreadID, _ kernel: borrowing TestKernel) {
    let object = kernel.objects[thread]
    var parked: [SlotID] = []
    if object.message.transferCount > 0 {
      expect(object.state == .sending, "thread \(thread.granule): \(object.state) but parked")
      parked = (0..<Int(object.message.transferCount)).map { object.message.parked[$0] }
    }
    let inTransit = inTransit[thread.granule] ?? []
    expect(
      Set(parked.map(\.granule)) == Set(inTransit.map(\.granule))
        && parked.count == inTransit.count,
      "thread \(thread.granule): \(parked.count) parked, \(inTransit.count) in transit")
    for slot in inTransit {
      expect(
        kernel.objects[slot].owner == object.process, "in transit from another process's table")
      expect(
        !kernel.objects[slot].hasDependents,
        "someone waits through a capability in transit")
    }
  }

  /// Queues of endpoints and notifications, and the lists of waiters of each slot.
  mutating func checkWaiting(_ kernel: borrowing TestKernel) {
    var queued: Set<UInt32> = []
    for endpoint in census.endpoints {
      let object = kernel.objects[endpoint]
      let threads = members(of: object.queue, "endpoint queue", kernel)
      expect(threads.isEmpty == (object.waiters == .none), "endpoint: who waits")
      expect(
        threads.isEmpty || !object.isDeserted || object.header.isDoomed,
        "endpoint: deserted but waited for")
      let state = object.waiters == .senders ? ThreadState.sending : .receiving
      for thread in threads {
        expect(queued.insert(thread.granule).inserted, "thread in two queues")
        expect(kernel.objects[thread].state == state, "endpoint queue: state of a thread")
        let slot = kernel.objects[thread].waitSlot
        guard isLive(slot) else { continue }
        expect(
          kernel.objects[slot].object == endpoint.header, "waits through another endpoint")
        let needed: Rights = state == .sending ? .write : .read
        let isFault = kernel.objects[thread].message.isFault
        expect(
          isFault || kernel.objects[slot].rights.includes(needed), "waits without the right")
      }
    }
    for notification in census.notifications {
      let object = kernel.objects[notification]
      let threads = members(of: object.queue, "notification queue", kernel)
      expect(threads.isEmpty || object.word == 0, "a waiter sleeps with a non-zero word")
      expect(
        threads.isEmpty || !object.isDestroyed || object.header.isDoomed,
        "notification: destroyed but waited for")
      for thread in threads {
        expect(queued.insert(thread.granule).inserted, "thread in two queues")
        expect(kernel.objects[thread].state == .waiting, "notification queue: state")
      }
      if !object.boundThread.isNone, isLive(object.boundThread) {
        expect(
          kernel.objects[object.boundThread].state != .receiving || object.word == 0,
          "a bound receiver sleeps with a non-zero word")
      }
    }
    for thread in census.threads
    where [.sending, .receiving, .waiting].contains(kernel.objects[thread].state) {
      expect(queued.contains(thread.granule), "thread \(thread.granule): waits in no queue")
    }
    checkDependents(kernel)
  }

  private mutating func checkDependents(_ kernel: borrowing TestKernel) {
    var seen: Set<UInt32> = []
    for slot in census.slots {
      for thread in members(of: kernel.objects[slot].waiters, "a slot's waiters", kernel) {
        expect(seen.insert(thread.granule).inserted, "a waiter listed twice")
        expect(
          kernel.objects[thread].waitSlot == slot, "a waiter that waits through another slot")
      }
    }
    for thread in census.threads where !kernel.objects[thread].waitSlot.isNone {
      expect(seen.contains(thread.granule), "waits through a slot that does not know it")
    }
  }

  mutating func checkRunQueues(_ kernel: borrowing TestKernel) {
    var queued: Set<UInt32> = []
    var running: Set<UInt32> = []
    for index in 0..<kernel.platform.cpuCount {
      let state = kernel.objects[kernel.objects.shared.cpus[index]]
      var highest = -1
      for priority in 0..<256 {
        guard !state.ready.first(atPriority: priority).isNone else { continue }
        highest = priority
        let queue = state.ready.queue(atPriority: priority)
        for thread in members(of: queue, "run queue \(priority)", kernel) {
          let object = kernel.objects[thread]
          expect(queued.insert(thread.granule).inserted, "thread in two run queues")
          expect(
            object.state == .ready && object.isQueued && !object.isSuspended
              && Int(object.priority) == priority
              && object.home == kernel.objects.shared.cpus[index],
            "run queue: thread \(thread.granule) does not belong there")
        }
      }
      expect(state.ready.highestPriority == highest, "run queue: highest priority")
      let current = state.current
      // With many threads to be looked at, interrupts come first: between two batches only.
      let isPutOff = ignoresPriorities && current.isNone && state.needsSchedule
      if current.isNone {
        expect(highest < 0 || isPutOff, "CPU \(index) idles while a thread is ready")
      } else if isLive(current) {
        let object = kernel.objects[current]
        expect(running.insert(current.granule).inserted, "a thread runs on two CPUs")
        expect(object.state == .running, "the current thread is \(object.state)")
        expect(!object.isSuspended, "a suspended thread runs")
        expect(
          ignoresPriorities || Int(object.priority) >= highest, "a thread of higher priority waits")
        let process = kernel.objects[object.process].state
        expect(
          process == .running || ignoresPriorities && process == .ending,
          "runs in a process that is \(process)")
      } else {
        expect(false, "the current thread is dead")
      }
      expect(!state.needsSchedule || isPutOff, "scheduling was put off")
    }
    for thread in census.threads {
      let object = kernel.objects[thread]
      expect(
        object.isQueued == queued.contains(thread.granule), "isQueued of \(thread.granule)")
      expect(
        (object.state == .running) == running.contains(thread.granule),
        "thread \(thread.granule) says it runs")
      let mayRun =
        object.state == .ready && !object.isSuspended
        && kernel.objects[object.process].state == .running
      expect(!mayRun || object.isQueued, "thread \(thread.granule): ready but forgotten")
    }
  }

  mutating func checkTimers(_ kernel: borrowing TestKernel) {
    var armed: Set<UInt32> = []
    for index in 0..<kernel.platform.cpuCount {
      let state = kernel.objects[kernel.objects.shared.cpus[index]]
      var pending: [(node: ThreadID, parent: ThreadID)] = []
      if !state.timers.earliest.isNone { pending.append((state.timers.earliest, .none)) }
      while let (node, parent) = pending.popLast() {
        guard isLive(node), armed.insert(node.granule).inserted else {
          expect(false, "timer queue: a dead thread, or one twice")
          break
        }
        let timer = kernel.objects[node].timer
        expect(timer.isArmed, "timer queue: thread \(node.granule) is not armed")
        expect(
          kernel.objects[node].home == kernel.objects.shared.cpus[index],
          "timer queue: of another CPU")
        expect(timer.parent == parent, "timer queue: link to the parent")
        if !parent.isNone {
          expect(
            kernel.objects[parent].timer.deadline <= timer.deadline, "timer queue: order")
        }
        let left = timer.left.isNone ? 0 : kernel.objects[timer.left].timer.rank
        let right = timer.right.isNone ? 0 : kernel.objects[timer.right].timer.rank
        expect(left >= right && timer.rank == right + 1, "timer queue: ranks")
        for child in [timer.left, timer.right] where !child.isNone {
          pending.append((child, node))
        }
      }
      let due = min(
        state.timers.deadline(in: kernel.objects), state.sliceEnd, state.payerEnd)
      let deadline = kernel.platform.cpus[index].timerDeadline
      expect(
        deadline <= due || kernel.platform.neglect.contains(.timer),
        "CPU \(index): timer armed for \(deadline), due \(due)")
      expect(state.armedDeadline == deadline, "CPU \(index): believes the timer is armed else")
    }
    for thread in census.threads {
      expect(
        kernel.objects[thread].timer.isArmed == armed.contains(thread.granule),
        "thread \(thread.granule): armed or not")
    }
  }
}
