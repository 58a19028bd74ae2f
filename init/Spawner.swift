import Libmnos
import ProgramFormat

/// Why a program was not started.
enum SpawnFailure: Error, Equatable {
  case badProgram(ProgramImageError)
  case tooManyGrants
  /// The initramfs has no such file.
  case noProgram
  case kernel(SyscallStatus)
}

/// What to start.
struct SpawnOrder {
  var number: UInt32
  /// The process that asked for it; it ends with that one.
  var owner: UInt32
  var name: ShortName
  var priority: UInt8
  var memoryLimit: UInt64
  var objectLimit: UInt64
  /// Of the CPU's time; nil not to be counted.
  var share: CPUShare?
  /// Each followed by a zero byte.
  var arguments: [UInt8]
}

/// Makes processes from program files.
struct Spawner: ~Copyable {
  private let budget: Budget
  private let machine: ProgramMachine
  private var random: RandomState

  init(budget: consuming Budget, machine: ProgramMachine, seed: UInt64) {
    self.budget = budget
    self.machine = machine
    random = RandomState(seed: seed)
  }

  /// Makes a process with a program in it, to be given capabilities and launched. On
  /// failure nothing is left of it.
  ///
  /// - Parameter file: The whole program file. Untrusted, and read within its bounds
  ///   whatever it says.
  mutating func prepare(
    _ order: SpawnOrder, _ file: Span<UInt8>
  ) throws(SpawnFailure) -> PreparedProcess {
    let image = try Self.check(file, for: machine)
    let plan = SpawnPlan(image, using: &random)
    let seed = random.next()
    do throws(SyscallStatus) {
      let loaded = try makeProcess(order, plan)
      try Self.load(image, file, at: plan.base, into: loaded)
      let stack = try loaded.budget.makeMemory(byteCount: SpawnPlan.stackByteCount)
      try stack.map(
        into: loaded.process, at: plan.stackBase, byteCount: SpawnPlan.stackByteCount,
        rights: Rights.read.union(.write))
      loaded.keep(stack)
      let record = try Self.makeRecord(plan, image, loaded, seed: seed)
      return PreparedProcess(
        loaded: loaded, plan: plan, arguments: order.arguments, record: record)
    } catch {
      throw .kernel(error)
    }
  }

  /// A budget that keeps a share of the CPU's time for who is not there, and nothing else.
  ///
  /// - Returns: nil if that much is not left.
  func reserve(_ share: CPUShare) -> Budget? {
    try? budget.makeBudget(memoryLimit: 0, objectLimit: 0, share: share)
  }

  /// An endpoint that outlives the instances of a service.
  func makeQueue() throws(SyscallStatus) -> ServiceQueue { try ServiceQueue(paidBy: budget) }

  /// Starts a prepared process with what its record names.
  func launch(
    _ prepared: PreparedProcess, supervisor: borrowing Notification, machine: borrowing Machine
  ) throws(SpawnFailure) -> LoadedProcess {
    let (loaded, plan) = (prepared.loaded, prepared.plan)
    do throws(SyscallStatus) {
      let memory = try loaded.budget.makeMemory(byteCount: Limits.pageByteCount)
      guard try Self.write(prepared.record, prepared.arguments, to: memory) else {
        throw .badArgument
      }
      try memory.map(
        into: loaded.process, at: plan.recordAddress, byteCount: Limits.pageByteCount,
        rights: .read)
      loaded.keep(memory)
      try loaded.process.supervise(by: supervisor)
      try loaded.thread.start(
        entry: plan.entry, stack: plan.stackEnd, argument: plan.recordAddress)
      loaded.identify(on: machine)
      return loaded
    } catch {
      throw .kernel(error)
    }
  }

  private static func check(
    _ file: Span<UInt8>, for machine: ProgramMachine
  ) throws(SpawnFailure) -> ProgramImage {
    do throws(ProgramImageError) {
      return try ProgramImage(file, for: machine)
    } catch {
      throw .badProgram(error)
    }
  }

  private func makeProcess(
    _ order: SpawnOrder, _ plan: SpawnPlan
  ) throws(SyscallStatus) -> LoadedProcess {
    let own = try budget.makeBudget(
      memoryLimit: Self.limit(
        order.memoryLimit, ofFree: try budget.usage().freeMemory),
      objectLimit: order.objectLimit, share: order.share)
    let process = try own.makeProcess()
    let thread = try own.makeThread(in: process, priority: order.priority)
    return LoadedProcess(
      number: order.number, owner: order.owner, name: order.name, priority: order.priority,
      imageBase: plan.base,
      process: process, thread: thread, budget: own)
  }

  /// Bytes that init keeps for itself: without memory it could not even end a process.
  static var reserve: UInt64 { 1 << 20 }

  /// What a process may use that asks for `wanted` bytes.
  ///
  /// A child's limit is taken from its parent when the child is made, so nobody can spend what
  /// another was given. On a machine that has not much more than is wanted, a process gets half
  /// of what is left, so that the services still to come find something too.
  ///
  /// - Parameter free: Bytes that init has left.
  static func limit(_ wanted: UInt64, ofFree free: UInt64) -> UInt64 {
    guard free > reserve else { return 0 }
    return min(wanted, (free - reserve) / 2 & ~(Limits.pageByteCount - 1))
  }

  /// Maps each segment with its own rights; whatever can be executed or written can be read
  /// too, since the kernel maps nothing without that right. What the file does not fill is zero.
  private static func load(
    _ image: ProgramImage, _ file: Span<UInt8>, at base: UInt64, into loaded: LoadedProcess
  ) throws(SyscallStatus) {
    for index in 0..<image.segmentCount {
      let segment = image[index]
      let memory = try loaded.budget.makeMemory(byteCount: segment.pageByteCount)
      if segment.fileByteCount > 0 {
        let start = Int(segment.fileOffset)
        try fill(
          memory, from: file.extracting(start..<(start + Int(segment.fileByteCount))),
          at: Int(segment.offsetInPages))
      }
      try memory.map(
        into: loaded.process, at: base + segment.pageAddress, byteCount: segment.pageByteCount,
        rights: segment.rights.union(.read))
      loaded.keep(memory)
    }
  }

  /// Writes bytes into memory through a mapping of its own, gone on return.
  private static func fill(
    _ memory: borrowing Memory, from bytes: Span<UInt8>, at offset: Int
  ) throws(SyscallStatus) {
    var window = try MappedMemory(try memory.copy(rights: Rights.read.union(.write)))
    var target = window.mutableBytes
    for index in 0..<bytes.count { target[offset + index] = bytes[index] }
  }

  private static func makeRecord(
    _ plan: SpawnPlan, _ image: ProgramImage, _ loaded: LoadedProcess, seed: UInt64
  ) throws(SyscallStatus) -> StartRecord {
    var record = StartRecord()
    record.process = try loaded.process.copy(into: loaded.process, rights: .all)
    record.thread = try loaded.thread.copy(into: loaded.process, rights: .all)
    record.budget = try loaded.budget.copy(into: loaded.process, rights: .all)
    record.imageBase = plan.base
    record.imageEnd = plan.base + image.byteCount
    record.stackBase = plan.stackBase
    record.stackEnd = plan.stackEnd
    record.randomSeed = seed
    return record
  }

  /// - Returns: false if the arguments do not fit.
  private static func write(
    _ record: StartRecord, _ arguments: [UInt8], to memory: borrowing Memory
  ) throws(SyscallStatus) -> Bool {
    var window = try MappedMemory(try memory.copy(rights: Rights.read.union(.write)))
    var page = window.mutableBytes
    return record.write(into: &page, arguments: arguments.span)
  }
}

/// A process that was made but runs nothing yet. Dropping it ends it.
struct PreparedProcess {
  let loaded: LoadedProcess
  let plan: SpawnPlan
  let arguments: [UInt8]
  /// What the program will find; capabilities are added to it.
  var record: StartRecord
}
