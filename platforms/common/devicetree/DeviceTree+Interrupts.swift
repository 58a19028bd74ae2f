/// An interrupt of a device: the controller's node, and the cells that name it there.
public struct DeviceTreeInterrupt: Equatable, Sendable {
  public let controller: DeviceTreeNode
  /// The first cell, and the next two, 0 where the controller has fewer.
  public let number: UInt32
  public let second: UInt32
  public let third: UInt32
}

/// Some cells of a property in a row.
private struct DeviceTreeCells {
  let value: DeviceTreeValue
  let start: UInt32
  let count: UInt32
}

extension DeviceTree {
  /// An interrupt of a device, the first unless `index` says otherwise; nil if it has none
  /// such that can be followed.
  ///
  /// Source: Devicetree Specification 0.4 §2.4, Interrupts and Interrupt Mapping.
  public func interrupt(of node: DeviceTreeNode, at index: UInt32 = 0) -> DeviceTreeInterrupt? {
    if let extended = property("interrupts-extended", of: node) {
      return interrupt(of: node, extended: extended, at: index)
    }
    guard
      let list = property("interrupts", of: node), let parent = interruptParent(of: node)
    else { return nil }
    let cells = interruptCellCount(of: parent)
    guard index < list.cellCount / cells else { return nil }
    return interrupt(
      of: node, at: parent, DeviceTreeCells(value: list, start: index * cells, count: cells))
  }

  /// In a list where each interrupt has its controller's handle before it.
  private func interrupt(
    of node: DeviceTreeNode, extended list: DeviceTreeValue, at index: UInt32
  ) -> DeviceTreeInterrupt? {
    var position: UInt32 = 0
    var remaining = index
    while let handle = cell(position, of: list), let parent = self.node(withHandle: handle) {
      let cells = interruptCellCount(of: parent)
      if remaining == 0 {
        return interrupt(
          of: node, at: parent, DeviceTreeCells(value: list, start: position + 1, count: cells))
      }
      remaining -= 1
      position += 1 + cells
    }
    return nil
  }

  /// The interrupt that `name` stands for at `parent`, followed to its controller through nodes
  /// that only hand interrupts on.
  private func interrupt(
    of node: DeviceTreeNode, at parent: DeviceTreeNode, _ name: DeviceTreeCells
  ) -> DeviceTreeInterrupt? {
    var place = DeviceTreeInterruptPlace(
      controller: parent, name: name,
      address: property("reg", of: node).map {
        DeviceTreeCells(value: $0, start: 0, count: $0.cellCount)
      })
    // More hands than any tree has: in one that leads round in circles the search must end.
    for _ in 0..<8 {
      guard
        property("interrupt-controller", of: place.controller) == nil,
        let map = property("interrupt-map", of: place.controller)
      else { return interrupt(at: place) }
      guard let next = mapped(place, by: map) else { return nil }
      place = next
    }
    return nil
  }

  private func interrupt(at place: DeviceTreeInterruptPlace) -> DeviceTreeInterrupt? {
    let (list, start, count) = (place.name.value, place.name.start, place.name.count)
    guard let number = cell(start, of: list), cell(start + count - 1, of: list) != nil else {
      return nil
    }
    return DeviceTreeInterrupt(
      controller: place.controller, number: number,
      second: count > 1 ? cell(start + 1, of: list) ?? 0 : 0,
      third: count > 2 ? cell(start + 2, of: list) ?? 0 : 0)
  }

  /// Where an `interrupt-map` sends an interrupt. Each entry has the device's address and the
  /// interrupt's name as they are below the node, then the handle of the next one, and address
  /// and name as they are there.
  ///
  /// - Returns: nil if no entry fits, or the entries before it make no sense.
  ///
  /// Source: Devicetree Specification 0.4 §2.4.3, Interrupt Nexus Properties.
  private func mapped(
    _ place: DeviceTreeInterruptPlace, by map: DeviceTreeValue
  ) -> DeviceTreeInterruptPlace? {
    let mask = property("interrupt-map-mask", of: place.controller)
    let addressCells = nexusAddressCellCount(of: place.controller)
    guard addressCells <= 4 else { return nil }
    let cells = addressCells + place.name.count
    guard mask.map({ $0.cellCount >= cells }) ?? true else { return nil }
    var position: UInt32 = 0
    while let handle = cell(position + cells, of: map), let next = node(withHandle: handle) {
      let address = DeviceTreeCells(
        value: map, start: position + cells + 1, count: cell("#address-cells", of: next) ?? 0)
      guard address.count <= 4 else { return nil }
      let name = DeviceTreeCells(
        value: map, start: address.start + address.count, count: interruptCellCount(of: next))
      let end = name.start + name.count
      guard end <= map.cellCount else { return nil }
      var index: UInt32 = 0
      while index < cells, isSame(index, at: position, of: map, mask, place, addressCells) {
        index += 1
      }
      if index == cells {
        return DeviceTreeInterruptPlace(controller: next, name: name, address: address)
      }
      position = end
    }
    return nil
  }

  /// Whether the cell at `index` of an entry is that of the interrupt, as far as the mask goes.
  private func isSame(
    _ index: UInt32, at position: UInt32, of map: DeviceTreeValue, _ mask: DeviceTreeValue?,
    _ place: DeviceTreeInterruptPlace, _ addressCells: UInt32
  ) -> Bool {
    var own: UInt32? = 0
    if index >= addressCells {
      own = cell(place.name.start + index - addressCells, of: place.name.value)
    } else if let address = place.address, index < address.count {
      own = cell(address.start + index, of: address.value)
    }
    guard let own, let entry = cell(position + index, of: map) else { return false }
    let bits = mask.flatMap { cell(index, of: $0) } ?? .max
    return (own ^ entry) & bits == 0
  }

  /// Cells of an address below a node that hands interrupts on: its own word for it, or that of
  /// the nearest node that it is in, on which some trees rely.
  private func nexusAddressCellCount(of node: DeviceTreeNode) -> UInt32 {
    var current: DeviceTreeNode? = node
    while let candidate = current {
      if let count = cell("#address-cells", of: candidate) { return count }
      current = candidate.parent
    }
    return 2
  }

  /// Cells that name an interrupt of the controller: 1 to 8, and 1 where it does not say.
  private func interruptCellCount(of controller: DeviceTreeNode) -> UInt32 {
    min(max(cell("#interrupt-cells", of: controller) ?? 1, 1), 8)
  }

  /// The node that the interrupts of `node` go to: the one that it names, else the nearest that
  /// it is in which takes interrupts or names one. A handle that nobody has ends the search.
  ///
  /// Source: Devicetree Specification 0.4 §2.4.1, interrupt-parent.
  public func interruptParent(of node: DeviceTreeNode) -> DeviceTreeNode? {
    var current = node
    while true {
      if let handle = cell("interrupt-parent", of: current) {
        return self.node(withHandle: handle)
      }
      guard let parent = current.parent else { return nil }
      if property("#interrupt-cells", of: parent) != nil { return parent }
      current = parent
    }
  }
}

/// An interrupt as one node on its way knows it.
private struct DeviceTreeInterruptPlace {
  let controller: DeviceTreeNode
  let name: DeviceTreeCells
  /// The device's address; nil if it has none.
  let address: DeviceTreeCells?
}
