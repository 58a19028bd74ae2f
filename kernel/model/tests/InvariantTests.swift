import MnosABI
import Testing

@testable import KernelModel

/// Random walks through the model: whatever is done, the relations of a world hold.
@Suite struct InvariantTests {
  @Test(arguments: 1...40) func randomStepsKeepTheRelations(seed: UInt64) {
    var random = Generator(state: seed &* 0x1234_5678_9abc_def1)
    var scene = Self.crowdedScene()

    for _ in 0..<300 {
      guard let event = Self.event(in: scene.world, &random) else { break }
      let steps = outcomes(of: event, in: scene.world).sorted { Self.key($0) < Self.key($1) }
      let changes = steps.filter { $0.world != scene.world }
      let likely = changes.isEmpty || random.next() % 8 == 0 ? steps : changes
      guard let step = likely.randomElement(using: &random) else {
        Issue.record("no outcome of \(event)")
        return
      }
      scene.world = step.world
      let broken = Self.brokenRelation(in: scene.world)
      #expect(broken == nil, "after \(event)")
      if broken != nil { return }
    }
  }

  /// Puts steps in an order that is the same in each run: by their completions.
  private static func key(_ step: Step) -> String {
    step.completions.sorted { $0.key < $1.key }.map { "\($0.key.number) \($0.value)" }.joined()
  }

  private static func crowdedScene() -> Scene {
    var scene = Scene()
    let endpoint = scene.makeEndpoint()
    let notification = scene.makeNotification()
    let threads = (0..<3).flatMap { _ in
      let first = scene.spawn()
      return [first, scene.spawn(in: scene.process(of: first))]
    }
    for process in Set(threads.map { scene.process(of: $0) }).union([scene.root]).sorted() {
      _ = scene.name(endpoint, .endpoint, in: process)
      _ = scene.name(endpoint, .endpoint, in: process, rights: .all.subtracting(.read))
      _ = scene.name(notification, .notification, in: process, badge: 2)
      _ = scene.name(process, .process, in: process)
      for thread in threads { _ = scene.name(thread, .thread, in: process) }
      _ = scene.name(scene.budget, .budget, in: process, rights: .write)
    }
    return scene
  }

  private static func event(in world: World, _ random: inout Generator) -> Event? {
    let waiting = world.threads.filter { $0.value.activity.hasDeadline }.keys.sorted()
    let running = world.threads.keys.filter { world.mayRun($0) }.sorted()
    if let thread = waiting.randomElement(using: &random), random.next() % 8 == 0 || running.isEmpty
    {
      return .deadline(of: thread)
    }
    guard let thread = running.randomElement(using: &random) else { return nil }
    if random.next() % 40 == 0 { return .fault(of: thread, Fault(.read)) }
    return .systemCall(by: thread, request(by: thread, in: world, &random))
  }

  private static let numbers: [SyscallNumber] = [
    .send, .receive, .call, .reply, .replyAndReceive, .send, .receive, .call, .reply,
    .replyAndReceive, .call, .receive, .signal, .wait, .copy, .copy, .copy, .move, .delete,
    .revoke, .inspect, .create, .create, .derive, .map, .suspend, .resume, .resume, .bind,
    .start, .query, .destroy,
  ]

  private static func suits(_ type: ObjectType, _ number: SyscallNumber) -> Bool {
    switch number {
    case .send, .receive, .call, .replyAndReceive: type == .endpoint
    case .signal, .wait: type == .notification
    case .create: type == .budget
    case .derive, .map: type == .memory
    case .suspend, .resume, .start: type == .thread
    case .bind: type == .thread || type == .notification || type == .process
    case .destroy, .delete: type != .process && type != .budget
    default: true
    }
  }

  private static func request(
    by thread: ObjectID, in world: World, _ random: inout Generator
  ) -> Request {
    let number = numbers.randomElement(using: &random) ?? .send
    let process = world.threads[thread]?.process
    var handles: [UInt64] = []
    var fitting: [UInt64] = []
    var rights: [UInt64] = [0]
    for capability in world.capabilities.values {
      guard case .slot(process, let handle) = capability.place else { continue }
      handles.append(UInt64(handle))
      if suits(capability.type, number) { fitting.append(UInt64(handle)) }
      if capability.type == .reply { rights.append(UInt64(handle)) }
    }
    handles.sort()
    fitting.sort()
    rights.sort()
    let handle = { (random: inout Generator) in handles.randomElement(using: &random) ?? 0 }
    let second: UInt64 =
      switch number {
      case .send, .receive, .call, .replyAndReceive, .wait: random.next() % 3 == 0 ? 0 : .max
      case .create: [1, 3, 4, 5, 6, 9].randomElement(using: &random) ?? 1
      case .map, .copy, .move, .bind: random.next() % 2 == 0 ? 0 : handle(&random)
      default: 0
      }
    let isAnswer = number == .reply || number == .replyAndReceive
    let right = isAnswer ? rights.randomElement(using: &random) ?? 0 : 0
    let attached = (0..<2).map { _ in
      CapabilityTransfer(
        Handle(rawValue: UInt32(handle(&random))), rights: .all, isMove: random.next() % 2 == 0)
    }
    let count = number == .receive || right == 0 && isAnswer ? 0 : random.next() % 3
    let isMessage = [.send, .receive, .call].contains(number) || isAnswer
    let word = CallWord(
      number, hasTransfers: isMessage, reply: Handle(rawValue: UInt32(right)))
    return Request(
      callWord: word.rawValue,
      arguments: [
        fitting.randomElement(using: &random) ?? 0, number == .derive ? 0 : second,
        number == .map ? 1 << 20 : 65_535,
      ],
      words: words(of: number, handle(&random)),
      record: Record(count: count, accepts: .max, transfers: attached.map(\.rawValue)))
  }

  private static func words(of number: SyscallNumber, _ handle: UInt64) -> [UInt64] {
    switch number {
    case .copy: [handle & 1 == 0 ? 3 : UInt64(Rights.all.bits), 0]
    case .derive: [4096, 1]
    case .map: [0, 4096, 1]
    default: [handle, 0]
    }
  }

  /// Names the first relation that does not hold.
  private static func brokenRelation(in world: World) -> String? {
    for (id, capability) in world.capabilities {
      if let parent = capability.parent, world.capabilities[parent] == nil { return "parent" }
      if capability.type != .reply && capability.type != .budget
        && world.payers[capability.object] == nil
      {
        return "object of \(id)"
      }
      if capability.type == .reply {
        guard case .awaitingAnswer? = world.threads[capability.object]?.activity else {
          return "caller"
        }
      }
      if case .message(let sender, _) = capability.place,
        world.threads[sender]?.activity.attachments.contains(where: {
          $0.source == id || $0.copy == id
        }) != true
      {
        return "message"
      }
    }
    for (id, thread) in world.threads {
      if let broken = brokenRelation(of: thread, id, in: world) { return broken }
    }
    let isBothWays = world.endpoints.values.contains {
      !$0.senders.isEmpty && !$0.receivers.isEmpty
    }
    return isBothWays ? "queues" : nil
  }

  private static func brokenRelation(
    of thread: Thread, _ id: ObjectID, in world: World
  ) -> String? {
    let senders = world.endpoints.values.flatMap(\.senders).filter { $0 == id }.count
    let receivers = world.endpoints.values.flatMap(\.receivers).filter { $0 == id }.count
    let waiters = world.notifications.values.flatMap(\.waiters).filter { $0 == id }.count
    let expected: (Int, Int, Int)
    switch thread.activity {
    case .sending(let message):
      expected = (1, 0, 0)
      if world.capabilities[message.through] == nil { return "sending through" }
    case .receiving(let reception):
      expected = (0, 1, 0)
      if world.capabilities[reception.through] == nil { return "receiving through" }
    case .waiting(_, let through):
      expected = (0, 0, 1)
      if world.capabilities[through] == nil { return "waiting through" }
    case .awaitingAnswer:
      expected = (0, 0, 0)
      if world.rightToAnswer(id) == nil { return "right" }
    default: expected = (0, 0, 0)
    }
    if case .holding(let right)? = thread.spare, world.capabilities[right] == nil {
      return "spare"
    }
    return (senders, receivers, waiters) == expected ? nil : "queue of \(thread.activity)"
  }
}

/// SplitMix64: the same walk for the same seed.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
