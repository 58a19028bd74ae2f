import Libmnos

/// The processes that users started, with who waits for them and how they ended.
struct SpawnedProcesses {
  /// Processes at a time, and ends that are remembered.
  static var capacity: Int { 256 }
  static var endCapacity: Int { 64 }

  private struct Waiter {
    let process: UInt32
    let reply: Handle
  }
  private struct End {
    let process: UInt32
    let value: UInt64
  }

  private(set) var running: [LoadedProcess] = []
  private var waiters: [Waiter] = []
  private var ends: [End] = []

  var isFull: Bool { running.count >= Self.capacity }

  mutating func add(_ process: LoadedProcess) { running.append(process) }

  func find(_ number: UInt32) -> LoadedProcess? { running.first { $0.number == number } }

  /// Ends what a process had started, when it has ended itself; the ends are noticed as any
  /// other's are.
  func endAll(ownedBy owner: UInt32) {
    for process in running where process.owner == owner { process.kill() }
  }

  /// Notes the end of a process.
  ///
  /// - Returns: the replies that are owed for it.
  mutating func ended(_ number: UInt32, value: UInt64) -> [Handle] {
    running.removeAll { $0.number == number }
    let owed = waiters.filter { $0.process == number }.map { $0.reply }
    waiters.removeAll { $0.process == number }
    if owed.isEmpty {
      if ends.count >= Self.endCapacity { ends.removeFirst() }
      ends.append(End(process: number, value: value))
    }
    return owed
  }

  /// How a process ended; told once.
  mutating func takeEnd(of number: UInt32) -> UInt64? {
    guard let index = ends.firstIndex(where: { $0.process == number }) else { return nil }
    return ends.remove(at: index).value
  }

  var hasRoomForWaiter: Bool { waiters.count < Self.capacity }

  /// - Precondition: there is room.
  mutating func addWaiter(for number: UInt32, reply: Handle) {
    waiters.append(Waiter(process: number, reply: reply))
  }
}
