/// A range of physical addresses that a device's registers have.
public struct DeviceTreeRegion: Equatable, Sendable {
  public let base: UInt64
  public let byteCount: UInt64
}

extension DeviceTree {
  /// A register block of a device, the first unless `index` says otherwise, as physical
  /// addresses.
  ///
  /// - Returns: nil if the device has none such, or a bus on the way hides it.
  public func registers(of node: DeviceTreeNode, at index: UInt32 = 0) -> DeviceTreeRegion? {
    guard
      let value = property("reg", of: node), let bus = node.parent,
      let cells = cellCounts(of: bus), cells.size > 0,
      value.cellCount % (cells.address + cells.size) == 0,
      index < value.cellCount / (cells.address + cells.size)
    else { return nil }
    let start = index * (cells.address + cells.size)
    guard
      let base = number(cells.address, cellsAt: start, of: value),
      let byteCount = number(cells.size, cellsAt: start + cells.address, of: value),
      byteCount > 0, !base.addingReportingOverflow(byteCount - 1).overflow
    else { return nil }
    return translated(DeviceTreeRegion(base: base, byteCount: byteCount), from: bus)
  }

  /// The cells that an address and a size take in the children of `bus`; nil if impossible.
  ///
  /// Source: Devicetree Specification 0.4 §2.3.5, #address-cells and #size-cells.
  private func cellCounts(of bus: DeviceTreeNode) -> (address: UInt32, size: UInt32)? {
    let address = cell("#address-cells", of: bus) ?? 2
    let size = cell("#size-cells", of: bus) ?? 1
    return (1...4).contains(address) && size <= 4 ? (address, size) : nil
  }

  /// Turns an address on `bus` into one of the root's, bus by bus.
  ///
  /// Source: Devicetree Specification 0.4 §2.3.8, ranges.
  private func translated(
    _ region: DeviceTreeRegion, from bus: DeviceTreeNode
  ) -> DeviceTreeRegion? {
    var region = region
    var bus = bus
    while let parent = bus.parent {
      guard let ranges = property("ranges", of: bus) else { return nil }
      if ranges.byteCount > 0 {
        guard let next = translated(region, by: ranges, of: bus, to: parent) else { return nil }
        region = next
      }
      bus = parent
    }
    return region
  }

  private func translated(
    _ region: DeviceTreeRegion, by ranges: DeviceTreeValue, of bus: DeviceTreeNode,
    to parent: DeviceTreeNode
  ) -> DeviceTreeRegion? {
    guard let child = cellCounts(of: bus), let target = cellCounts(of: parent) else { return nil }
    let entry = child.address + target.address + child.size
    var index: UInt32 = 0
    while index < ranges.cellCount, ranges.cellCount - index >= entry {
      if let from = number(child.address, cellsAt: index, of: ranges),
        let to = number(target.address, cellsAt: index + child.address, of: ranges),
        let count = number(
          child.size, cellsAt: index + child.address + target.address, of: ranges),
        region.base >= from, region.byteCount <= count,
        region.base - from <= count - region.byteCount
      {
        let (base, overflow) = to.addingReportingOverflow(region.base - from)
        guard !overflow, !base.addingReportingOverflow(region.byteCount - 1).overflow else {
          return nil
        }
        return DeviceTreeRegion(base: base, byteCount: region.byteCount)
      }
      index += entry
    }
    return nil
  }
}
