import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Kernel work one batch at a time, with other calls in between, and what it did.
extension TestMachine {
  // MARK: Batches

  /// Runs `body` with the kernel's work held back: a call does its first batch only.
  @discardableResult
  func holdingWork<Result>(_ body: () -> Result) -> Result {
    let ranWork = runsWork
    runsWork = false
    defer { runsWork = ranWork }
    return body()
  }

  /// Whether an actor's call has work left.
  func isWorking(_ actor: Actor) -> Bool {
    isAlive(actor.thread) && kernel.objects[actor.thread].work != .none
  }

  /// Does one batch of the work that an actor's call began.
  func continueWork(of actor: Actor) {
    holdingWork {
      become(actor.thread)
      enter { if $0.hasWork { $0.runBatch() } }
    }
  }

  /// Does batches of an actor's work until its call has an outcome.
  ///
  /// - Returns: How many it took, or nil after `limit`.
  @discardableResult
  func finishWork(of actor: Actor, limit: Int = 10_000, between: () -> Void = {}) -> Int? {
    var count = 0
    while isWorking(actor) {
      guard count < limit else { return nil }
      continueWork(of: actor)
      count += 1
      between()
    }
    return count
  }

  /// Does all work that the kernel has on its own account, such as ending processes.
  ///
  /// - Returns: Batches done, or nil after `limit`.
  @discardableResult
  func finishEnding(limit: Int = 10_000, between: () -> Void = {}) -> Int? {
    var count = 0
    while kernel.isReaping {
      guard count < limit else { return nil }
      holdingWork { enter { if $0.hasWork { $0.runBatch() } } }
      count += 1
      between()
    }
    return count
  }

  /// The end of something large goes on at priority 50, init sleeps; what `prepare` made.
  static func withLargeEnd<Result>(
    _ prepare: (TestMachine) -> Result
  ) -> (TestMachine, Result) {
    let machine = TestMachine(frames: 16384)
    let result = prepare(machine)
    let causer = machine.spawn(priority: 50)
    let budget = machine.make(.budget, [5_000 * 4096, 100])
    let memory = machine.make(.memory, [4_096 * 4096], budget: budget)
    let process = machine.make(.process, budget: budget)
    for index in 0..<8 as Range<UInt64> {
      machine.map(
        machine.initial, memory, process: process, at: (index + 1) << 30,
        byteCount: 4_096 * 4096)
    }
    let theirs = machine.give(budget, to: causer)
    let own = machine.give(causer.threadHandle, to: causer)
    machine.holdingWork {
      machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
      machine.destroy(causer, theirs)
      machine.call(causer, .suspend, UInt64(own.rawValue))
    }
    precondition(machine.priorityOfEnds == 50, "the end does not go on")
    return (machine, result)
  }

  /// Runs the machine for so many slices; each call and each batch takes `step` nanoseconds.
  ///
  /// - Parameters:
  ///   - whileEnding: Whether to stop as soon as nothing is left to be ended.
  ///   - act: What a thread does when it runs.
  /// - Returns: How often each thread ran, by its granule, and how many batches there were.
  func run(
    slices: UInt64, step: UInt64 = 500_000, whileEnding: Bool = true, act: (ThreadID) -> Void
  ) -> (acts: [UInt32: Int], batches: Int) {
    var acts: [UInt32: Int] = [:]
    var batches = 0
    let end = now + slices * TestKernel.sliceLength
    holdingWork {
      while now < end, kernel.isReaping || !whileEnding {
        if kernel.hasWork {
          enter { $0.runBatch() }
          batches += 1
        } else {
          let thread = kernel.current
          acts[thread.granule, default: 0] += 1
          if !thread.isNone { act(thread) }
        }
        advance(to: now + step)
      }
    }
    return (acts, batches)
  }

  // MARK: Counts

  /// What is alive, as the kernel's own counters say.
  struct Counts: Equatable {
    var capabilities = 0
    var objects = 0
    var pages = 0
    /// Threads that wait for something.
    var waiters = 0

    /// How many things ended, were given up or woken on the way to `later`.
    func released(until later: Counts) -> Int {
      max(0, capabilities - later.capabilities) + max(0, objects - later.objects)
        + max(0, pages - later.pages) + max(0, waiters - later.waiters)
    }
  }

  var counts: Counts {
    var counts = Counts()
    counts.capabilities = Int(kernel.capabilityCount)
    for type in ObjectType.allNames where type != .none {
      counts.objects += Int(kernel.objects.shared.count(of: type))
    }
    let census = Census(kernel)
    for mapping in census.mappings { counts.pages += Int(kernel.objects[mapping].mappedCount) }
    for thread in census.threads {
      switch kernel.objects[thread].state {
      case .sending, .receiving, .waiting, .awaitingReply: counts.waiters += 1
      case .new, .ready, .running, .faulted, .ended: break
      }
    }
    return counts
  }

  /// The most that any single entry or batch released while `body` ran, which makes one
  /// call, and all work that followed.
  func largestRelease(_ body: () -> Void) -> Int {
    var before = counts
    var largest = 0
    func look() {
      let now = counts
      largest = max(largest, before.released(until: now))
      before = now
    }
    holdingWork {
      body()
      look()
      // The end of a process may be put off by others' work, and the other way about.
      var idle = 0
      while idle < 2 {
        kernel.enter(cpu: 0)
        guard kernel.hasWork else {
          idle += 1
          kernel.leave()
          // What is not the running thread's doing waits for its slice to be over.
          advance(to: now + TestKernel.sliceLength)
          look()
          continue
        }
        enter { $0.runBatch() }
        look()
      }
    }
    return largest
  }

  /// Granules of 64 bytes of RAM that differ after `body`.
  func changedGranules(_ body: () -> Void) -> Int {
    func frames() -> [UInt64] {
      let range = kernel.platform.ramRange
      return stride(from: range.lowerBound, to: range.upperBound, by: 4096).map {
        kernel.platform.digest(ofFrame: $0)
      }
    }
    let range = kernel.platform.ramRange
    let old = kernel.platform.clone()
    let before = frames()
    body()
    let after = frames()
    var count = 0
    for (index, pair) in zip(before, after).enumerated() where pair.0 != pair.1 {
      let frame = range.lowerBound + UInt64(index) * 4096
      for granule in stride(from: frame, to: frame + 4096, by: 64) {
        let isChanged = (0..<8 as Range<UInt64>).contains {
          kernel.platform.physicalWord(at: granule + $0 * 8)
            != old.physicalWord(at: granule + $0 * 8)
        }
        if isChanged { count += 1 }
      }
    }
    return count
  }

  // MARK: Whole machine

  /// Frames that are not free, and what init's budget says, by their system calls.
  var usage: (frames: UInt64, bytes: UInt64, objects: UInt64) {
    guard let machine = query(initial, Self.machineHandle),
      let budget = query(initial, Self.budgetHandle)
    else { preconditionFailure("init cannot query") }
    return (machine[0] - machine[1], budget[1], budget[3])
  }

  /// Capabilities of the whole machine, by its system call.
  var liveCapabilities: UInt64 { query(initial, Self.machineHandle)?[4] ?? 0 }
}
