import KernelCore
import KernelHAL
import KernelImageShims
import MnosABI
import PlatformCommon
import ProgramFormat

/// Why the kernel cannot go on booting, as the last line says it.
enum BootStop: Error {
  case loader(StaticString)
  case platform(BootFailure)
  case outOfMemory
  case module(StaticString)
  case program(ProgramImageError)
}

/// The kernel's first Swift code. Runs on the boot stack, in the loader's page tables.
@c(mnos_boot)
func bootEntry() -> Never {
  if let frame = bootKernel() { mnos_enter_user(UInt64(frame)) }
  while true {}
}

/// Boots up to the first thread; returns its registers, or nil after a failed boot.
@inline(never)
private func bootKernel() -> UInt? {
  let loader = LimineBoot.answers(pagingMode: mnos_paging_response_value())
  var sequence: BootSequence
  do throws(BootStop) {
    sequence = try BootSequence(loader)
  } catch {
    // Without a platform there is nothing to say it with.
    return nil
  }
  // SAFETY: the sequence stays in this function's frame until the kernel takes it over.
  unsafe withUnsafeMutablePointer(to: &sequence.platform) { unsafe Instance.prepare($0) }
  let prepared: PreparedStart
  do throws(BootStop) {
    prepared = try sequence.run(loader)
  } catch {
    sequence.report(error)
    sequence.platform.stop()
    return nil
  }
  return sequence.start(prepared)
}

/// What the last stage needs from those before it.
struct PreparedStart {
  let request: InitialRequest
  let image: ProgramImage
  let frames: FrameAllocator
  let usedFrames: UInt64
  let root: PhysicalAddress
  /// Physical address of the place for the kernel's state.
  let place: UInt64
}

/// The stages of booting, each needing the one before.
struct BootSequence: ~Copyable {
  var platform: CurrentPlatform
  let windowBase: UInt64
  var options = BootOptions(Span())

  /// Stage 1: the CPU. - Throws: if the loader did not say what even this needs.
  init(_ loader: LimineBoot) throws(BootStop) {
    platform = try Self.makePlatform(loader)
    windowBase = platform.physicalWindowBase
  }

  private static func makePlatform(_ loader: LimineBoot) throws(BootStop) -> CurrentPlatform {
    guard let offset = loader.directMapOffset else { throw .loader("no direct map") }
    var environment = BootEnvironment()
    environment.physicalWindowBase = offset
    environment.acpiRoot = loader.acpiRoot ?? 0
    environment.deviceTree = loader.deviceTree ?? 0
    environment.bootCPU =
      loader.bootProcessor(layout: CurrentPlatform.processorLayout) ?? 0
    if let mode = loader.pagingMode, mode < 8 {
      environment.pageTableLevels = CurrentPlatform.lowestLevelCount + Int(mode)
    }
    do throws(BootFailure) {
      return try CurrentPlatform(boot: environment)
    } catch {
      throw .platform(error)
    }
  }

  /// The stages up to the kernel itself.
  mutating func run(_ loader: LimineBoot) throws(BootStop) -> PreparedStart {
    guard loader.isBaseRevisionSupported else {
      throw .loader("the boot loader is too old: it lacks base revision 2")
    }
    readOptions(loader)
    // SAFETY: the loader's direct map shows all RAM, and so will the kernel's own tables.
    let window = unsafe PhysicalWindow(windowBase: windowBase)
    var memory = try BootMemory(
      loader, window: window,
      // The window ends below the kernel's image.
      reach: min(
        platform.pageTableFormat.physicalAddressLimit, (ImageLayout.start &- windowBase) & ~4095))
    var tables = try memory.makeTables(loader, on: &platform)
    platform.activateKernelTables(root: tables.root)
    do throws(BootFailure) {
      try discover()
      try memory.mapDevices(of: &platform, in: &tables)
      try platform.startDevices()
    } catch {
      throw .platform(error)
    }
    let request = try initialRequest(loader)
    let image = try checkProgram(loader)
    memory.reclaim(loader)
    greet(memory)
    if options.runsSelfTests { runSelfTests(loader, &memory, root: tables.root) }
    guard let place = memory.takePlace(byteCount: Instance.byteCount),
      memory.frames.freeCount > UInt64(platform.cpuCount)
    else { throw .outOfMemory }
    return PreparedStart(
      request: request, image: image, frames: memory.frames, usedFrames: memory.usedFrames,
      root: tables.root, place: place)
  }

  // MARK: Stages

  /// Has the platform read the firmware's tables, and says what was wrong with them, also if
  /// the boot ends there.
  private mutating func discover() throws(BootFailure) {
    do throws(BootFailure) {
      try platform.discover()
    } catch {
      warn(of: platform.firmwareReport)
      throw error
    }
    warn(of: platform.firmwareReport)
  }

  private mutating func readOptions(_ loader: LimineBoot) {
    guard let line = loader.kernelFile?.commandLine else { return }
    options = line.withBytes { BootOptions($0) }
    Instance.powersOffOnPanic = options.powersOffOnPanic
    guard options.logLevel.rawValue >= LogLevel.warning.rawValue else { return }
    for index in 0..<min(options.unknownCount, options.unknown.count) {
      platform.write("mnos: warning: unknown kernel option: ")
      for place in options.unknown[index] { platform.writeDebug(byte: line[place]) }
      platform.write("\n")
    }
    if options.unknownCount > options.unknown.count {
      platform.write("mnos: warning: there are more unknown kernel options\n")
    }
  }

  /// Where init and the archive are, and which devices there are.
  private func initialRequest(_ loader: LimineBoot) throws(BootStop) -> InitialRequest {
    guard let program = loader.module(at: 0), program.byteCount > 0 else {
      throw .module("no init module: name the init program as the first module_path")
    }
    var request = InitialRequest()
    request.program = program.physicalAddress
    request.programByteCount = program.byteCount
    if let archive = loader.module(at: 1) {
      request.archive = archive.physicalAddress
      request.archiveByteCount = archive.byteCount
    }
    guard request.program & 4095 == 0, request.archive & 4095 == 0 else {
      throw .loader("a module does not start on a page boundary")
    }
    var index = 0
    while index < 4, let device = platform.device(at: index) {
      request.devices[index] = device
      index += 1
    }
    request.randomSeed = platform.entropy()
    return request
  }

  private func checkProgram(_ loader: LimineBoot) throws(BootStop) -> ProgramImage {
    guard let program = loader.module(at: 0) else { throw .module("no init module") }
    // SAFETY: the loader keeps modules in memory of their own, in the direct map.
    let bytes = unsafe Span(
      _unsafeStart: UnsafePointer<UInt8>(bitPattern: UInt(program.address)).unsafelyUnwrapped,
      count: Int(program.byteCount))
    do throws(ProgramImageError) {
      return try ProgramImage(bytes, for: CurrentPlatform.programMachine)
    } catch {
      throw .program(error)
    }
  }

  private mutating func greet(_ memory: borrowing BootMemory) {
    guard options.logLevel.rawValue >= LogLevel.info.rawValue else { return }
    platform.write("mnos ")
    platform.write(CurrentPlatform.name)
    platform.write(": ")
    platform.write(decimal: memory.frames.totalCount / 256)
    platform.write(" MiB of memory, page tables of ")
    platform.write(decimal: UInt64(platform.pageTableFormat.levelCount))
    platform.write(" levels\n")
    guard memory.leftOut >= 1 << 20 else { return }
    platform.write("mnos: warning: ")
    platform.write(decimal: memory.leftOut >> 20)
    platform.write(" MiB of memory stay unused: too high for these page tables, or too far apart\n")
  }

  /// Makes the kernel and init; returns the first thread's registers, or nil if it cannot.
  consuming func start(_ prepared: PreparedStart) -> UInt? {
    let address = UInt(windowBase &+ prepared.place)
    let userPageAccess = options.userPageAccess
    var kernel = Kernel(
      platform: platform, frames: prepared.frames, kernelRoot: prepared.root)
    kernel.kernelFrames += prepared.usedFrames
    do throws(Failure) {
      try kernel.startInit(prepared.request, image: prepared.image)
    } catch {
      kernel.platform.write("kernel panic: cannot boot: out of memory: give the machine more\n")
      kernel.platform.stop()
      return nil
    }
    // SAFETY: frames taken for just this.
    unsafe Instance.place(kernel, at: address)
    return Instance.withKernel { kernel in
      kernel.enter(cpu: 0)
      kernel.leave()
      if let userPageAccess { UserPageSelfTest.run(userPageAccess, &kernel) }
      return finishEntry(&kernel)
    }
  }
}
