import Foundation
import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// A machine on which random programs do random things, one step at a time.
///
/// What is done next depends on nothing but the seed and the kernel's state, so a failure
/// is replayed by its seed.
struct RandomWorld {
  let machine: TestMachine
  var random: RandomSource
  /// What was done, newest last, for the report of a failure.
  private(set) var trace: [String] = []
  /// How often each call ended with each status.
  private(set) var outcomes: [SyscallNumber: [SyscallStatus: Int]] = [:]
  /// Revokes that were not answered yet, and what each mapping was given.
  var revokes: [PendingRevoke] = []
  var ceilings: [MappingKey: Rights] = [:]
  /// Pages that devices were told they may reach, until somebody said that they no longer do; and
  /// whose memory they were.
  var devicePages: [DevicePage: UInt32] = [:]

  /// - Parameter interleaves: Whether other threads may act between two batches of work.
  init(seed: UInt64, cpuCount: Int = 1, interleaves: Bool = true) {
    random = RandomSource(seed: seed)
    var configuration = SimulatedPlatform.Configuration()
    configuration.frameCount = 120 + random.below(160)
    configuration.addressSpaceIdentifierCount = UInt32(1 + random.below(6))
    configuration.pageTableFormat = SimulatedPageTableFormat(
      levelCount: 3, sharesRoot: random.chance(50))
    machine = TestMachine(configuration, objectLimit: UInt64(60 + random.below(300)))
    let shared: [(ObjectType, [UInt64])] = [
      (.endpoint, []), (.endpoint, []), (.notification, []), (.notification, []),
      (.memory, [8192]), (.memory, [4096]),
      (.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 3]),
      // Much more than its share is what its threads use.
      (.budget, [40 * 4096, 40] + (random.chance(80) ? [1, 1_000] : [])),
    ]
    for (type, words) in shared { _ = machine.make(type, words) }
    for _ in 0..<3 { spawn() }
    machine.runsWork = !interleaves
  }

  var isOver: Bool { !machine.isAlive(machine.initial.thread) || isExhausted }
  /// No thread can act, nor will any.
  private(set) var isExhausted = false

  // MARK: Steps

  /// Does one thing.
  mutating func step() {
    let workers = threads {
      $0.work != .none && $0.isQueued || $0.work != .none && $0.state == .running
    }
    let hasReaping = !machine.kernel.objects.shared.reaper.isEmpty
    if !workers.isEmpty || hasReaping, random.chance(60) { return doWork(workers) }
    if random.chance(6) { return happen() }
    let able = able()
    guard !able.isEmpty else { return unblock(workers) }
    if able.count < 4, random.chance(30) { return spawn() }
    if !workers.isEmpty, random.chance(70), disturb() { return }
    let thread = random.pick(able)
    if random.chance(8) { return touch(thread) }
    if random.chance(2) { return fault(thread) }
    switch random.below(100) {
    case 0..<30: coincide(thread)
    case 30..<36: extendChain(thread)
    case 36: revokeLargeTree(thread)
    default: act(thread)
    }
  }

  /// Threads that can make a call now.
  func able() -> [ThreadID] {
    threads { thread in
      thread.isRunnable && thread.work == .none && (thread.state == .running || thread.isQueued)
    }
  }

  func threads(_ isWanted: (KernelThread) -> Bool) -> [ThreadID] {
    // Nothing of a process that stopped or is ending runs; one that is gone has no threads.
    Census(machine.kernel).threads.filter {
      let thread = machine.kernel.objects[$0]
      return !thread.isDetached && machine.kernel.objects[thread.process].state == .running
        && isWanted(thread)
    }
    .sorted { $0.granule < $1.granule }
  }

  mutating func note(_ text: String) {
    if RandomSource.isTracing { FileHandle.standardError.write(Data((text + "\n").utf8)) }
    trace.append(text)
    if trace.count > 40 { trace.removeFirst(20) }
  }

  /// One batch of work: of a thread's call, or of ending processes.
  private mutating func doWork(_ workers: [ThreadID]) {
    if !workers.isEmpty {
      let worker = random.pick(workers)
      note("batch of thread \(worker.granule): \(machine.kernel.objects[worker].work)")
      machine.become(worker)
    } else {
      note("batch of reaping")
    }
    machine.enter { if $0.hasWork { $0.runBatch() } }
  }

  /// Nobody can act: time passes, or init is woken by force of its own deadline.
  private mutating func unblock(_ workers: [ThreadID]) {
    if !workers.isEmpty || !machine.kernel.objects.shared.reaper.isEmpty { return doWork(workers) }
    let due = machine.kernel.platform.cpus[0].timerDeadline
    // Some ask for a deadline close to the end of time; the world's own clock ends before.
    guard due < 1 << 62 else {
      isExhausted = true
      return
    }
    note("idle until \(due)")
    machine.advance(to: max(due, machine.now))
  }

  /// Something from outside: time, an interrupt line, an early timer.
  private mutating func happen() {
    switch random.below(5) {
    case 0, 1:
      let time = machine.now + UInt64(random.below(3_000))
      note("time passes to \(time)")
      machine.advance(to: time)
    case 2:
      let line = UInt32(random.below(8))
      note("line \(line) is raised")
      machine.kernel.platform.raise(line: line)
      machine.takeInterrupts()
      if random.chance(70) { machine.kernel.platform.lower(line: line) }
    case 3:
      let line = UInt32(random.below(8))
      note("line \(line) is pulsed")
      machine.kernel.platform.pulse(line: line)
      machine.takeInterrupts()
    default:
      note("the timer fires early")
      _ = machine.kernel.platform.fireTimerEarly(cpu: 0)
      machine.enter { $0.timerFired() }
    }
  }

  private mutating func touch(_ thread: ThreadID) {
    let address = pageAddress()
    note("thread \(thread.granule) touches \(String(address, radix: 16))")
    machine.become(thread)
    let access =
      random.chance(50)
      ? machine.kernel.platform.load(address)
      : machine.kernel.platform.store(random.next(), at: address)
    if case .fault(let fault) = access, random.chance(10) {
      note("and faults")
      machine.enter { $0.faulted(fault) }
    }
  }

  private mutating func fault(_ thread: ThreadID) {
    note("thread \(thread.granule) faults")
    machine.become(thread)
    machine.enter { $0.faulted(Fault(kind: .illegalInstruction, address: 4, code: 9)) }
  }

  /// Makes a system call as `thread` with these registers.
  mutating func invoke(
    _ thread: ThreadID, _ word: CallWord, _ a0: UInt64, _ a1: UInt64, _ a2: UInt64,
    _ words: [UInt64]
  ) {
    let actor = Actor(
      thread: thread, process: machine.kernel.objects[thread].process,
      threadHandle: .none, processHandle: .none)
    let name = SyscallNumber(rawValue: UInt8(word.number)).map { "\($0)" } ?? "\(word.number)"
    let slots = [a0, a1].map { String($0, radix: 16) }
    note(
      "thread \(thread.granule): \(name) \(slots[0]) \(slots[1]) \(String(a2, radix: 16)) "
        + "words \(words.prefix(4).map { String($0, radix: 16) }) "
        + "word \(String(word.rawValue, radix: 16))")
    let number = SyscallNumber(rawValue: UInt8(word.number))
    beforeCall(actor, number, a0)
    if number == .map { noteMappings() }
    let memory = named(.memory, by: actor, a0)
    let space = named(.dmaSpace, by: actor, number == .unmap ? a0 : a1)
    let outcome = machine.invoke(actor, word: word, a0, a1, a2, words: words)
    if number == .map, words.count > 2 { afterMap(rights: words[2]) }
    if outcome.status == .ok, let space {
      if number == .map, let memory {
        reach(space, outcome.value, byteCount: words[1], of: memory)
      } else if number == .unmap {
        reach(space, a1, byteCount: a2, of: nil)
      }
    }
    if let status = outcome.status, let number = SyscallNumber(rawValue: UInt8(word.number)) {
      outcomes[number, default: [:]][status, default: 0] += 1
      note("  \(status) \(outcome.value)")
    }
  }

  /// Init makes a new process with running threads and gives it some of what it has.
  mutating func spawn() {
    guard machine.canAct(machine.initial) else { return }
    note("init spawns")
    let initial = machine.initial
    let runsWork = machine.runsWork
    machine.runsWork = true
    defer { machine.runsWork = runsWork }
    // From a child budget at times, whose end takes the process along.
    let budgets = handles(of: initial.process, .budget)
    let own = TestMachine.budgetHandle
    let budget = budgets.isEmpty || random.chance(50) ? own : random.pick(budgets)
    func create(_ type: ObjectType, _ words: [UInt64], _ payer: Handle) -> Handle? {
      guard machine.canAct(initial) else { return nil }
      let outcome = machine.call(
        initial, .create, UInt64(payer.rawValue), UInt64(type.rawValue), 0xffff, words)
      return outcome.status == .ok ? outcome.handle : nil
    }
    guard let process = create(.process, [], budget) else { return }
    guard let memory = create(.memory, [4096], own) else { return }
    machine.map(initial, memory, process: process, at: Actor.scratch)
    var threads: [Handle] = []
    for _ in 0..<2 + random.below(3) {
      let words = [UInt64(process.rawValue), UInt64(98 + random.below(3))]
      guard let thread = create(.thread, words, budget) else { break }
      threads.append(thread)
    }
    // The shared objects for all, and a few of whatever init has; some endpoints twice.
    let all = handles(of: initial.process)
    var some = all.filter { $0.slot > 4 && $0.slot < 16 || random.chance(12) }
    if random.chance(60) { some += some.prefix(2) }
    for handle in some + [process] + threads.prefix(2) {
      guard machine.canAct(initial) else { return }
      let rights = random.chance(80) ? Rights.all : Rights(bits: UInt16(random.below(256)))
      machine.copy(
        initial, handle, to: process, rights: rights,
        badge: random.chance(10) ? UInt64(random.below(3)) : 0)
    }
    for thread in threads where machine.canAct(initial) {
      machine.call(initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
    }
    guard machine.canAct(initial) else { return }
    if random.chance(40), let notification = handles(of: initial.process, .notification).first {
      machine.call(
        initial, .bind, UInt64(process.rawValue), UInt64(notification.rawValue))
    }
    // Orphans: nobody outside names them any more.
    guard random.chance(25), machine.canAct(initial) else { return }
    for handle in threads + [process] where machine.canAct(initial) {
      machine.delete(initial, handle)
    }
  }

  /// The handles that a process holds, by slot.
  func handles(of process: ProcessID, _ type: ObjectType? = nil) -> [Handle] {
    var result: [Handle] = []
    for slot in Census.allSlots(of: process, machine.kernel) {
      let held = machine.kernel.objects[slot]
      if held.state == .held, type == nil || held.type == type { result.append(held.handle) }
    }
    return result
  }

  mutating func pageAddress() -> UInt64 {
    if random.chance(85) { return Actor.scratch + UInt64(random.below(6)) * 4096 }
    let limit = machine.kernel.format.userAddressLimit
    return random.pick([
      0, 0xf000, 0x1_0000, 0x20_0000 - 4096, limit - 4096, limit, limit + 4096, 1 << 63,
      UInt64.max - 4095, 0x40_0004,
    ])
  }
}
