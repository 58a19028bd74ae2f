import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// Making what tests are about, through system calls.
extension TestMachine {
  // MARK: Objects

  /// Makes an object with init's budget, or stops the test.
  func make(
    _ type: ObjectType, _ words: [UInt64] = [], by actor: Actor? = nil,
    budget: Handle = TestMachine.budgetHandle
  ) -> Handle {
    let outcome = call(
      actor ?? initial, .create, UInt64(budget.rawValue), UInt64(type.rawValue), 0xffff, words)
    precondition(outcome.status == .ok, "create \(type): \(outcome)")
    return outcome.handle
  }

  func makeEndpoint() -> Handle { make(.endpoint) }
  func makeNotification() -> Handle { make(.notification) }
  func makeMemory(pages: UInt64) -> Handle { make(.memory, [pages * 4096]) }

  /// Copies one of init's capabilities into an actor's table.
  func give(
    _ handle: Handle, to actor: Actor, rights: Rights = .all, badge: UInt64 = 0
  ) -> Handle {
    let outcome = copy(
      initial, handle, to: actor.processHandle, rights: rights, badge: badge)
    precondition(outcome.status == .ok, "give: \(outcome)")
    return outcome.handle
  }

  // MARK: Actors

  /// A new process with one running thread.
  func spawn(
    priority: UInt8 = TestMachine.priority, budget: Handle = TestMachine.budgetHandle
  ) -> Actor {
    let process = make(.process, budget: budget)
    let actor = addThread(toProcess: process, priority: priority, budget: budget)
    makeScratch(for: actor)
    return actor
  }

  /// Another thread in an actor's process.
  func addThread(
    to actor: Actor, priority: UInt8 = TestMachine.priority,
    budget: Handle = TestMachine.budgetHandle
  ) -> Actor {
    addThread(toProcess: actor.processHandle, priority: priority, budget: budget)
  }

  private func addThread(
    toProcess process: Handle, priority: UInt8, budget: Handle = TestMachine.budgetHandle
  ) -> Actor {
    let thread = make(
      .thread, [UInt64(process.rawValue), UInt64(priority)], budget: budget)
    let started = call(
      initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000, [7])
    precondition(started.status == .ok, "start: \(started)")
    return Actor(
      thread: object(of: thread, in: initial).narrowed(to: ThreadTag.self),
      process: object(of: process, in: initial).narrowed(to: Process.self),
      threadHandle: thread, processHandle: process)
  }

  /// The object that a handle names.
  func object(of handle: Handle, in actor: Actor) -> AnyObjectID {
    kernel.objects[slot(of: handle, in: actor)].object
  }

  func slot(of handle: Handle, in actor: Actor) -> SlotID { slot(at: handle.slot, of: actor) }

  func slot(at index: UInt16, of actor: Actor) -> SlotID {
    kernel.objects[actor.process].table.slot(at: index, in: kernel.objects)
  }

  /// Has init suspend an actor's thread; what that came to.
  @discardableResult
  func suspend(_ actor: Actor) -> SyscallStatus? {
    call(initial, .suspend, UInt64(actor.threadHandle.rawValue)).status
  }

  @discardableResult
  func resume(_ actor: Actor) -> SyscallStatus? {
    call(initial, .resume, UInt64(actor.threadHandle.rawValue)).status
  }

  /// Binds by one's own handles, or ends a binding; what that came to.
  @discardableResult
  func bind(_ actor: Actor, _ source: Handle, to target: Handle) -> SyscallStatus? {
    call(actor, .bind, UInt64(source.rawValue), UInt64(target.rawValue)).status
  }

  // MARK: Memory

  @discardableResult
  func map(
    _ actor: Actor, _ memory: Handle, process: Handle = .none, at address: UInt64,
    offset: UInt64 = 0, byteCount: UInt64 = 4096, rights: Rights = .read.union(.write),
    later: Rights = .none
  ) -> Outcome {
    call(
      actor, .map, UInt64(memory.rawValue), UInt64(process.rawValue), address,
      [offset, byteCount, UInt64(rights.bits) | UInt64(later.bits) << 8])
  }

  @discardableResult
  func unmap(
    _ actor: Actor, process: Handle = .none, at address: UInt64, byteCount: UInt64 = 4096
  ) -> Outcome {
    call(actor, .unmap, UInt64(process.rawValue), address, byteCount)
  }

  @discardableResult
  func protect(
    _ actor: Actor, process: Handle = .none, at address: UInt64, byteCount: UInt64 = 4096,
    rights: Rights
  ) -> Outcome {
    call(
      actor, .protect, UInt64(process.rawValue), address, byteCount, [UInt64(rights.bits)])
  }

  /// Gives an actor's process its scratch page.
  func makeScratch(for actor: Actor) {
    let memory = makeMemory(pages: 1)
    let mapped = map(
      initial, memory, process: actor.processHandle, at: Actor.scratch)
    precondition(mapped.status == .ok, "scratch: \(mapped)")
  }

  // MARK: User code

  /// Loads a word as the actor; a fault is only reported, not raised.
  func peek(_ actor: Actor, _ address: UInt64) -> SimulatedPlatform.Access<UInt64> {
    become(actor.thread)
    return kernel.platform.load(address)
  }

  /// Stores a word as the actor; a fault is only reported, not raised.
  @discardableResult
  func poke(
    _ actor: Actor, _ value: UInt64, at address: UInt64
  ) -> SimulatedPlatform.Access<UInt64> {
    become(actor.thread)
    return kernel.platform.store(value, at: address)
  }

  /// Runs an instruction as the actor; a fault is only reported, not raised.
  func fetch(_ actor: Actor, _ address: UInt64) -> SimulatedPlatform.Access<UInt64> {
    become(actor.thread)
    return kernel.platform.fetch(address)
  }

  /// Makes the actor fault, as the CPU would report it.
  func fault(_ actor: Actor, _ kind: FaultKind, at address: UInt64 = 0xdead_0000) {
    become(actor.thread)
    enter { $0.faulted(Fault(kind: kind, address: address, code: 77)) }
  }

  /// Loads a word as the actor; a fault goes to the kernel.
  func touch(_ actor: Actor, _ address: UInt64) {
    if case .fault(let fault) = peek(actor, address) { enter { $0.faulted(fault) } }
  }
}
