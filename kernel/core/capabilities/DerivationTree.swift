import KernelHAL

/// Who was derived from whom: links between slots. All operations are O(1).
///
/// The first child's `previous` and the last child's `next` name the parent, so a node can
/// be taken out, its children put in its place, without touching each of them.
enum DerivationTree {
  /// Makes `node`, which has no links, the first child of `parent`; a root if none.
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
  /// The children of a root become a chain of siblings without a parent.
  static func remove<P: Platform & ~Copyable>(_ node: SlotID, in store: ObjectStore<P>) {
    let first = store[node].firstChild
    let last = store[node].lastChild
    if first.isNone {
      join(
        store[node].previous, isParent: store[node].isFirstChild,
        to: store[node].next, isParent: store[node].isLastChild, in: store)
      return
    }
    join(
      store[node].previous, isParent: store[node].isFirstChild,
      to: first, isParent: false, in: store)
    join(
      last, isParent: false,
      to: store[node].next, isParent: store[node].isLastChild, in: store)
  }

  /// Puts `other`, which has no links, into the place of `node`.
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
