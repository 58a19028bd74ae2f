import KernelHAL

/// A place in a search tree: the neighbours.
public struct TreeLinks<Node>: BitwiseCopyable {
  var parent = ObjectID<Node>.none
  /// With lower keys, and with higher ones.
  var left = ObjectID<Node>.none
  var right = ObjectID<Node>.none

  public init() {}
}

/// Says where in a node the links of one kind of tree are, and what it is ordered by.
public protocol TreeRole {
  associatedtype Node
  static subscript<P: Platform & ~Copyable>(
    _ node: ObjectID<Node>, in store: ObjectStore<P>
  ) -> TreeLinks<Node> { get set }
  /// Nodes on the longest way down, itself included. Apart from the links, which fill whole words.
  static subscript<P: Platform & ~Copyable>(
    heightOf node: ObjectID<Node>, in store: ObjectStore<P>
  ) -> UInt8 { get set }
  /// - Precondition: It stays as it is while the node is in the tree.
  static func key<P: Platform & ~Copyable>(
    of node: ObjectID<Node>, in store: ObjectStore<P>
  ) -> UInt64
}

/// A balanced search tree, linked through its members.
///
///             40 (3)            in brackets the height: of a node's two children
///            /      \           the heights differ by 1 at most
///        20 (2)    50 (1)
///        /    \
///    10 (1)  30 (1)
///
/// So n members are on at most 1.45 log2(n + 2) levels, whatever order they come in. Cost:
/// O(log n) for everything, and no stack: all ways lead down or up.
///
/// Source: Knuth, The Art of Computer Programming vol. 3, §6.2.3 (balanced trees).
public struct SearchTree<Role: TreeRole>: BitwiseCopyable {
  public typealias Member = ObjectID<Role.Node>

  /// Any member, or none if it is empty.
  private(set) var root = Member.none

  public init() {}
  public var isEmpty: Bool { root.isNone }

  // MARK: Looking

  /// The member with the highest key that is not above `key`, or none.
  func last<P: Platform & ~Copyable>(notAbove key: UInt64, in store: ObjectStore<P>) -> Member {
    var found = Member.none
    var node = root
    while !node.isNone {
      if Role.key(of: node, in: store) <= key {
        found = node
        node = Role[node, in: store].right
      } else {
        node = Role[node, in: store].left
      }
    }
    return found
  }

  /// The member with the lowest key that is not below `key`, or none.
  func first<P: Platform & ~Copyable>(notBelow key: UInt64, in store: ObjectStore<P>) -> Member {
    var found = Member.none
    var node = root
    while !node.isNone {
      if Role.key(of: node, in: store) >= key {
        found = node
        node = Role[node, in: store].left
      } else {
        node = Role[node, in: store].right
      }
    }
    return found
  }

  // MARK: Changing

  /// - Precondition: The node is in no tree of this role, and no member has its key.
  mutating func insert<P: Platform & ~Copyable>(_ node: Member, in store: ObjectStore<P>) {
    let key = Role.key(of: node, in: store)
    var parent = Member.none
    var next = root
    while !next.isNone {
      parent = next
      let isLeft = key < Role.key(of: next, in: store)
      next = isLeft ? Role[next, in: store].left : Role[next, in: store].right
    }
    var links = TreeLinks<Role.Node>()
    links.parent = parent
    Role[node, in: store] = links
    Role[heightOf: node, in: store] = 1
    if parent.isNone {
      root = node
    } else if key < Role.key(of: parent, in: store) {
      Role[parent, in: store].left = node
    } else {
      Role[parent, in: store].right = node
    }
    balance(from: parent, in: store)
  }

  /// - Precondition: The node is a member.
  mutating func remove<P: Platform & ~Copyable>(_ node: Member, in store: ObjectStore<P>) {
    let links = Role[node, in: store]
    guard !links.left.isNone, !links.right.isNone else {
      let child = links.left.isNone ? links.right : links.left
      replace(node, by: child, under: links.parent, in: store)
      balance(from: links.parent, in: store)
      return
    }
    // The next one takes its place: it has no left child, so it is easily taken out of its own.
    var next = links.right
    while !Role[next, in: store].left.isNone { next = Role[next, in: store].left }
    var lowest = Role[next, in: store].parent
    if lowest == node {
      lowest = next
    } else {
      replace(next, by: Role[next, in: store].right, under: lowest, in: store)
      Role[next, in: store].right = links.right
      Role[links.right, in: store].parent = next
    }
    Role[next, in: store].left = links.left
    Role[links.left, in: store].parent = next
    Role[heightOf: next, in: store] = Role[heightOf: node, in: store]
    replace(node, by: next, under: links.parent, in: store)
    balance(from: lowest, in: store)
  }

  /// Hangs `child`, which may be none, where `node` hung.
  private mutating func replace<P: Platform & ~Copyable>(
    _ node: Member, by child: Member, under parent: Member, in store: ObjectStore<P>
  ) {
    if !child.isNone { Role[child, in: store].parent = parent }
    if parent.isNone {
      root = child
    } else if Role[parent, in: store].left == node {
      Role[parent, in: store].left = child
    } else {
      Role[parent, in: store].right = child
    }
  }

  // MARK: Balance

  private func height<P: Platform & ~Copyable>(
    _ node: Member, in store: ObjectStore<P>
  ) -> Int { node.isNone ? 0 : Int(Role[heightOf: node, in: store]) }

  /// How much higher the left side of a node is than its right one.
  private func lean<P: Platform & ~Copyable>(
    _ node: Member, in store: ObjectStore<P>
  ) -> Int {
    height(Role[node, in: store].left, in: store)
      - height(Role[node, in: store].right, in: store)
  }

  /// Sets a node's height from those of its children; returns whether it changed.
  @discardableResult
  private func measure<P: Platform & ~Copyable>(
    _ node: Member, in store: ObjectStore<P>
  ) -> Bool {
    let links = Role[node, in: store]
    let new = UInt8(1 + max(height(links.left, in: store), height(links.right, in: store)))
    let old = Role[heightOf: node, in: store]
    Role[heightOf: node, in: store] = new
    return new != old
  }

  /// Makes heights and balance right from a node upwards, until nothing changes any more.
  private mutating func balance<P: Platform & ~Copyable>(
    from start: Member, in store: ObjectStore<P>
  ) {
    var node = start
    while !node.isNone {
      let before = Role[heightOf: node, in: store]
      var top = node
      switch lean(node, in: store) {
      case 2:
        let left = Role[node, in: store].left
        if lean(left, in: store) < 0 { _ = rotate(left, isLeft: true, in: store) }
        top = rotate(node, isLeft: false, in: store)
      case -2:
        let right = Role[node, in: store].right
        if lean(right, in: store) > 0 { _ = rotate(right, isLeft: false, in: store) }
        top = rotate(node, isLeft: true, in: store)
      default: measure(node, in: store)
      }
      guard Role[heightOf: top, in: store] != before else { return }
      node = Role[top, in: store].parent
    }
  }

  /// Turns a node down to the left or right; the child that comes up in its place is returned.
  ///
  ///       node             child
  ///      /    \    left   /     \
  ///     a    child  ──> node     c
  ///          /  \       /  \
  ///         b    c     a    b
  private mutating func rotate<P: Platform & ~Copyable>(
    _ node: Member, isLeft: Bool, in store: ObjectStore<P>
  ) -> Member {
    let links = Role[node, in: store]
    let child = isLeft ? links.right : links.left
    let middle = isLeft ? Role[child, in: store].left : Role[child, in: store].right
    replace(node, by: child, under: links.parent, in: store)
    if isLeft {
      Role[node, in: store].right = middle
      Role[child, in: store].left = node
    } else {
      Role[node, in: store].left = middle
      Role[child, in: store].right = node
    }
    if !middle.isNone { Role[middle, in: store].parent = node }
    Role[node, in: store].parent = child
    measure(node, in: store)
    measure(child, in: store)
    return child
  }
}
