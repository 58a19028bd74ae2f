import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// A small machine whose every state is looked at.
final class ExploredWorld: Explorable {
  struct Image {
    let machine: MachineImage
    let done: [Int]
  }

  let configuration: ExploredConfiguration
  let machine: TestMachine
  let actors: [Actor]
  let steps: [ExploredStep]
  /// What its threads put into messages and badges that only some of them are to see.
  let secret: Secret
  private(set) var findingsOfStep: [String] = []
  let interrupt: Handle
  let interruptID: InterruptID
  /// How many steps of its program each thread has made.
  private(set) var done: [Int]
  private let keeper: MachineKeeper
  private(set) var reader: StateReader

  init(_ configuration: ExploredConfiguration, secret: Secret = Secret()) {
    self.configuration = configuration
    self.secret = secret
    steps = configuration.steps
    done = Array(repeating: 0, count: configuration.threadCount)
    machine = Self.makeMachine()
    let objects = configuration.objects.map { [machine] in machine.make($0) }
    actors = Self.makeActors(configuration, machine, objects)
    interrupt = configuration.hasInterrupt ? Self.bindLine(machine, to: objects[0]) : .none
    interruptID =
      interrupt == .none
      ? .none : machine.object(of: interrupt, in: machine.initial).narrowed(to: Interrupt.self)
    Self.derive(configuration, machine, actors)
    // Nobody but the actors can do anything with the objects.
    for object in objects { machine.delete(machine.initial, object) }
    machine.runsWork = !configuration.splitsWork
    secret.fill(machine, actors)
    keeper = MachineKeeper(machine)
    reader = StateReader(
      machine, actors: actors, configuration: configuration, interrupt: interruptID)
  }

  /// As few frames as the worlds need: going back to a state copies all of them.
  private static func makeMachine() -> TestMachine {
    var small = TestMachine.Configuration()
    small.frameCount = 48
    return TestMachine(small)
  }

  private static func makeActors(
    _ configuration: ExploredConfiguration, _ machine: TestMachine, _ objects: [Handle]
  ) -> [Actor] {
    var actors: [Actor] = []
    for role in 0..<configuration.threadCount {
      if configuration.isOneProcess, let first = actors.first {
        actors.append(machine.addThread(to: first))
        continue
      }
      let actor = machine.spawn()
      for (index, object) in configuration.holdings[role].enumerated() where object > 0 {
        let given = machine.copy(
          machine.initial, objects[object - 1], to: actor.processHandle,
          slot: UInt16(index + 1), rights: .all)
        precondition(given.status == .ok, "give: \(given)")
      }
      actors.append(actor)
    }
    return actors
  }

  private static func bindLine(_ machine: TestMachine, to notification: Handle) -> Handle {
    let line = machine.make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 3])
    let bound = machine.call(
      machine.initial, .bind, UInt64(line.rawValue), UInt64(notification.rawValue))
    precondition(bound.status == .ok, "bind: \(bound)")
    return line
  }

  /// Makes what work on the first thread's capability takes long by, in init's table; and before
  /// that, so that it is the last to go, a capability of the second thread's, in its second slot.
  private static func derive(
    _ configuration: ExploredConfiguration, _ machine: TestMachine, _ actors: [Actor]
  ) {
    let objects = machine.kernel.objects
    guard configuration.fillerCount > 0 else { return }
    let source = objects[actors[0].process].table.slot(at: 1, in: objects)
    let second = objects[actors[1].process].table.slot(at: 2, in: objects)
    objects.derive(from: source, to: second, rights: .all)
    for _ in 0..<configuration.fillerCount {
      if objects[machine.initial.process].table.free.isEmpty {
        let isGrown: Void? = try? machine.kernel.growTable(of: machine.initial.process)
        precondition(isGrown != nil, "init's table cannot grow")
        machine.kernel.growth.count = 0
      }
      objects.derive(
        from: source, to: objects[machine.initial.process].table.free.first, rights: .write)
    }
  }

  // MARK: States

  func image() -> Image { Image(machine: keeper.image(), done: done) }

  func restore(_ image: borrowing Image) {
    keeper.restore(image.machine)
    done = image.done
  }

  func read() -> (digest: StateDigest, roles: [Int]) {
    var (digest, order) = reader.read()
    if !configuration.programs.isEmpty { for count in done { digest.add(UInt64(count)) } }
    return (digest, order.roles)
  }

  /// The digest that the state would have if threads and slots were all alike.
  func reducedDigest() -> StateDigest { reader.read(isReduced: true).digest }

  /// The digest of the state with roles and slots in an order.
  func digest(in order: StateOrder) -> StateDigest { reader.digest(in: order) }

  var findings: [String] { machine.findings(ignoringPriorities: true) }

  // MARK: Steps

  func take(_ step: ExploredStep) -> Bool {
    if !configuration.programs.isEmpty, !step.isFromOutside, step.kind != .work {
      let program = configuration.programs[step.role]
      guard done[step.role] < program.count, program[done[step.role]] == step else { return false }
    }
    guard configuration.checksAuthority else { return make(step) }
    let authority = Authority(of: step, in: self)
    let before = Fingerprints(self)
    guard make(step) else { return false }
    findingsOfStep = authority.violations(from: before, to: Fingerprints(self))
    return true
  }

  private func make(_ step: ExploredStep) -> Bool {
    let actor = actors[step.role]
    machine.salt = step.role == secret.observer ? 0 : secret.salt
    switch step.kind {
    case .timeOut: return timeOut()
    case .earlyTimer: machine.enter { $0.timerFired() }
    case .slice: machine.advance(to: machine.now + TestKernel.sliceLength)
    case .interrupt: return interruptLine()
    case .acknowledge:
      machine.call(machine.initial, .acknowledge, UInt64(interrupt.rawValue))
    case .suspend: machine.suspend(actor)
    case .resume: machine.resume(actor)
    case .kill: machine.destroy(machine.initial, actor.threadHandle)
    case .work:
      guard machine.isWorking(actor), isThere(actor) else { return false }
      machine.continueWork(of: actor)
    case .end:
      guard machine.isReaping else { return false }
      // Whoever has the turn: between threads and ends that is a matter of time.
      machine.enter { $0.reapBatch() }
    default:
      guard machine.canAct(actor), machine.kernel.objects[actor.process].state == .running else {
        return false
      }
      done[step.role] += 1
      call(step, actor)
    }
    return true
  }

  private func isThere(_ actor: Actor) -> Bool {
    let thread = machine.kernel.objects[actor.thread]
    return thread.isRunnable && machine.kernel.objects[actor.process].state == .running
  }

  /// The earliest deadline passes.
  private func timeOut() -> Bool {
    let due = machine.kernel.objects[machine.kernel.cpu].timers.deadline(in: machine.kernel.objects)
    guard due < 1 << 62 else { return false }
    machine.advance(to: max(due, machine.now))
    return true
  }

  private func interruptLine() -> Bool {
    guard machine.kernel.platform.interruptController.lines[3].isEnabled else { return false }
    machine.kernel.platform.pulse(line: 3)
    machine.takeInterrupts()
    return true
  }
}
