import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// The kernel that the tests run.
typealias TestKernel = Kernel<SimulatedPlatform>
typealias KernelThread = Thread<SimulatedPlatform>

/// Everything that is alive in a kernel, found by walking its pools and tables.
struct Census {
  var threads: [ThreadID] = []
  var processes: [ProcessID] = []
  var endpoints: [EndpointID] = []
  var notifications: [NotificationID] = []
  var memories: [MemoryID] = []
  var mappings: [MappingID] = []
  var interrupts: [InterruptID] = []
  var budgets: [BudgetID] = []
  /// Slots that are not free, of all tables.
  var slots: [SlotID] = []
  /// Granules of the above, for look-ups.
  var live: Set<UInt32> = []
  /// What the objects among them are.
  var types: [UInt32: ObjectType] = [:]
  /// Frames of pool slabs.
  var slabFrames: Set<UInt32> = []

  init(_ kernel: borrowing TestKernel) {
    threads = collect(kernel.pools.threads, .thread, kernel)
    processes = collect(kernel.pools.processes, .process, kernel)
    endpoints = collect(kernel.pools.endpoints, .endpoint, kernel)
    notifications = collect(kernel.pools.notifications, .notification, kernel)
    memories = collect(kernel.pools.memories, .memory, kernel)
    mappings = collect(kernel.pools.mappings, .none, kernel)
    interrupts = collect(kernel.pools.interrupts, .interrupt, kernel)
    budgets = collect(kernel.pools.budgets, .budget, kernel)
    for process in processes where kernel.objects[process].state != .ended {
      for slot in Self.allSlots(of: process, kernel) where kernel.objects[slot].state != .free {
        slots.append(slot)
        live.insert(slot.granule)
      }
    }
  }

  /// The chunks of a table, by number, with their frames.
  static func chunks(
    of process: ProcessID, _ kernel: borrowing TestKernel
  ) -> [(chunk: UInt16, frame: FrameNumber)] {
    let table = kernel.objects[process].table
    var result: [(UInt16, FrameNumber)] = []
    var chunk: UInt16 = 0
    while chunk < CapabilityTable.chunkLimit, result.count < Int(table.chunkCount) {
      let frame = kernel.window.load(
        UInt64(table.directory) << 12 + UInt64(chunk) * 4, as: FrameNumber.self)
      if frame != 0 { result.append((chunk, frame)) }
      chunk += 1
    }
    return result
  }

  /// Every slot of a table, free or not.
  static func allSlots(of process: ProcessID, _ kernel: borrowing TestKernel) -> [SlotID] {
    chunks(of: process, kernel).flatMap { _, frame in
      (0..<Granule.perFrame).map { SlotID(granule: frame * Granule.perFrame + $0) }
    }
  }

  private mutating func collect<Object>(
    _ pool: ObjectPool, _ type: ObjectType, _ kernel: borrowing TestKernel
  ) -> [ObjectID<Object>] {
    var result: [ObjectID<Object>] = []
    var position = pool.nextLive(after: nil, in: kernel.objects)
    while let found = position {
      result.append(ObjectID(granule: found.granule))
      live.insert(found.granule)
      types[found.granule] = type
      slabFrames.insert(found.granule / Granule.perFrame)
      position = pool.nextLive(after: found, in: kernel.objects)
    }
    return result
  }
}
