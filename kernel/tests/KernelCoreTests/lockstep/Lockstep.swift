import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore
@testable import KernelModel

/// A kernel and the model of it, which make the same random steps and must agree after each.
///
/// What is done depends on nothing but the seed and the world, so a failure is replayed by its
/// seed.
struct Lockstep {
  let seed: UInt64
  let machine: TestMachine
  private(set) var world: World
  private(set) var names: Correspondence
  var random: RandomSource
  /// The calls of threads that wait, and until when they do.
  private var pending: [ModelObject: Request] = [:]
  private(set) var deadlines: [ModelObject: UInt64] = [:]
  /// Handles that were used, some of which name nothing any more.
  var usedHandles: [UInt64] = []
  private(set) var stepCount = 0
  private var trace: [String] = []
  /// How often each kind of step ended how.
  private(set) var outcomes: [String: [String: Int]] = [:]
  /// What the model and the kernel disagree about.
  private(set) var failure: String?

  init(seed: UInt64) {
    self.seed = seed
    random = RandomSource(seed: seed)
    machine = Self.makeMachine(&random)
    let initial = InitialWorld(machine.kernel)
    world = initial.world
    names = initial.names
    let comparison = Comparison(world, machine.kernel, names: names, deadlines: [:])
    if !comparison.differences.isEmpty { fail("the beginning", comparison.differences) }
  }

  /// Whether nothing can happen any more.
  var isOver: Bool {
    !world.threads.keys.contains { world.mayRun($0) } && nextDeadline == nil
  }

  // MARK: Steps

  mutating func step() {
    stepCount += 1
    let able = world.threads.keys.filter { world.mayRun($0) }.sorted()
    if let next = nextDeadline, able.isEmpty || random.chance(able.count < 3 ? 30 : 4) {
      return passDeadline(of: next.thread, at: next.time)
    }
    guard !able.isEmpty else { return }
    let thread = random.pick(able)
    switch random.below(100) {
    case 0..<4: touch(thread)
    case 4: fault(thread)
    default: call(by: thread)
    }
  }

  private var nextDeadline: (thread: ModelObject, time: UInt64)? {
    deadlines.filter { world.threads[$0.key]?.activity.hasDeadline == true }
      .min { $0.value < $1.value }.map { ($0.key, $0.value) }
  }

  /// A time that is no other deadline, far enough away for all else that takes time.
  func deadline(_ random: inout RandomSource) -> UInt64 {
    machine.now + UInt64(1 + random.below(8)) << 40 + UInt64(stepCount) << 24
  }

  private mutating func passDeadline(of thread: ModelObject, at time: UInt64) {
    note("time passes to the deadline of thread \(thread.number)")
    take(.deadline(of: thread), "time-out", by: nil) { lockstep in
      lockstep.machine.kernel.platform.advance(to: time)
    }
  }

  private mutating func fault(_ thread: ModelObject) {
    let kind = random.pick([FaultKind.read, .illegalInstruction, .breakpoint])
    let address = UInt64(random.below(1 << 30))
    let registers = machine.kernel.objects[names.thread(thread)].registers
    let fault = ModelFault(
      kind, address: address, pc: registers.programCounter, detail: 77,
      stackPointer: registers.stackPointer)
    note("thread \(thread.number) faults: \(kind)")
    take(.fault(of: thread, fault), "fault", by: nil) { lockstep in
      lockstep.machine.fault(lockstep.actor(thread), kind, at: address)
    }
  }

  /// A thread reaches for a page: the mappings of its process say whether it may.
  private mutating func touch(_ thread: ModelObject) {
    let address = RequestMaker.page(&random)
    let kind = random.pick([FaultKind.read, .write, .execute])
    let actor = actor(thread)
    let isAllowed =
      switch kind {
      case .read: machine.peek(actor, address).value != nil
      case .write: machine.poke(actor, 1, at: address).value != nil
      default: machine.fetch(actor, address).value != nil
      }
    let needed: Rights = kind == .read ? .read : kind == .write ? .write : .execute
    let mapping = mapping(at: address, of: thread)
    note("thread \(thread.number) touches \(String(address, radix: 16)): \(kind) \(isAllowed)")
    count("touch", isAllowed ? "allowed" : "refused")
    if isAllowed != (mapping?.rights.includes(needed) == true) {
      fail("touch", ["\(kind) of \(mapping.map { "\($0)" } ?? "nothing") is \(isAllowed)"])
    }
  }

  private func mapping(at address: UInt64, of thread: ModelObject) -> ModelMapping? {
    world.threads[thread].flatMap { world.processes[$0.process] }?.mappings.first {
      $0.address <= address && address < $0.address + $0.byteCount
    }
  }

  private mutating func call(by thread: ModelObject) {
    var maker = RequestMaker(self, for: thread)
    var request = maker.make()
    random = maker.random
    if let record = maker.record { request.record = write(record, at: request, of: thread) }
    usedHandles.append(request.arguments[0])
    if usedHandles.count > 200 { usedHandles.removeFirst(100) }
    guard world.models(request, by: thread) else { return count("not modelled", "") }
    let name = SyscallNumber(rawValue: UInt8(request.callWord & 0xff)).map { "\($0)" } ?? "unknown"
    let process = world.threads[thread]?.process.number ?? 0
    note("thread \(thread.number) of \(process): \(name) \(request.summary)")
    take(.systemCall(by: thread, request), name, by: (thread, request)) { lockstep in
      let arguments = request.arguments
      lockstep.machine.invoke(
        lockstep.actor(thread), word: CallWord(rawValue: request.callWord), arguments[0],
        arguments[1], arguments[2], words: request.words)
    }
  }

  /// Writes a transfer record, if the thread may, and says what a kernel reads there.
  private mutating func write(
    _ record: Record, at request: Request, of thread: ModelObject
  ) -> Record? {
    let address = request.arguments[2]
    let actor = actor(thread)
    var words: [UInt64] = []
    for (index, word) in ([record.count, record.accepts] + record.transfers).enumerated() {
      _ = machine.poke(actor, word, at: address &+ UInt64(index) * 8)
      guard let word = machine.peek(actor, address &+ UInt64(index) * 8).value else { return nil }
      words.append(word)
    }
    return Record(count: words[0], accepts: words[1], transfers: Array(words[2...]))
  }

  func actor(_ thread: ModelObject) -> Actor {
    let id = names.thread(thread)
    return Actor(
      thread: id, process: machine.kernel.objects[id].process, threadHandle: .none,
      processHandle: .none)
  }

  // MARK: Agreement

  /// Makes a step on both sides and goes on with an outcome that is what the kernel did.
  private mutating func take(
    _ event: Event, _ kind: String, by caller: (thread: ModelObject, request: Request)?,
    _ act: (Lockstep) -> Void
  ) {
    act(self)
    settle()
    if let caller { pending[caller.thread] = caller.request }
    let observed = completions()
    if let caller { setDeadline(of: caller.thread, caller.request, observed) }
    for thread in observed.keys {
      pending[thread] = nil
      deadlines[thread] = nil
    }
    let status = caller.map { observed[$0.thread].map { "\($0.status)" } ?? "waits" } ?? ""
    count(kind, status)
    if let caller { note("  \(status) \(observed[caller.thread]?.value ?? 0)") }
    let candidates = steps(of: event, in: world, observing: observed)
    var nearest: [String]?
    for candidate in candidates {
      let comparison = Comparison(
        candidate.world, machine.kernel, names: names, deadlines: deadlines)
      if comparison.differences.isEmpty { return accept(candidate.world, comparison.names) }
      if comparison.differences.count < nearest?.count ?? .max { nearest = comparison.differences }
    }
    let other = nearest == nil ? outcomes(event, observed) : []
    fail(kind, (nearest ?? other) + machine.findings.prefix(3))
  }

  /// What the model allows, for the report that none of it is what was seen.
  private func outcomes(_ event: Event, _ observed: [ModelObject: Completion]) -> [String] {
    let allowed = KernelModel.outcomes(of: event, in: world, observing: observed)
    return ["no such outcome; seen \(describe(observed))"]
      + allowed.map { "allowed \(describe($0.completions))" }
  }

  private mutating func accept(_ next: World, _ names: Correspondence) {
    world = next
    self.names = names
    self.names.forget(allBut: world.isThere)
    pending = pending.filter { world.threads[$0.key]?.activity.isWaiting == true }
    deadlines = deadlines.filter { pending[$0.key] != nil }
  }

  private mutating func setDeadline(
    of thread: ModelObject, _ request: Request, _ observed: [ModelObject: Completion]
  ) {
    let deadline = request.arguments[1]
    deadlines[thread] = observed[thread] == nil && deadline != Deadline.never ? deadline : nil
  }

  /// The calls that have ended by now.
  private func completions() -> [ModelObject: Completion] {
    var result: [ModelObject: Completion] = [:]
    for (thread, request) in pending {
      let id = names.thread(thread)
      guard machine.isAlive(id) else { continue }
      let held = machine.kernel.objects[id]
      guard held.state == .ready || held.state == .running, held.work == .none else { continue }
      let registers = held.registers
      result[thread] = Completion(
        of: request, result: registers.callWord,
        arguments: [registers.argument0, registers.argument1, registers.argument2],
        words: (0..<8).map { registers[word: $0] })
    }
    return result
  }

  /// Has the kernel do all that it has begun. A CPU on which no thread runs does the ends.
  private func settle() {
    // A call that does not wait for its answer ends by the timer.
    machine.takeInterrupts()
    for _ in 0..<10_000 {
      let worker = world.threads.keys.first {
        let id = names.thread($0)
        guard machine.isAlive(id) else { return false }
        let held = machine.kernel.objects[id]
        return held.work != .none && held.isRunnable && (held.state == .running || held.isQueued)
      }
      if let worker {
        machine.continueWork(of: actor(worker))
      } else if machine.isReaping {
        machine.enter(cpu: 1) { if $0.hasWork { $0.runBatch() } }
        machine.takeInterrupts()
      } else {
        break
      }
    }
  }

  // MARK: Reports

  private mutating func count(_ kind: String, _ outcome: String) {
    outcomes[kind, default: [:]][outcome, default: 0] += 1
  }

  private mutating func note(_ text: @autoclosure () -> String) {
    trace.append("\(stepCount) \(text())")
    if trace.count > 60 { trace.removeFirst(20) }
  }

  private mutating func fail(_ kind: String, _ differences: [String]) {
    failure = """
      MNOS_SEED=\(seed): model and kernel differ at step \(stepCount), \(kind)
      \(differences.prefix(8).joined(separator: "\n"))
      after
      \(trace.suffix(20).joined(separator: "\n"))
      """
  }
}
