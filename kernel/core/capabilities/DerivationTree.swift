import KernelHAL

/// Who was derived from whom: links between slots. All operations are O(1).
///
/// The first child's `previous` and the last child's `next` name the parent, so a node can
/// be taken out, its children put in its place, without touching each of them. Two bits of each
/// slot say which of its links is such a link to the parent:
///
///              P                                      P
///            ^/ \^      remove(B)                   ^/ \^
///           A<─>B<─>C   ─────────>                 A<─>D<─>E<─>C
///              ^/ \^
///              D<─>E        touched: A and D, E and C; D to E is as before
///
/// Nodes between the first and the last child do not know their parent, and nobody asks: a
/// revoke goes down from the parent by `firstChild` only.
enum DerivationTree {
  /// Makes `node`, which has no links, the first child of `parent`; a root if none.
  ///
  /// It becomes the first one, and a revoke deletes from the front: what is derived from a
  /// capability while it is revoked is what the revoke deletes next.
  static func insert<P: Platform & ~Copyable>(
    _ node: SlotID, under parent: SlotID, in store: ObjectStore<P>
  ) {
    store[node].firstChild = .none
    store[node].lastChild = .none
    store[node].previous = parent
    store[node].isFirstChild = true
    guard !parent.isNone else {
      store[node].next = .none
      store[node].isLastChild = true
      return
    }
    let sibling = store[parent].firstChild
    store[parent].firstChild = node
    if sibling.isNone {
      store[parent].lastChild = node
      store[node].next = parent
      store[node].isLastChild = true
    } else {
      store[node].next = sibling
      store[node].isLastChild = false
      store[sibling].previous = node
      store[sibling].isFirstChild = false
    }
  }

  /// Takes `node` out; its children take its place among its siblings.
  ///
  /// The children of a root become a chain of siblings without a parent: nobody can revoke them
  /// together any more, but each is still the root of what was derived from it.
  ///
  /// - Precondition: `node` is in a tree. Its own links are left as they are, for the slot is
  ///   released next.
  static func remove<P: Platform & ~Copyable>(_ node: SlotID, in store: ObjectStore<P>) {
    let first = store[node].firstChild
    let last = store[node].lastChild
    if first.isNone {
      join(
        store[node].previous, isParent: store[node].isFirstChild,
        to: store[node].next, isParent: store[node].isLastChild, in: store)
      return
    }
    // Two joins, at the ends of the row of children: the first child to what was before the node,
    // the last child to what was after it.
    join(
      store[node].previous, isParent: store[node].isFirstChild,
      to: first, isParent: false, in: store)
    join(
      last, isParent: false,
      to: store[node].next, isParent: store[node].isLastChild, in: store)
  }

  /// Puts `other`, which has no links, into the place of `node`.
  ///
  /// At most four neighbours name the node: siblings or parent to both sides, and its own first
  /// and last child. All of them are told; a move thus costs the same whatever hangs below.
  static func replace<P: Platform & ~Copyable>(
    _ node: SlotID, with other: SlotID, in store: ObjectStore<P>
  ) {
    let source = store[node]
    store[other].firstChild = source.firstChild
    store[other].lastChild = source.lastChild
    store[other].previous = source.previous
    store[other].next = source.next
    store[other].isFirstChild = source.isFirstChild
    store[other].isLastChild = source.isLastChild
    // With a first child there is a last one, which may be the same.
    if !source.firstChild.isNone {
      store[source.firstChild].previous = other
      store[source.lastChild].next = other
    }
    if !source.previous.isNone {
      if source.isFirstChild {
        store[source.previous].firstChild = other
      } else {
        store[source.previous].next = other
      }
    }
    if !source.next.isNone {
      if source.isLastChild {
        store[source.next].lastChild = other
      } else {
        store[source.next].previous = other
      }
    }
  }

  /// Makes two places neighbours; where a side is the parent, the other is its end child.
  ///
  ///     left is     right is    then
  ///     sibling     sibling     each names the other
  ///     parent      sibling     right becomes the first child
  ///     sibling     parent      left becomes the last child
  ///     parent      parent      the parent has no children
  private static func join<P: Platform & ~Copyable>(
    _ left: SlotID, isParent isLeftParent: Bool, to right: SlotID, isParent isRightParent: Bool,
    in store: ObjectStore<P>
  ) {
    // A parent that is none is no slot: the chain is of roots.
    if isLeftParent {
      if !left.isNone { store[left].firstChild = isRightParent ? .none : right }
    } else {
      store[left].next = right
      store[left].isLastChild = isRightParent
    }
    if isRightParent {
      if !right.isNone { store[right].lastChild = isLeftParent ? .none : left }
    } else {
      store[right].previous = left
      store[right].isFirstChild = isLeftParent
    }
  }
}
