import KernelHAL
import X86Shims

/// I/O ports of processes.
extension X86Platform {
  public var hasPorts: Bool { true }

  public mutating func activatePorts(_ wanted: PortSet) {
    let isEmpty =
      wanted.ranges.0.count | wanted.ranges.1.count | wanted.ranges.2.count
      | wanted.ranges.3.count == 0
    let cpu = Int(x86_current_cpu())
    if isEmpty {
      guard ports[cpu].isActive else { return }
      ports[cpu].isActive = false
      CPUData(index: cpu).setPortMapActive(false)
      return
    }
    loadPorts(wanted, cpu: cpu)
  }

  /// The bitmap keeps its last content while it is not active, for a driver comes back.
  private mutating func loadPorts(_ wanted: PortSet, cpu: Int) {
    let data = CPUData(index: cpu)
    if ports[cpu].loaded != wanted {
      let loaded = ports[cpu].loaded
      data.withPortMap { map in
        PortBitmap.set(loaded, isAllowed: false, in: &map)
        PortBitmap.set(wanted, isAllowed: true, in: &map)
      }
      ports[cpu].loaded = wanted
    }
    guard !ports[cpu].isActive else { return }
    ports[cpu].isActive = true
    data.setPortMapActive(true)
  }
}
