/// A node of a device tree, with the nodes that it is in.
public struct DeviceTreeNode: Equatable, Sendable {
  /// Nodes from the root to this one, itself included, at most.
  public static var depthLimit: Int { 16 }

  /// Offsets of their first tokens.
  private var path: [16 of UInt32]
  /// How many nodes it is in: 0 for the root.
  public private(set) var depth: Int

  init(root offset: UInt32) {
    path = .init(repeating: 0)
    path[0] = offset
    depth = 0
  }

  /// Offset of the token that begins the node.
  var offset: UInt32 { path[depth] }

  /// The node that this one is in; nil for the root.
  public var parent: DeviceTreeNode? {
    guard depth > 0 else { return nil }
    var parent = self
    parent.depth -= 1
    return parent
  }

  /// - Precondition: Fewer nodes than the limit are on the path.
  func child(at offset: UInt32, levelsUp: Int) -> DeviceTreeNode {
    var child = self
    child.depth = depth + 1 - levelsUp
    child.path[child.depth] = offset
    return child
  }

  /// Whether they begin at the same place.
  public static func == (left: Self, right: Self) -> Bool { left.offset == right.offset }
}

/// The words that a structure block consists of.
///
/// Source: Devicetree Specification 0.4 §5.4.1, Lexical structure.
enum DeviceTreeToken {
  static var beginNode: UInt32 { 1 }
  static var endNode: UInt32 { 2 }
  static var property: UInt32 { 3 }
  static var nop: UInt32 { 4 }
  static var end: UInt32 { 9 }
}

extension DeviceTree {
  /// Where the root node begins.
  var firstToken: UInt32 {
    var offset = structure.lowerBound
    while word(at: offset) == DeviceTreeToken.nop { offset += 4 }
    return offset
  }

  /// The node after `node` in the order of the tree, its own children first; nil at the end.
  public func node(after node: DeviceTreeNode) -> DeviceTreeNode? {
    var offset = endOfName(at: node.offset + 4)
    var levelsUp = 0
    while true {
      switch word(at: offset) {
      case DeviceTreeToken.beginNode: return node.child(at: offset, levelsUp: levelsUp)
      case DeviceTreeToken.property: offset = endOfProperty(at: offset)
      case DeviceTreeToken.endNode:
        levelsUp += 1
        if levelsUp > node.depth { return nil }
        offset += 4
      default: offset += 4
      }
    }
  }

  /// Offset of the token after a name that starts at `offset`.
  func endOfName(at offset: UInt32) -> UInt32 {
    var end = offset
    while byte(at: end) != 0 { end += 1 }
    return (end + 4) & ~3
  }

  /// Offset of the token after the property whose token is at `offset`.
  func endOfProperty(at offset: UInt32) -> UInt32 {
    (offset + 12 + word(at: offset + 4) + 3) & ~3
  }

  /// Reads all tokens once, so that no later walk can leave the two blocks.
  func check() throws(DeviceTreeError) {
    var check = DeviceTreeCheck(structure: structure)
    while check.isGoingOn {
      try check.step(in: self)
    }
  }
}

/// Where the check of a tree's structure is.
private struct DeviceTreeCheck {
  private var offset: UInt32
  private let end: UInt32
  private var depth = 0
  private var hasRoot = false
  /// Whether a property may stand here: no node of the same parent came before.
  private var mayHaveProperty = false
  private(set) var isGoingOn = true

  init(structure: Range<UInt32>) {
    offset = structure.lowerBound
    end = structure.upperBound
  }

  /// Checks one token and goes to the next.
  mutating func step<Memory>(in tree: DeviceTree<Memory>) throws(DeviceTreeError) {
    guard offset <= end, end - offset >= 4 else { throw .badToken }
    switch tree.word(at: offset) {
    case DeviceTreeToken.beginNode: try beginNode(in: tree)
    case DeviceTreeToken.endNode:
      guard depth > 0 else { throw .badNesting }
      depth -= 1
      mayHaveProperty = false
      offset += 4
    case DeviceTreeToken.property: try property(in: tree)
    case DeviceTreeToken.nop: offset += 4
    case DeviceTreeToken.end:
      guard hasRoot, depth == 0 else { throw .badNesting }
      isGoingOn = false
    default: throw .badToken
    }
  }

  private mutating func beginNode<Memory>(in tree: DeviceTree<Memory>) throws(DeviceTreeError) {
    guard depth > 0 || !hasRoot else { throw .badNesting }
    guard depth < DeviceTreeNode.depthLimit else { throw .tooDeep }
    guard let next = Self.end(ofName: offset + 4, before: end, in: tree) else { throw .badName }
    hasRoot = true
    mayHaveProperty = true
    depth += 1
    offset = (next + 3) & ~3
  }

  private mutating func property<Memory>(in tree: DeviceTree<Memory>) throws(DeviceTreeError) {
    guard depth > 0, mayHaveProperty else { throw .badNesting }
    guard end - offset >= 12, tree.word(at: offset + 4) <= end - offset - 12 else {
      throw .badToken
    }
    let (name, overflow) = tree.strings.lowerBound.addingReportingOverflow(
      tree.word(at: offset + 8))
    guard !overflow, Self.end(ofName: name, before: tree.strings.upperBound, in: tree) != nil
    else { throw .badName }
    offset = tree.endOfProperty(at: offset)
  }

  /// One past the zero that ends the name; nil if it has no end before `limit`.
  private static func end<Memory>(
    ofName offset: UInt32, before limit: UInt32, in tree: DeviceTree<Memory>
  ) -> UInt32? {
    var offset = offset
    while offset < limit {
      if tree.byte(at: offset) == 0 { return offset + 1 }
      offset += 1
    }
    return nil
  }
}
