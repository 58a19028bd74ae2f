import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

extension X86Platform: Platform {
  public var cpuCount: Int { 1 }

  // MARK: Time

  public func now() -> UInt64 {
    clock.timeStamp.nanoseconds(in: x86_read_time_stamp() &- clock.start)
  }

  @inlinable public func timestamp() -> UInt64 { x86_read_time_stamp() }

  public func nanoseconds(ticks: UInt64) -> UInt64 { clock.timeStamp.nanoseconds(in: ticks) }

  public mutating func armTimer(deadline: UInt64) {
    if deadline == .max {
      clock.usesDeadline ? localAPIC.setTimer(timeStamp: 0) : localAPIC.setTimer(counts: 0)
      return
    }
    let stamp = x86_read_time_stamp()
    let now = clock.timeStamp.nanoseconds(in: stamp &- clock.start)
    let delay = deadline > now ? deadline - now : 0
    if clock.usesDeadline {
      let ticks = min(clock.timeStamp.ticks(for: delay), 1 << 62)
      localAPIC.setTimer(timeStamp: stamp &+ ticks)
    } else {
      let counts = clock.localTimer.ticks(for: delay)
      // A count that does not fit fires early: the kernel then arms it again.
      localAPIC.setTimer(counts: UInt32(truncatingIfNeeded: min(counts, 0xffff_ffff)))
    }
  }

  // MARK: Memory

  /// Process-context identifiers are not used.
  public var addressSpaceIdentifierCount: UInt32 { 1 }

  public mutating func activate(_ space: AddressSpaceTag) {
    guard ControlRegisters.rootTable != space.root.rawValue else { return }
    // SAFETY: every address space shares the kernel's half of the root table.
    unsafe x86_write_cr3(space.root.rawValue)
  }

  /// CPUs see the stores of another in order, so only the compiler must keep them in it.
  /// Source: Intel SDM vol. 3A §8.2.2, Memory Ordering in P6 and More Recent Processors.
  public mutating func orderTableStores() { x86_keep_store_order() }

  /// Neither the TLB nor the caches of tables hold entries that were not valid.
  /// Source: Intel SDM vol. 3A §4.10.2.3 and §4.10.3.1.
  public mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool
  ) {
    x86_keep_store_order()
  }

  /// Loading another root dropped what other spaces had in the TLB.
  public mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag) {
    x86_invalidate_page(page.rawValue)
  }

  public mutating func spaceRemoved(_ space: AddressSpaceTag) {
    guard ControlRegisters.rootTable == space.root.rawValue else { return }
    // SAFETY: the root stays as it was.
    unsafe x86_write_cr3(space.root.rawValue)
  }

  // MARK: Other CPUs

  /// With one CPU there is nobody to wake.
  public mutating func wake(cpu: Int) {}

  // MARK: Threads

  public mutating func switchExtendedState(
    from old: inout X86ExtendedState, to new: inout X86ExtendedState
  ) {
    old.save()
    new.load(clearsPointers: features.leavesErrorPointers)
  }

  public mutating func loadExtendedState(_ new: inout X86ExtendedState) {
    new.load(clearsPointers: features.leavesErrorPointers)
  }

  // MARK: Ports

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

  // MARK: Debug console

  public mutating func writeDebug(byte: UInt8) { debugPort.write(byte) }
}
