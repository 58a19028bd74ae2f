import MnosABI

@testable import KernelCore

/// Where the kernel takes something that may not be there, and a case that goes through each.
///
/// A place is a call, in one source file, of one of `callees`. The list is compared with the
/// sources, and each witness with what it takes.
struct AllocationSite {
  /// Calls that take a frame, a place, a slot or a part of a budget, or fail because there is none.
  static let callees = [
    "charge(", "allocateFrame(", "allocateObjectFrame(", ".allocate(", ".allocateForObjects(",
    ".advance(", "make(", "makeRecord(", "makeMemory(", "placeMemory(", "makeRun(", "makeCleared(",
    "makeSpace(", "makeProcess(", "makeThread(", "makeInterrupt(", "addTable(", "makeMapTable(",
    "mapPage(", "mapStep(", "addMapping(", "findSlot(", "ensureFreeSlots(", "ensureSpare(",
    "findDestinations(", "growTable(", "addChunk(", "makeBound(", "throw .noMemory",
    "throw .noSlot", ", .noMemory)", "takePlace(",
  ]

  /// Who goes there, and what it takes there.
  enum Witness {
    case call(CapabilityExhaustionTests.Call)
    case create(ObjectType, CreateExhaustionTests.Table = .room, KernelDigest.Kind = .slab)
    case memory(MemoryExhaustionTests.Shape, KernelDigest.Kind)
    case map(KernelDigest.Kind)
    case mapForDevice
    case exchange(MessageExhaustionTests.Exchange)
    case wait(WaitExhaustionTests.Wait)
    /// Counted by BootExhaustionTests.
    case boot
    /// FullTableTests.
    case fullTable
    /// It cannot fail there, for this reason.
    case never(String)
  }

  let file: String
  let callee: String
  /// One for each time that it is called.
  let witnesses: [Witness]

  init(_ file: String, _ callee: String, _ witnesses: Witness...) {
    (self.file, self.callee, self.witnesses) = (file, callee, witnesses)
  }

  static let all = calls + tables + memory + boot

  private static let calls = [
    AllocationSite("syscalls/CapabilityCalls.swift", "findSlot(", .call(.copyAny), .call(.moveAny)),
    AllocationSite(
      "syscalls/CreateCall.swift", "findSlot(", .create(.endpoint, .full, .slot),
      .call(.deriveMemoryNamed)),
    AllocationSite(
      "syscalls/CreateCall.swift", "make(", .create(.endpoint), .create(.notification),
      .create(.process), .create(.thread), .create(.interrupt), .create(.budget)),
    AllocationSite("syscalls/CreateCall.swift", "makeProcess(", .create(.process)),
    AllocationSite("syscalls/CreateCall.swift", "makeThread(", .create(.thread)),
    AllocationSite("syscalls/CreateCall.swift", "makeInterrupt(", .create(.interrupt)),
    AllocationSite(
      "syscalls/CreateCall.swift", "allocateFrame(", .create(.process, .room, .directory)),
    AllocationSite(
      "syscalls/CreateCall.swift", "makeSpace(", .create(.process, .room, .pageTable)),
    AllocationSite("syscalls/CreateCall.swift", "charge(", .create(.budget, .room, .budget)),
    AllocationSite("syscalls/CreateCall.swift", "makeMemory(", .call(.deriveMemory)),
    AllocationSite("syscalls/DMACalls.swift", "make(", .create(.dmaSpace)),
    AllocationSite("syscalls/DMACalls.swift", "addMapping(", .mapForDevice),
    AllocationSite("syscalls/MemoryCalls.swift", "addMapping(", .map(.mapping)),
    AllocationSite(
      "capabilities/Bindings.swift", "makeBound(", .call(.bindNotification), .call(.bindFaults),
      .call(.bindEnd), .call(.bindProcess), .call(.bindInterrupt), .call(.bindPorts)),
    AllocationSite("capabilities/Bindings.swift", "findSlot(", .call(.bindNotification)),
    AllocationSite("capabilities/Bindings.swift", "throw .noSlot", .fullTable),
    AllocationSite("ipc/Send.swift", "ensureFreeSlots(", .wait(.sendCopies)),
    AllocationSite("ipc/Send.swift", "findDestinations(", .exchange(.send)),
    AllocationSite(
      "ipc/Receive.swift", "ensureSpare(", .wait(.receive), .wait(.receiveFault)),
    AllocationSite("ipc/Receive.swift", "findDestinations(", .exchange(.receiveSent)),
    AllocationSite("ipc/Reply.swift", "findDestinations(", .exchange(.reply)),
    AllocationSite(
      "ipc/SpareSlot.swift", "ensureFreeSlots(", .wait(.receive), .wait(.receiveKeepingOff)),
    AllocationSite("ipc/Attachments.swift", "findSlot(", .wait(.replyAndReceive)),
    AllocationSite("ipc/Attachments.swift", "ensureFreeSlots(", .exchange(.receiveCall)),
  ]

  private static let tables = [
    AllocationSite(
      "capabilities/TableGrowth.swift", "ensureFreeSlots(", .create(.endpoint, .full, .slot)),
    AllocationSite(
      "capabilities/TableGrowth.swift", "growTable(", .create(.endpoint, .full, .slot)),
    AllocationSite(
      "capabilities/TableGrowth.swift", "addChunk(", .create(.endpoint, .full, .slot),
      .create(.endpoint, .named, .slot)),
    AllocationSite(
      "capabilities/TableGrowth.swift", "allocateObjectFrame(", .create(.endpoint, .full, .slot)),
    AllocationSite(
      "capabilities/TableGrowth.swift", "throw .noSlot", .fullTable,
      .never("nine chunks are all that one call can ask for, see `replyAndReceive`")),
    AllocationSite("memory/AddressSpace.swift", "allocateFrame(",
      .create(.process, .room, .pageTable), .map(.pageTable)),
    AllocationSite("memory/AddressSpace.swift", "addTable(", .map(.pageTable)),
    AllocationSite(
      "memory/AddressSpace.swift", ".allocate(",
      .never("an identifier: when none is left, the space shares one")),
    AllocationSite("memory/Mappings.swift", "makeRecord(", .map(.mapping)),
    AllocationSite("memory/Mappings.swift", "mapPage(", .map(.pageTable)),
    AllocationSite("memory/DMASpace.swift", "makeRecord(", .mapForDevice),
    AllocationSite("threads/Work.swift", "mapStep(", .map(.pageTable)),
    AllocationSite("threads/Work.swift", ", .noMemory)", .map(.pageTable)),
  ]

  private static let memory = [
    AllocationSite("memory/Charging.swift", "charge(",
      .create(.process, .room, .directory), .create(.endpoint)),
    AllocationSite("memory/Charging.swift", ".allocate(", .create(.process, .room, .directory)),
    AllocationSite("memory/Charging.swift", ".allocateForObjects(", .create(.endpoint)),
    AllocationSite("memory/Charging.swift", "allocateObjectFrame(", .create(.endpoint)),
    AllocationSite(
      "memory/Charging.swift", "takePlace(", .create(.endpoint), .map(.mapping)),
    AllocationSite("memory/Charging.swift", "throw .noMemory",
      .create(.process, .room, .directory), .create(.endpoint)),
    AllocationSite("memory/Charging.swift", "throw .noSlot", .create(.endpoint)),
    AllocationSite("syscalls/CreateMemory.swift", "placeMemory(", .memory(.run, .page)),
    AllocationSite(
      "syscalls/CreateMemory.swift", "charge(", .memory(.run, .page), .memory(.loose, .mapTable),
      .boot),
    AllocationSite(
      "syscalls/CreateMemory.swift", ".allocate(", .memory(.aligned, .page), .boot),
    AllocationSite(
      "syscalls/CreateMemory.swift", "makeMemory(", .memory(.device, .slab),
      .memory(.run, .slab), .boot),
    AllocationSite("syscalls/CreateMemory.swift", "make(", .memory(.run, .slab)),
    AllocationSite("syscalls/CreateMemory.swift", "throw .noMemory", .boot),
    AllocationSite("memory/FrameAllocator.swift", ".advance(", .memory(.searched, .page)),
    AllocationSite(
      "memory/Filling.swift", ".advance(", .memory(.searched, .page), .memory(.limited, .page)),
    AllocationSite("memory/Filling.swift", ".allocate(", .memory(.loose, .page),
      .never("as many are free as tables begin with the page")),
    AllocationSite("memory/Filling.swift", "makeMapTable(",
      .memory(.loose, .mapTable), .memory(.looseOfTwoLevels, .mapTable)),
    AllocationSite("memory/Filling.swift", ", .noMemory)", .memory(.loose, .page)),
  ]

  private static let boot = [
    AllocationSite("Kernel.swift", ".allocateForObjects(",
      .never("the precondition of a kernel, which its image checks"),
      .never("likewise, for each CPU")),
    AllocationSite("memory/KernelTables.swift", ".allocate(", .boot, .boot),
    AllocationSite("memory/KernelTables.swift", "throw .noMemory", .boot, .boot),
    AllocationSite("boot/InitialProcess.swift", "makeProcess(", .boot),
    AllocationSite("boot/InitialProcess.swift", "makeThread(", .boot),
    AllocationSite("boot/InitialProcess.swift", "makeInterrupt(", .boot),
    AllocationSite("boot/InitialProcess.swift", "makeMemory(", .boot, .boot),
    AllocationSite("boot/InitialProcess.swift", "makeCleared(", .boot, .boot),
    AllocationSite("boot/InitialProcess.swift", "makeRun(", .boot),
    AllocationSite("boot/InitialProcess.swift", "findSlot(", .boot, .boot),
    AllocationSite("boot/InitialProcess.swift", "addMapping(", .boot),
    AllocationSite("boot/InitialProcess.swift", "mapStep(", .boot),
  ]
}
