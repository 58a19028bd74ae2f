import Libmnos
import TestHarness

/// Eight clients at once, each with a tree of its own. It runs before the facts are checked, with
/// threads that the facts do not have.
final class Stress {
  private static var clientCount: Int { 8 }
  private static var roundCount: Int { 6 }

  private var workers: [Worker] = []

  init(_ start: borrowing StartContext, _ service: borrowing SendEndpoint) {
    for number in 0..<Self.clientCount {
      guard let own = try? service.copy(rights: ReceiveEndpoint.senderRights) else { return }
      workers.append(Worker(Files(own), number))
    }
    run(0, start)
  }

  /// Starts the worker of this number and those behind it, and waits for them.
  private func run(_ number: Int, _ start: borrowing StartContext) {
    guard number < workers.count else { return }
    let worker = workers[number]
    // Of lower priority than this thread and of two kinds, so that they cross each other.
    guard
      var thread = try? RunningThread.start(
        in: start, priority: UInt8(60 + number & 1),
        {
          worker.run(rounds: Self.roundCount)
          return 0
        })
    else { return }
    run(number + 1, start)
    _ = try? thread.join(deadline: KernelCalls.clock() + 60_000_000_000)
  }

  func check(_ suite: inout TestSuite, _ files: Files) {
    suite.fact("VFS_022_eightClientsTreesAreWholeAndGoneAtTheEnd") { (_) throws(Unexpected) in
      try expect(UInt64(workers.count), equals: UInt64(Self.clientCount), "clients")
      for worker in workers {
        try expect(worker.failure, equals: 0, "failed step of a client")
        try expect(
          UInt64(worker.roundCount), equals: UInt64(Self.roundCount), "rounds of a client")
      }
      let left = try doing { () throws(FileSystemError) in
        try files.open(path("/tmp")).listAll(room: 4096)
      }
      try expect(UInt64(left.count), equals: 0, "names left under /tmp")
    }
  }
}

/// One client: makes directories one inside another, files in them, reads all back, and removes it.
private final class Worker {
  private static var depth: Int { 12 }

  private let files: Files
  private let number: Int
  private(set) var roundCount = 0
  /// The step that failed, above the status in the lower half; 0 if none did.
  private(set) var failure: UInt64 = 0

  init(_ files: Files, _ number: Int) {
    self.files = files
    self.number = number
  }

  func run(rounds: Int) {
    for round in 0..<rounds where failure == 0 {
      step(1) { () throws(FileSystemError) in try make(round) }
      step(2) { () throws(FileSystemError) in try verify(round) }
      step(3) { () throws(FileSystemError) in try verifyNames() }
      step(4) { () throws(FileSystemError) in try removeAll() }
      if failure == 0 { roundCount += 1 }
    }
  }

  private func step(_ number: UInt64, _ body: () throws(FileSystemError) -> Void) {
    guard failure == 0 else { return }
    do throws(FileSystemError) {
      try body()
    } catch {
      failure = number << 32 | error.rawValue
    }
  }

  private func directory(_ level: Int) -> [UInt8] {
    var name = path("/tmp/c", number)
    for index in 0..<level { name += path("/d", index) }
    return name
  }

  /// What the file at a level holds: as long as it is deep, across pages and requests.
  private func contents(_ level: Int, _ round: Int) -> [UInt8] {
    pattern(1 + level * 1777, seed: UInt64(number * 1000 + level * 16 + round + 1))
  }

  private func make(_ round: Int) throws(FileSystemError) {
    for level in 0..<Self.depth {
      try files.makeDirectory(directory(level))
      try files.save(directory(level) + path("/f"), contents(level, round))
      try files.save(directory(level) + path("/temporary"), contents(level, round + 1))
      try files.rename(
        directory(level) + path("/temporary"), to: directory(level) + path("/g"))
    }
  }

  private func verify(_ round: Int) throws(FileSystemError) {
    for level in 0..<Self.depth {
      guard try files.load(directory(level) + path("/f")) == contents(level, round),
        try files.load(directory(level) + path("/g")) == contents(level, round + 1)
      else { throw .failed }
    }
  }

  private func verifyNames() throws(FileSystemError) {
    for level in 0..<Self.depth {
      let names = try files.open(directory(level)).listAll(room: 48)
      guard names.count == (level == Self.depth - 1 ? 2 : 3) else { throw .failed }
    }
  }

  private func removeAll() throws(FileSystemError) {
    for level in (0..<Self.depth).reversed() {
      for name in Values([path("/f"), path("/g")]) {
        try files.remove(directory(level) + name)
      }
      try files.remove(directory(level))
    }
  }
}
