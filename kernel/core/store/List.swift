import KernelHAL

/// A place in a list: the neighbours. The first one's `previous` names the last.
public struct Links<Node>: BitwiseCopyable {
  var next = ObjectID<Node>.none
  var previous = ObjectID<Node>.none

  public init() {}
  @inline(__always)
  init(next: ObjectID<Node>, previous: ObjectID<Node>) {
    self.next = next
    self.previous = previous
  }
}

/// Says where in a node the links of one kind of list are.
///
/// A node that can be in several lists at a time has links for each, and a role for each.
public protocol ListRole {
  associatedtype Node
  static subscript<P: Platform & ~Copyable>(
    _ node: ObjectID<Node>, in store: ObjectStore<P>
  ) -> Links<Node> { get set }
}

/// A list linked through its members: the kernel's only kind of list.
///
///     first ──> A <──> B <──> C ──> none
///               └── previous: C          (so that both ends are at hand)
///
/// It holds the first member only. Cost: O(1) for everything but a walk. A queue appends at
/// the end and takes from the front.
public struct List<Role: ListRole>: BitwiseCopyable {
  public private(set) var first = ObjectID<Role.Node>.none

  public init() {}
  public var isEmpty: Bool { @inline(__always) get { first.isNone } }

  /// The last member.
  ///
  /// - Precondition: There is one.
  func last<P: Platform & ~Copyable>(in store: ObjectStore<P>) -> ObjectID<Role.Node> {
    Role[first, in: store].previous
  }

  /// - Precondition: `node` is in no list of this role.
  @inline(__always)
  mutating func append<P: Platform & ~Copyable>(
    _ node: ObjectID<Role.Node>, in store: ObjectStore<P>
  ) {
    guard !first.isNone else {
      Role[node, in: store] = Links(next: .none, previous: node)
      first = node
      return
    }
    let last = Role[first, in: store].previous
    Role[node, in: store] = Links(next: .none, previous: last)
    Role[last, in: store].next = node
    Role[first, in: store].previous = node
  }

  /// - Precondition: `node` is in no list of this role.
  @inline(__always)
  mutating func prepend<P: Platform & ~Copyable>(
    _ node: ObjectID<Role.Node>, in store: ObjectStore<P>
  ) {
    guard !first.isNone else {
      Role[node, in: store] = Links(next: .none, previous: node)
      first = node
      return
    }
    Role[node, in: store] = Links(next: first, previous: Role[first, in: store].previous)
    Role[first, in: store].previous = node
    first = node
  }

  /// - Precondition: `node` is in this list.
  @inline(__always)
  mutating func remove<P: Platform & ~Copyable>(
    _ node: ObjectID<Role.Node>, in store: ObjectStore<P>
  ) {
    let links = Role[node, in: store]
    if node == first {
      first = links.next
      if !first.isNone { Role[first, in: store].previous = links.previous }
    } else {
      Role[links.previous, in: store].next = links.next
      // The last one's place is noted in the first.
      let follower = links.next.isNone ? first : links.next
      Role[follower, in: store].previous = links.previous
    }
  }

  /// The member after `node`, or none.
  @inline(__always)
  static func next<P: Platform & ~Copyable>(
    after node: ObjectID<Role.Node>, in store: ObjectStore<P>
  ) -> ObjectID<Role.Node> { Role[node, in: store].next }
}
