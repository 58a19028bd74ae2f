/// Looks at every state that a small world can reach, nearest first, so that the sequence to a
/// finding is a shortest one.
///
///     frontier: states whose steps are to be tried, each with an image to go back to
///        │  go back, make a step
///        v
///     digest ── known ──> an edge more
///        └── new ──> audited, imaged for the next frontier
///
/// Of a state that was expanded its digest stays, and the step that led to it.
struct Explorer<World: Explorable> {
  private struct Node {
    let parent: UInt32
    let step: UInt16
    /// Which role is in which place, 2 bits each, and how the call of each stands.
    let roles: UInt8
    let calls: UInt8
  }

  private typealias Frontier = [(node: UInt32, image: World.Image)]

  let world: World
  private let root: World.Image
  private let steps: [ExploredStep]
  private var nodes: [Node] = []
  private var known: [StateDigest: UInt32] = [:]
  /// How many states there are at each depth.
  private(set) var depths: [Int] = []
  private(set) var edgeCount = 0
  /// What is wrong somewhere, and the steps that lead there.
  private(set) var finding: (trace: [ExploredStep], findings: [String])?
  /// Whether every state that can be reached was looked at.
  private(set) var isClosed = false
  /// Steps by which each state was left: which one, where to, and who is who there.
  private(set) var edges: [Edge] = []
  private let keepsEdges: Bool
  /// Called in each new state.
  var look: ((World) -> Void)?

  struct Edge {
    let source, target: UInt32
    let step: UInt16
    /// For each place of the source, 2 bits each, the place of the same thread in the target.
    let places: UInt8
  }

  /// - Parameter keepsEdges: For `neverEndingCalls`.
  init(_ world: World, keepsEdges: Bool = false) {
    self.world = world
    self.keepsEdges = keepsEdges
    steps = world.steps
    root = world.image()
  }

  /// Has the world be in the state from which all are reached.
  func goToRoot() { world.restore(root) }

  var stateCount: Int { nodes.count }
  /// A digest of all states together, whatever their order.
  var digest: StateDigest { StateDigest.union(known.keys) }

  /// Explores until nothing new is found, something is wrong, or a limit is reached.
  ///
  /// - Parameters:
  ///   - stateLimit: States after which no more are looked at.
  ///   - depthLimit: Steps from the root to the farthest states.
  ///   - report: Told each depth when it is done.
  mutating func run(
    stateLimit: Int = .max, depthLimit: Int = .max, report: (Explorer) -> Void = { _ in }
  ) {
    note(parent: 0, step: 0)
    depths = [1]
    var frontier: Frontier = [(0, root)]
    while !frontier.isEmpty, depths.count <= depthLimit, finding == nil {
      var next: Frontier = []
      let keepsImages = depths.count < depthLimit
      let before = nodes.count
      for (node, image) in frontier {
        expand(node, image, keepsImages: keepsImages, into: &next)
        guard finding == nil, nodes.count < stateLimit else { return }
      }
      if nodes.count > before { depths.append(nodes.count - before) }
      report(self)
      isClosed = nodes.count == before
      frontier = next
    }
  }

  /// Tries every step in a state.
  private mutating func expand(
    _ node: UInt32, _ image: borrowing World.Image, keepsImages: Bool, into next: inout Frontier
  ) {
    var isThere = false
    for index in steps.indices {
      // A step that cannot be made leaves the world as it was.
      if !isThere { world.restore(image) }
      isThere = !world.take(steps[index])
      guard !isThere else { continue }
      edgeCount += 1
      let isNew = note(parent: node, step: UInt16(index))
      guard finding == nil else { return }
      if isNew && keepsImages { next.append((UInt32(nodes.count - 1), world.image())) }
    }
  }

  /// Keeps a state if it is new, after a look at whether it is sound; returns whether it is.
  @discardableResult
  private mutating func note(parent: UInt32, step: UInt16) -> Bool {
    let (digest, roles) = world.read()
    let target = known[digest]
    let node = target ?? UInt32(nodes.count)
    if keepsEdges, !nodes.isEmpty {
      edges.append(
        Edge(source: parent, target: node, step: step, places: places(from: parent, to: roles)))
    }
    if !world.findingsOfStep.isEmpty {
      finding = (trace(to: parent) + [steps[Int(step)]], world.findingsOfStep)
    }
    guard target == nil else { return false }
    known[digest] = node
    nodes.append(
      Node(
        parent: parent, step: step, roles: Self.packed(roles),
        calls: keepsEdges ? Self.packed(world.calls(by: roles)) : 0))
    look?(world)
    let findings = finding == nil ? world.findings : []
    if !findings.isEmpty { finding = (trace(to: node), findings) }
    return true
  }

  /// The steps from the root to a state.
  func trace(to node: UInt32) -> [ExploredStep] {
    var trace: [ExploredStep] = []
    var node = node
    while node != 0 {
      trace.append(steps[Int(nodes[Int(node)].step)])
      node = nodes[Int(node)].parent
    }
    return trace.reversed()
  }

  // MARK: Places

  private static func packed(_ values: [Int]) -> UInt8 {
    values.enumerated().reduce(0) { $0 | UInt8($1.element) << UInt8($1.offset * 2) }
  }

  private static func value(_ packed: UInt8, at place: Int) -> Int {
    Int(packed >> UInt8(place * 2) & 3)
  }

  /// Where the threads of a state's places are in a state in which roles stand like this.
  private func places(from source: UInt32, to roles: [Int]) -> UInt8 {
    let places = roles.indices.map { place in
      // The state may have been met first with the source's threads in other places than the
      // edge finds them in; both are the same state, so any place that fits will do.
      roles.firstIndex(of: Self.value(nodes[Int(source)].roles, at: place)) ?? 0
    }
    return Self.packed(places)
  }

  // MARK: Calls that never end

  /// States in which a call waits, somebody who could serve it has nothing else to do, and yet
  /// nothing that the threads do for each other ever ends it.
  ///
  /// Looked for from the end: from the states in which a thread's call is over, against the edges.
  func neverEndingCalls(by cooperative: Set<ExploredStep.Kind>, threadCount: Int) -> [UInt32] {
    var sources: [[UInt32]] = Array(repeating: [], count: nodes.count)
    let helpful = steps.map { cooperative.contains($0.kind) }
    for (index, edge) in edges.enumerated() where helpful[Int(edge.step)] {
      sources[Int(edge.target)].append(UInt32(index))
    }
    var ends = Array(repeating: false, count: nodes.count * threadCount)
    var pending: [(node: Int, place: Int)] = []
    for node in nodes.indices {
      for place in 0..<threadCount where Self.value(nodes[node].calls, at: place) == 0 {
        ends[node * threadCount + place] = true
        pending.append((node, place))
      }
    }
    while let (node, place) = pending.popLast() {
      for index in sources[node] {
        let edge = edges[Int(index)]
        for from in 0..<threadCount where Self.value(edge.places, at: from) == place {
          let known = Int(edge.source) * threadCount + from
          guard !ends[known] else { continue }
          ends[known] = true
          pending.append((Int(edge.source), from))
        }
      }
    }
    return nodes.indices.filter { node in
      (0..<threadCount).contains {
        Self.value(nodes[node].calls, at: $0) == Int(CallProgress.isServed.rawValue)
          && !ends[node * threadCount + $0]
      }
    }.map { UInt32($0) }
  }
}

extension Explorable {
  /// How calls stand, by places.
  fileprivate func calls(by roles: [Int]) -> [Int] {
    let calls = calls
    return roles.map { Int(calls[$0].rawValue) }
  }
}
