import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What callers were told, held against what is so: the auditor sees only the present.
extension RandomWorld {
  /// A revoke that has not been answered, and what was below its slot when it was called.
  struct PendingRevoke {
    let thread: ThreadID
    let nodes: [(slot: SlotID, generation: UInt16)]
  }

  /// Notes what a call that is about to be made will promise.
  mutating func beforeCall(_ actor: Actor, _ number: SyscallNumber?, _ a0: UInt64) {
    revokes.removeAll { $0.thread == actor.thread }
    guard number == .revoke, a0 <= UInt64(UInt32.max) else { return }
    let handle = Handle(rawValue: UInt32(a0))
    let slot = machine.kernel.objects[actor.process].table.slot(
      at: handle.slot, in: machine.kernel.objects)
    guard !slot.isNone, machine.kernel.objects[slot].state == .held,
      machine.kernel.objects[slot].handle == handle
    else { return }
    revokes.append(
      PendingRevoke(
        thread: actor.thread,
        nodes: descendants(of: slot, limit: 400).map {
          ($0, machine.kernel.objects[$0].generation)
        }))
  }

  /// What was promised and is not so.
  mutating func brokenPromises() -> [String] {
    var findings: [String] = []
    // Another thread may be made in its place, and has made no call.
    revokes.removeAll { !machine.isAlive($0.thread) }
    for revoke in revokes {
      let thread = machine.kernel.objects[revoke.thread]
      guard thread.work == .none, thread.state == .running || thread.state == .ready else {
        continue
      }
      if ResultWord(rawValue: thread.registers.callWord).statusCode == 0 {
        let living = revoke.nodes.count {
          machine.isSlot($0.slot) && machine.kernel.objects[$0.slot].generation == $0.generation
            && machine.kernel.objects[$0.slot].state != .free
        }
        if living > 0 { findings.append("revoke said ok, \(living) descendants live") }
      }
      revokes.removeAll { $0.thread == revoke.thread }
    }
    for mapping in liveMappings() {
      let object = machine.kernel.objects[mapping]
      let key = MappingKey(
        process: object.process.granule, slot: object.slot.granule, address: object.address,
        pageCount: object.pageCount)
      guard let ceiling = ceilings[key] else { continue }
      if !ceiling.includes(object.rights) {
        findings.append("a mapping allows \(object.rights.bits), was given \(ceiling.bits)")
      }
    }
    return findings + lostDevicePages()
  }

  // MARK: Devices

  /// A page of RAM and the DMA space whose device was given its address.
  struct DevicePage: Hashable {
    let space: UInt32
    let address: UInt64
  }

  /// The object of a type that a call is about, by its granule, while it is named still.
  func named(_ type: ObjectType, by actor: Actor, _ handle: UInt64) -> UInt32? {
    guard handle <= UInt64(UInt32.max) else { return nil }
    let handle = Handle(rawValue: UInt32(handle))
    let slot = machine.kernel.objects[actor.process].table.slot(
      at: handle.slot, in: machine.kernel.objects)
    guard !slot.isNone, machine.kernel.objects[slot].state == .held,
      machine.kernel.objects[slot].handle == handle
    else { return nil }
    let held = machine.kernel.objects[slot]
    return held.type == type ? held.object.granule : nil
  }

  /// Notes what a device may reach from now on, or with no memory what its driver says that it
  /// does not reach any more.
  mutating func reach(_ space: UInt32, _ address: UInt64, byteCount: UInt64, of memory: UInt32?) {
    for page in stride(from: address, to: address + byteCount, by: 4096) {
      devicePages[DevicePage(space: space, address: page)] = memory
    }
  }

  /// Pages that a device may write to and that are no memory object's any more, whatever the kernel
  /// has written down of its mappings. With its space a device is stopped.
  private mutating func lostDevicePages() -> [String] {
    guard !devicePages.isEmpty else { return [] }
    let census = Census(machine.kernel)
    let spaces = Set(
      census.dmaSpaces.filter { !machine.kernel.objects[$0].isDestroyed }.map(\.granule))
    devicePages = devicePages.filter { spaces.contains($0.key.space) }
    var owners: [UInt64: UInt32] = [:]
    for memory in census.memories where machine.kernel.objects[memory].kind == .owned {
      for page in Census.frames(of: machine.kernel.objects[memory], machine.kernel).pages {
        owners[page << 12] = memory.granule
      }
    }
    return devicePages.filter { owners[$0.key.address] != $0.value }.map {
      "a device may write to \(String($0.key.address, radix: 16)), which is free or another's"
    }
  }

  struct MappingKey: Hashable {
    let process: UInt32
    let slot: UInt32
    let address: UInt64
    let pageCount: UInt32
  }

  private func liveMappings() -> [MappingID] {
    Census(machine.kernel).mappings
  }

  /// Notes what the new mapping of a `map` call was given.
  mutating func afterMap(rights word: UInt64) {
    for mapping in liveMappings() {
      let object = machine.kernel.objects[mapping]
      let key = MappingKey(
        process: object.process.granule, slot: object.slot.granule, address: object.address,
        pageCount: object.pageCount)
      if ceilings[key] == nil {
        ceilings[key] = Rights(bits: UInt16((word | word >> 8) & 7))
      }
    }
  }

  /// Notes the mappings that there are, and forgets those that are gone, so that their
  /// places can be used again. What is not known may have anything.
  mutating func noteMappings() {
    var known: [MappingKey: Rights] = [:]
    for mapping in liveMappings() {
      let object = machine.kernel.objects[mapping]
      let key = MappingKey(
        process: object.process.granule, slot: object.slot.granule, address: object.address,
        pageCount: object.pageCount)
      known[key] = ceilings[key] ?? .all
    }
    ceilings = known
  }
}

extension TestMachine {
  /// Whether a slot's table is still there.
  func isSlot(_ slot: SlotID) -> Bool {
    Census(kernel).processes.contains { process in
      kernel.objects[process].state != .ended
        && Census.chunks(of: process, kernel).contains { $0.frame == slot.frame }
    }
  }
}
