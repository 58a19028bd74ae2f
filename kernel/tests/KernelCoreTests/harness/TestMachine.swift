import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// A simulated machine with a kernel, an init process and whatever actors a test makes.
///
/// It plays entry code and CPU: an actor's call goes through registers into the kernel and
/// out again by way of the scheduler, its loads and stores through the TLB.
final class TestMachine {
  var kernel: TestKernel
  /// The first thread; its table has the boot capabilities.
  private(set) var initial: Actor
  let rootBudget: BudgetID

  static let processHandle = Handle(slot: 1, generation: 1)
  static let threadHandle = Handle(slot: 2, generation: 1)
  static let budgetHandle = Handle(slot: 3, generation: 1)
  static let machineHandle = Handle(slot: 4, generation: 1)
  /// The priority of actors, unless a test says otherwise.
  static let priority: UInt8 = 100

  typealias Configuration = SimulatedPlatform.Configuration

  /// Put into the registers that calls do not use, beside their pattern.
  var salt: UInt64 = 0
  /// Whether kernel work is carried on until nothing is left at the end of each entry.
  var runsWork = true
  /// Called between two batches of work.
  var betweenBatches: ((TestMachine) -> Void)?
  /// Batches of work done so far.
  private(set) var batchCount = 0

  init(
    _ configuration: Configuration = .init(), objectLimit: UInt64 = 1 << 20
  ) {
    var parts = Boot.makeKernel(configuration)
    let boot = Boot.startInit(&parts, objectLimit: objectLimit)
    kernel = parts
    rootBudget = boot.budget
    initial = Actor(
      thread: boot.thread, process: boot.process, threadHandle: Self.threadHandle,
      processHandle: Self.processHandle)
    settle()
    makeScratch(for: initial)
  }

  /// A machine in the same state, on memory of its own.
  init(copying other: TestMachine) {
    kernel = other.kernel.forked()
    rootBudget = other.rootBudget
    initial = other.initial
    runsWork = other.runsWork
  }

  /// - Parameter frames: How many frames of RAM the machine has.
  convenience init(frames: Int) {
    var configuration = Configuration()
    configuration.frameCount = frames
    self.init(configuration)
  }

  // MARK: Entering the kernel

  /// Enters the kernel on a CPU, does `body`, and leaves as entry code does.
  func enter(cpu: Int = 0, _ body: (inout TestKernel) -> Void) {
    kernel.platform.currentCPU = cpu
    kernel.enter(cpu: cpu)
    body(&kernel)
    settle()
  }

  /// Leaves the kernel: schedules, and does the work that comes before user mode.
  func settle() {
    kernel.leave()
    while runsWork, kernel.hasWork {
      kernel.runBatch()
      batchCount += 1
      if let betweenBatches {
        kernel.leave()
        betweenBatches(self)
      }
      kernel.leave()
    }
    kernel.platform.checkReturnToUser()
  }

  /// Takes every interrupt that is pending on a CPU.
  func takeInterrupts(cpu: Int = 0) {
    while let cause = kernel.platform.nextInterrupt(cpu: cpu) {
      enter(cpu: cpu) { kernel in
        switch cause {
        case .timer: kernel.timerFired()
        case .interrupt(let line): kernel.interrupted(line: line)
        case .wakeup: kernel.wokenUp()
        case .fault, .spurious: break
        }
      }
    }
  }

  /// Lets time pass, taking each timer interrupt when it is due.
  func advance(to time: UInt64) {
    while true {
      let due = kernel.platform.cpus.map(\.timerDeadline).min() ?? .max
      guard due <= time else { break }
      kernel.platform.advance(to: max(due, kernel.platform.time))
      for cpu in 0..<kernel.platform.cpuCount { takeInterrupts(cpu: cpu) }
    }
    kernel.platform.advance(to: max(time, kernel.platform.time))
    for cpu in 0..<kernel.platform.cpuCount { takeInterrupts(cpu: cpu) }
  }

  var now: UInt64 { kernel.platform.time }

  /// Whether something is about to end.
  var isReaping: Bool { kernel.isReaping }
  /// The priority of the most urgent of what is about to end, or -1.
  var priorityOfEnds: Int { kernel.objects.shared.reaper.priority }

  // MARK: Threads

  /// Makes `thread`, which must be ready, the current one of CPU 0.
  ///
  /// What a time slice does among equals, done when the test wants it.
  func become(_ thread: ThreadID) {
    kernel.platform.currentCPU = 0
    kernel.enter(cpu: 0)
    let current = kernel.current
    guard current != thread else { return }
    precondition(
      kernel.objects[thread].state == .ready && kernel.objects[thread].isQueued,
      "thread is \(kernel.objects[thread].state) and cannot act")
    let cpu = kernel.cpu
    if !current.isNone {
      kernel.objects[current].state = .ready
      kernel.objects[cpu].ready.insert(current, atHead: true, in: kernel.objects)
    }
    kernel.objects[cpu].ready.remove(thread, in: kernel.objects)
    kernel.run(thread)
  }

  /// The thread that runs on CPU 0, or none.
  var running: ThreadID {
    kernel.enter(cpu: 0)
    return kernel.current
  }

  func isAlive(_ thread: ThreadID) -> Bool {
    // Its slab may be gone, or its place be another object's.
    let frame = kernel.objects.number(of: thread.frame)
    guard kernel.frames.useCount(frame) == Slab.frameMark else { return false }
    let slab = ObjectID<Slab>(granule: thread.frame * Granule.perFrame)
    let distance = thread.granule - slab.granule - 1
    let stride = kernel.objects.stride(.thread)
    return kernel.objects[slab].size == .thread && distance % stride == 0
      && kernel.objects[slab].live & 1 << UInt64(distance / stride) != 0
  }

  func state(_ actor: Actor) -> ThreadState { kernel.objects[actor.thread].state }

  /// Whether an actor can be told to do something.
  func canAct(_ actor: Actor) -> Bool {
    guard isAlive(actor.thread) else { return false }
    let thread = kernel.objects[actor.thread]
    return thread.isRunnable && thread.work == .none
      && (thread.state == .running || thread.isQueued)
  }

  /// What an actor's last call came to, as things stand.
  func outcome(_ actor: Actor) -> Outcome {
    guard isAlive(actor.thread) else { return .gone }
    let thread = kernel.objects[actor.thread]
    switch thread.state {
    case .ready, .running:
      return thread.work == .none ? Outcome(thread.registers) : .blocked
    case .ended: return .gone
    default: return .blocked
    }
  }

  /// What is wrong with the kernel or was done to the machine.
  var findings: [String] { findings() }

  func findings(ignoringPriorities: Bool = false) -> [String] {
    let found = KernelAuditor.audit(kernel, ignoringPriorities: ignoringPriorities)
    return found + kernel.platform.violations.map { "\($0)" }
  }
}

extension Kernel where P: ~Copyable {
  /// Slots that are not free, in all tables.
  var capabilityCount: UInt64 { objects.shared.capabilityCount }
  /// Whether something is about to end.
  var isReaping: Bool { !objects.shared.reaper.isEmpty }
}
