import MnosABI
import Testing

@testable import KernelModel

/// A small world, and the steps that tests make in it.
struct Scene {
  var world = World()
  let budget: ObjectID
  /// The first process and thread; its table names every process and thread made after it.
  let root: ObjectID
  let main: ObjectID

  init() {
    budget = world.makeObject(chargedTo: nil)
    world.budgets[budget] = Budget(objectLimit: 100)
    root = world.makeObject(chargedTo: budget)
    world.processes[root] = Process()
    world.processes[root]?.state = .running
    main = world.makeObject(chargedTo: budget)
    world.threads[main] = Thread(in: root, priority: 100)
    world.threads[main]?.activity = .runnable
    _ = name(root, .process, in: root)
    _ = name(main, .thread, in: root)
    _ = name(budget, .budget, in: root)
  }

  /// Adds a capability to a table.
  mutating func name(
    _ object: ObjectID, _ type: ObjectType, in process: ObjectID, rights: Rights = .all,
    badge: UInt64 = 0
  ) -> UInt64 {
    let slot = UInt16((world.slotsInUse(of: process).max() ?? 0) + 1)
    let handle = Handle(slot: slot, generation: 1).rawValue
    world.add(
      Capability(
        type, object, rights: rights, badge: badge, at: .slot(process: process, handle: handle)))
    return UInt64(handle)
  }

  /// Makes a thread that runs, in a process of its own unless one is given.
  mutating func spawn(in process: ObjectID? = nil) -> ObjectID {
    let home = process ?? world.makeObject(chargedTo: budget)
    if process == nil {
      world.processes[home] = Process()
      world.processes[home]?.state = .running
      _ = name(home, .process, in: root)
    }
    let thread = world.makeObject(chargedTo: budget)
    world.threads[thread] = Thread(in: home, priority: 100)
    world.threads[thread]?.activity = .runnable
    _ = name(thread, .thread, in: root)
    return thread
  }

  mutating func makeEndpoint() -> ObjectID {
    let endpoint = world.makeObject(chargedTo: budget)
    world.endpoints[endpoint] = Endpoint()
    return endpoint
  }

  mutating func makeNotification() -> ObjectID {
    let notification = world.makeObject(chargedTo: budget)
    world.notifications[notification] = Notification()
    return notification
  }

  func process(of thread: ObjectID) -> ObjectID { world.threads[thread]?.process ?? root }

  /// The handle by which a thread's process knows an object.
  func handle(of object: ObjectID, for thread: ObjectID) -> UInt64 {
    for capability in world.capabilities.values where capability.object == object {
      if case .slot(process(of: thread), let handle) = capability.place { return UInt64(handle) }
    }
    return 0
  }

  // MARK: Steps

  /// Makes a call and goes on with the outcome in which the kernel did not run out of anything.
  @discardableResult
  mutating func call(
    _ number: SyscallNumber, by thread: ObjectID, _ arguments: [UInt64] = [],
    words: [UInt64] = [], count: UInt64 = 0, reply: UInt32 = 0, record: Record? = nil
  ) -> [ObjectID: Completion] {
    let word = CallWord(
      number, wordCount: count, hasTransfers: record != nil, reply: Handle(rawValue: reply))
    let request = Request(
      callWord: word.rawValue, arguments: arguments, words: words, record: record)
    let steps = outcomes(of: .systemCall(by: thread, request), in: world).filter {
      ![.noMemory, .noSlot, .slotBusy].contains($0.completions[thread]?.status ?? .ok)
    }
    return take(steps)
  }

  /// The errors with which a call may end.
  func errors(
    _ number: SyscallNumber, by thread: ObjectID, _ arguments: [UInt64] = [],
    words: [UInt64] = [], count: UInt64 = 0, record: Record? = nil
  ) -> Set<Refusal> {
    let word = CallWord(number, wordCount: count, hasTransfers: record != nil)
    let request = Request(
      callWord: word.rawValue, arguments: arguments, words: words, record: record)
    let steps = outcomes(of: .systemCall(by: thread, request), in: world)
    return Set(
      steps.compactMap { $0.completions[thread] }.map {
        Refusal(status: $0.status, value: $0.value)
      })
  }

  @discardableResult
  mutating func happens(_ event: Event) -> [ObjectID: Completion] {
    take(outcomes(of: event, in: world))
  }

  private mutating func take(_ steps: [Step]) -> [ObjectID: Completion] {
    guard let step = steps.first, steps.count == 1 else {
      Issue.record("\(steps.count) outcomes where a test expects one")
      return [:]
    }
    world = step.world
    return step.completions
  }
}
