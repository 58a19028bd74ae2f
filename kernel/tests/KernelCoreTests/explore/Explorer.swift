@testable import KernelCore

/// Looks at every state that a small world can reach, nearest first, so that the sequence to a
/// finding is a shortest one.
///
///     frontier: states that are known and whose steps are to be tried
///        │  replay from the root: as many steps as the state is deep
///        v
///     each step on a copy ──> canonical state ── known ──> an edge more
///                                  └── new ──> audited, kept by its digest
///
/// A state is kept as the step that led to it and the state before: the world is made again from
/// the root, which is a copy and a few system calls.
struct Explorer {
  /// A state: how it came about.
  private struct Node {
    let parent: UInt32
    let step: UInt16
  }

  private let root: ExploredWorld
  private let steps: [ExploredStep]
  private var nodes: [Node] = []
  private var known: [CanonicalState.Digest: UInt32] = [:]
  /// How many states there are at each depth.
  private(set) var depths: [Int] = []
  private(set) var edgeCount = 0
  /// What is wrong somewhere, and the steps that lead there.
  private(set) var finding: (trace: [ExploredStep], findings: [String])?
  /// Whether every state that can be reached was looked at.
  private(set) var isClosed = false

  init(_ configuration: ExploredWorld.Configuration) {
    root = ExploredWorld(configuration)
    steps = configuration.steps
  }

  var stateCount: Int { nodes.count }

  /// A digest of all states together, whatever their order.
  var digest: String {
    var (high, low): (UInt64, UInt64) = (0, 0)
    for digest in known.keys {
      high &+= digest.high.hashed
      low &+= digest.low.hashed
    }
    return String(high, radix: 16) + String(low, radix: 16)
  }

  /// Explores until nothing new is found, something is wrong, or a limit is reached.
  mutating func run(stateLimit: Int = .max, depthLimit: Int = .max) {
    var frontier = [note(root, parent: 0, step: 0)].compactMap(\.self)
    depths = [frontier.count]
    while !frontier.isEmpty, depths.count <= depthLimit {
      var next: [UInt32] = []
      for node in frontier {
        next += expand(node)
        guard finding == nil, nodes.count < stateLimit else { return }
      }
      frontier = next
      if !next.isEmpty { depths.append(next.count) }
    }
    isClosed = frontier.isEmpty
  }

  /// Tries every step in a state.
  ///
  /// - Returns: The states that are new.
  private mutating func expand(_ node: UInt32) -> [UInt32] {
    let world = world(at: node)
    var found: [UInt32] = []
    for index in steps.indices {
      let copy = world.copy()
      guard copy.take(steps[index]) else { continue }
      edgeCount += 1
      if let new = note(copy, parent: node, step: UInt16(index)) { found.append(new) }
      guard finding == nil else { break }
    }
    return found
  }

  /// Keeps a state if it is new, after a look at whether it is sound.
  private mutating func note(_ world: ExploredWorld, parent: UInt32, step: UInt16) -> UInt32? {
    let digest = world.state.digest
    guard known[digest] == nil else { return nil }
    let node = UInt32(nodes.count)
    known[digest] = node
    nodes.append(Node(parent: parent, step: step))
    let findings = world.machine.findings(ignoringPriorities: true)
    if !findings.isEmpty { finding = (trace(to: node), findings) }
    return node
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

  private func world(at node: UInt32) -> ExploredWorld {
    let world = root.copy()
    for step in trace(to: node) {
      let isTaken = world.take(step)
      precondition(isTaken, "a step of a state's own history cannot be made again")
    }
    return world
  }
}
