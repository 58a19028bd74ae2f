import KernelHAL
import MnosABI
import ProgramFormat

/// What init is started with: where the boot loader put its files, and the devices found.
///
/// KernelImage fills it from the boot protocol; the core has no other knowledge of the loader.
public struct InitialRequest {
  /// Physical address, frame aligned, and bytes of the program and of the archive.
  public var program: UInt64 = 0
  public var programByteCount: UInt64 = 0
  public var archive: UInt64 = 0
  public var archiveByteCount: UInt64 = 0
  /// What the firmware's tables describe; places that hold none have the kind `none`.
  public var devices: [4 of DeviceDescription] = .init(repeating: DeviceDescription())
  /// Decides where init's image lies, and is handed on to init.
  public var randomSeed: UInt64 = 0
  public init() {}
}

/// Making the first process. Runs once, while booting.
///
/// Init's address space, from the lowest address up:
///
///     base            imageEnd              stackBase       stackEnd              infoAddress
///     ┌──────────────┬─────────────────────┬───────────────┬─────────────────────┬──────────┐
///     │ segments     │ one page, unmapped  │ stack, 64 KiB │ one page, unmapped  │ BootInfo │
///     └──────────────┴─────────────────────┴───────────────┴─────────────────────┴──────────┘
///
/// All of it is made of ordinary objects: memory that is charged to the root budget and mapped
/// through capabilities in init's own table. Nothing of it is special once init runs.
extension Kernel where P: ~Copyable {
  /// Fixed: init's stack does not grow.
  private static var stackByteCount: UInt64 { 64 * 1024 }
  /// The highest that any thread can have, as none can give another more than its own.
  private static var priority: UInt8 { 200 }
  /// The lowest address where init's image can begin: in every machine's user half, and far from
  /// what a null pointer with an offset reaches.
  private static var lowestBase: UInt64 { 1 << 32 }

  /// Makes init from its checked program, with all authority there is, ready to run.
  ///
  /// A failure stops the boot, so nothing is given back on the way out of one.
  ///
  /// - Parameters:
  ///   - request: The addresses in it are trusted: they come from the boot loader.
  ///   - image: The program's headers, checked against the bytes at `request.program`.
  /// - Throws: `noMemory` if frames run out.
  /// - Precondition: No process exists. All RAM that user code may have is with `frames`, for the
  ///   root budget's limit is what is free at this moment.
  public mutating func startInit(
    _ request: InitialRequest, image: ProgramImage
  ) throws(Failure) {
    let budget = makeRootBudget(objectLimit: 1 << 32)
    let process = try makeProcess(budget)
    // Before anything can end: the end of this one is the machine's.
    objects.shared.firstProcess = process
    var info = BootInfo()
    info.magic = BootInfo.expectedMagic
    info.version = BootInfo.currentVersion
    info.randomSeed = request.randomSeed
    try giveAuthority(process, budget, &info)
    try giveFiles(request, process, budget, &info)
    try giveDevices(request, process, budget, &info)
    // 2^22 pages are 16 GiB: the image lies somewhere in them, the rest follows it.
    let spread = (request.randomSeed >> 8) % (1 << 22) * Limits.pageByteCount
    let base = (Self.lowestBase + spread) & ~(image.alignment - 1)
    try mapImage(image, file: request.program, base: base, process, budget)
    info.imageBase = base
    info.imageEnd = base + image.byteCount
    // One page stays unmapped between image and stack, and between stack and information.
    info.stackBase = info.imageEnd + Limits.pageByteCount
    info.stackEnd = info.stackBase + Self.stackByteCount
    _ = try mapNew(
      Self.stackByteCount, at: info.stackBase, .read.union(.write), process, budget)
    let infoAddress = info.stackEnd + Limits.pageByteCount
    let page = try mapNew(Limits.pageByteCount, at: infoAddress, .read, process, budget)
    let thread = try makeThread(budget, in: process, priority: Self.priority)
    info.thread = try give(thread, to: process)
    // Last of all, when every handle and address in it is known. Init reads it only: the page is
    // mapped for reading, so it is filled through the window.
    window.store(info, at: page)
    objects[thread].registers = P.Registers(
      entry: VirtualAddress(base + image.entry), stack: VirtualAddress(info.stackEnd),
      argument: infoAddress)
    // As `start` does for any other thread; the first `leave` then switches to it.
    objects[process].state = .running
    objects.makeReady(thread)
    objects[cpu].needsSchedule = true
  }

  /// The budget of everything: what is free now. It lies beside the state that CPUs share.
  ///
  /// It is charged to no other budget and lies in no slab, so it has no parent to be returned to
  /// and is never freed.
  mutating func makeRootBudget(objectLimit: UInt64) -> BudgetID {
    let budget = objects.rootBudget
    objects[budget] = Budget(
      memoryLimit: frames.freeCount * Limits.pageByteCount, objectLimit: objectLimit)
    objects[budget].share = TimeShare(ofCPUs: objects.shared.cpuCount)
    objects.shared.objectCounts[Int(ObjectType.budget.rawValue)] += 1
    return budget
  }

  /// Puts a first capability, with all rights unless told otherwise, into any slot of a process.
  ///
  /// - Returns: Its handle as `BootInfo` has it.
  /// - Throws: `noMemory`, `noSlot`.
  private mutating func give<Object: KernelObject>(
    _ object: ObjectID<Object>, to process: ProcessID, rights: Rights = .all
  ) throws(Failure) -> UInt32 {
    try give(Object.type, object.header, to: process, rights: rights)
  }

  /// As above, also for what is no object: the machine and ranges of ports.
  private mutating func give(
    _ type: ObjectType, _ object: AnyObjectID, to process: ProcessID, rights: Rights = .all,
    badge: UInt64 = 0
  ) throws(Failure) -> UInt32 {
    let slot = try findSlot(UInt64(SlotChoice.any), in: process, argument: 0)
    // Nothing that boot adds to a table is taken back.
    growth.count = 0
    objects.fill(slot, type, object, rights: rights, badge: badge)
    return objects[slot].handle.rawValue
  }

  /// The three capabilities from which all other authority comes: init's own process, the root
  /// budget, and the machine.
  private mutating func giveAuthority(
    _ process: ProcessID, _ budget: BudgetID, _ info: inout BootInfo
  ) throws(Failure) {
    info.process = try give(process, to: process)
    info.budget = try give(budget, to: process)
    info.machine = try give(.machine, .none, to: process)
  }

  /// The program and the archive as memory, where the boot loader put them. Init may read and
  /// execute them, but not write: a service that is started again finds what was there.
  private mutating func giveFiles(
    _ request: InitialRequest, _ process: ProcessID, _ budget: BudgetID,
    _ info: inout BootInfo
  ) throws(Failure) {
    let rights = Rights.all.subtracting(.write)
    info.programByteCount = request.programByteCount
    info.program = try giveBootMemory(
      request.program, request.programByteCount, rights, process, budget)
    info.initramfsByteCount = request.archiveByteCount
    guard request.archiveByteCount > 0 else { return }
    info.initramfs = try giveBootMemory(
      request.archive, request.archiveByteCount, rights, process, budget)
  }

  /// Memory that the boot loader filled, rounded up to whole pages; the archive's exact length is
  /// in `BootInfo`. Its frames were never the allocator's, so they are not given back to it.
  private mutating func giveBootMemory(
    _ base: UInt64, _ byteCount: UInt64, _ rights: Rights, _ process: ProcessID,
    _ budget: BudgetID
  ) throws(Failure) -> UInt32 {
    let memory = try makeMemory(
      MemoryObject(
        at: base, byteCount: (byteCount + 4095) & ~4095, kind: .boot, caching: .normal),
      chargedTo: budget)
    return try give(memory, to: process, rights: rights)
  }

  /// Capabilities for each device that was found, four at most.
  private mutating func giveDevices(
    _ request: InitialRequest, _ process: ProcessID, _ budget: BudgetID,
    _ info: inout BootInfo
  ) throws(Failure) {
    for index in 0..<4 where request.devices[index].kind != .none {
      // One that the tables describe wrongly is left out; the others still work.
      guard hasPossibleRegisters(request.devices[index]) else { continue }
      let record = try giveDevice(request.devices[index], process, budget)
      switch info.deviceCount {
      case 0: info.devices.0 = record
      case 1: info.devices.1 = record
      case 2: info.devices.2 = record
      default: info.devices.3 = record
      }
      info.deviceCount += 1
    }
  }

  /// Whether the place that the firmware's tables name for the registers is one that can be
  /// mapped, and no RAM; a device may also have none there.
  private mutating func hasPossibleRegisters(_ device: DeviceDescription) -> Bool {
    guard device.registerByteCount > 0 else { return true }
    // As for `create`: no device has more.
    guard device.registerByteCount <= 1 << 40 else { return false }
    guard let pages = device.region.pages(below: format.physicalAddressLimit) else { return false }
    return frames.deviceRules.permits(
      base: pages.lowerBound, byteCount: pages.upperBound - pages.lowerBound)
  }

  /// What a driver needs for one device: registers or ports, and an interrupt. Each is there only
  /// if the tables name it, and the driver sees by a handle of 0 what it has to do without.
  private mutating func giveDevice(
    _ device: DeviceDescription, _ process: ProcessID, _ budget: BudgetID
  ) throws(Failure) -> DeviceRecord {
    var record = DeviceRecord()
    record.kind = device.kind.rawValue
    record.registerShift = device.registerShift
    record.accessWidth = device.accessWidth
    record.clockFrequency = device.clockFrequency
    if let pages = device.region.pages(below: format.physicalAddressLimit) {
      let memory = try makeMemory(
        MemoryObject(
          at: pages.lowerBound, byteCount: pages.upperBound - pages.lowerBound, kind: .device,
          caching: .device),
        chargedTo: budget)
      record.registers = try give(memory, to: process)
      // Registers need not begin on a page, memory objects must.
      record.registerOffset = UInt32(device.registers & 4095)
    }
    if device.ports.count > 0 {
      record.firstPort = device.ports.first
      record.ports = try give(
        .portRange, .none, to: process,
        badge: CapabilitySlot.portBadge(
          first: UInt64(device.ports.first), count: UInt64(device.ports.count)))
    }
    if let line = device.line, platform.isLineAvailable(line) {
      // Two devices of one line have capabilities to the same interrupt.
      let claimed = objects.interrupt(ofLine: line)
      let interrupt = claimed.isNone ? try makeInterrupt(budget, line: line) : claimed
      record.interrupt = try give(interrupt, to: process)
    }
    return record
  }

  /// Copies a program's segments into new memory and maps them.
  ///
  /// Copied, not mapped where the loader put them: segments are written to, and what lies behind
  /// a segment's bytes must be 0.
  private mutating func mapImage(
    _ image: ProgramImage, file: UInt64, base: UInt64, _ process: ProcessID,
    _ budget: BudgetID
  ) throws(Failure) {
    for index in 0..<image.segmentCount {
      let segment = image[index]
      let memory = try makeCleared(segment.pageByteCount, budget)
      // Before the pages are mapped: mapping publishes what is to be executed.
      window.copy(
        from: file + segment.fileOffset,
        to: objects[memory].frames.base + (segment.address - segment.pageAddress),
        byteCount: segment.fileByteCount)
      try show(memory, at: base + segment.pageAddress, segment.rights, process)
    }
  }

  /// Makes memory that is all 0, at once and not in batches: nobody else waits for the CPU yet.
  private mutating func makeCleared(
    _ byteCount: UInt64, _ budget: BudgetID
  ) throws(Failure) -> MemoryID {
    let memory = try makeRun(byteCount, chargedTo: budget)
    window.clear(objects[memory].frames.base, byteCount: byteCount)
    return memory
  }

  /// Makes cleared memory and maps all of it; returns its physical address.
  private mutating func mapNew(
    _ byteCount: UInt64, at address: UInt64, _ rights: Rights, _ process: ProcessID,
    _ budget: BudgetID
  ) throws(Failure) -> UInt64 {
    let memory = try makeCleared(byteCount, budget)
    try show(memory, at: address, rights, process)
    return objects[memory].frames.base
  }

  /// Maps all of a memory object, whose capability the process gets.
  ///
  /// - Precondition: The range lies in the user half, and nothing is mapped there.
  private mutating func show(
    _ memory: MemoryID, at address: UInt64, _ rights: Rights, _ process: ProcessID
  ) throws(Failure) {
    let slot = try findSlot(UInt64(SlotChoice.any), in: process, argument: 0)
    growth.count = 0
    objects.fill(slot, .memory, memory.header, rights: .all)
    let mapping = try addMapping(
      Mapping(
        process: process, slot: slot, address: address, firstPage: 0,
        pageCount: objects[memory].pageCount, rights: rights, ceiling: rights, caching: .normal))
    // All pages at once: there is nobody to run between two batches.
    var steps = Int.max
    _ = try mapStep(mapping, steps: &steps)
  }
}
