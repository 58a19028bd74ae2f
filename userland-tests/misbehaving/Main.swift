import Libmnos

/// Programs that go wrong, each in a way of its own, for tests of what is left when they end.
///
/// `run /tests/misbehaving WAY`. Without a way, as a service would be started, it runs out of
/// memory while another thread of it lives on.
@main struct Misbehaving: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    for way in Way.all where Arguments.argument(at: 1).says(way.name) {
      return misbehave(way, &start)
    }
    if Arguments.count > 1 { return 1 }
    return misbehave(.hogWithThread, &start)
  }

  private static func misbehave(_ way: Way, _ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      switch way {
      case .hog: hog()
      case .hogInPieces: hogInPieces()
      case .hogWithThread:
        let thread = try waitingThread(start)
        hog()
        _ = consume thread
      case .hogInThread: try ThreadWork.finish(in: start) { hog() }
      case .trap: trap(at: 7)
      case .trapInThread: try ThreadWork.finish(in: start) { trap(at: 7) }
      case .recursion: return recursion(depth: 0)
      case .leaveThread: KeptThread(try waitingThread(start)).leave()
      case .leaveSpinning: KeptThread(try spinningThread(start)).leave()
      case .objects: while true { keep(try start.budget.makeNotification()) }
      case .memory: while true { keep(try start.budget.makeMemory(byteCount: 1 << 20)) }
      case .threads: try endlessThreads(start)
      case .files: try manyFiles(&start)
      case .holdFiles:
        try manyFiles(&start)
        while true { _ = try? start.budget.makeNotification().wait() }
      case .children: try leaveChildren(start)
      case .bomb: explode(start)
      }
      return 0
    } catch {
      CurrentProcess.exit(because: error)
    }
  }
}

/// A way to go wrong.
enum Way {
  case hog, hogInPieces, hogWithThread, hogInThread, trap, trapInThread, recursion
  case leaveThread, leaveSpinning, objects, memory, threads, files, holdFiles, children
  case bomb

  static var all: [Way] {
    [
      .hog, .hogInPieces, .hogWithThread, .hogInThread, .trap, .trapInThread, .recursion,
      .leaveThread, .leaveSpinning, .objects, .memory, .threads, .files, .holdFiles, .children,
      .bomb,
    ]
  }

  var name: StaticString {
    switch self {
    case .hog: "hog"
    case .hogInPieces: "hog-in-pieces"
    case .hogWithThread: "hog-with-thread"
    case .hogInThread: "hog-in-thread"
    case .trap: "trap"
    case .trapInThread: "trap-in-thread"
    case .recursion: "recursion"
    case .leaveThread: "leave-thread"
    case .leaveSpinning: "leave-spinning"
    case .objects: "objects"
    case .memory: "memory"
    case .threads: "threads"
    case .files: "files"
    case .holdFiles: "hold-files"
    case .children: "children"
    case .bomb: "bomb"
    }
  }
}

// Memory and the stack.
extension Misbehaving {
  /// Asks Swift for memory until there is none.
  private static func hog() {
    var kept: [[UInt8]] = []
    while true { kept.append([UInt8](repeating: 1, count: 100_000)) }
  }

  /// The same in objects of a few bytes, so that the last page is used up as well.
  private static func hogInPieces() {
    final class Piece {
      let next: Piece?
      init(_ next: Piece?) { self.next = next }
    }
    var last: Piece?
    while true { last = Piece(last) }
  }

  /// An index out of range, which Swift checks.
  private static func trap(at index: Int) {
    let bytes = [UInt8](repeating: 0, count: Arguments.count)
    if bytes[index] != 0 { CurrentThread.yield() }
  }

  private static func recursion(depth: UInt64) -> UInt64 {
    guard depth < .max else { return 0 }
    // Used after the call, so that no optimiser makes a loop of it.
    let next = recursion(depth: depth + 1)
    return next &+ Clock.now()
  }
}

// Threads.
extension Misbehaving {
  /// A thread that waits for what never comes.
  private static func waitingThread(
    _ start: borrowing StartContext
  ) throws(SyscallStatus) -> RunningThread {
    let silence = UInt64(try start.budget.makeNotification().relinquish().rawValue)
    return try RunningThread.start(in: start, priority: 10) {
      while true { _ = try? SystemCall.invoke(.wait, silence, Deadline.never) }
    }
  }

  private static func spinningThread(
    _ start: borrowing StartContext
  ) throws(SyscallStatus) -> RunningThread {
    try RunningThread.start(in: start, priority: 10) { while true { CurrentThread.yield() } }
  }

  private static func endlessThreads(_ start: borrowing StartContext) throws(SyscallStatus) {
    while true { KeptThread(try waitingThread(start)).leave() }
  }
}

// Capabilities, files and processes.
extension Misbehaving {
  /// Lets nothing delete it before the process ends.
  private static func keep<Kind>(_ capability: consuming Capability<Kind>) {
    _ = capability.relinquish()
  }

  /// Opens a file 200 times, and ends while it has them all.
  private static func manyFiles(_ start: inout StartContext) throws(SyscallStatus) {
    let files = FileClient(try start.take(ShortName("files")))
    var text: [UInt8] = []
    text.write("/etc/motd")
    for _ in 0..<200 {
      do throws(FileSystemError) {
        KeptFile(try files.open(text.span)).leave()
      } catch {
        throw .unavailable
      }
    }
  }

  /// Processes of its own, each with a capability to itself, so that it could live for ever.
  private static func leaveChildren(_ start: borrowing StartContext) throws(SyscallStatus) {
    for _ in 0..<8 {
      let child = try start.budget.makeProcess()
      let thread = try start.budget.makeThread(in: child, priority: 10)
      _ = try child.copy(into: child, rights: .all)
      // It has no memory: its first instruction faults, and it stands still.
      try thread.start(entry: 0x40_0000, stack: 0, argument: 0)
      keep(child)
      keep(thread)
    }
  }
}

// All at once.
extension Misbehaving {
  /// Makes threads that spin, and processes with threads, and does not stop when there can be no
  /// more.
  private static func explode(_ start: borrowing StartContext) {
    for _ in 0..<16 {
      if let thread = try? spinningThread(start) { KeptThread(thread).leave() }
    }
    while true {
      guard let child = try? start.budget.makeProcess() else { continue }
      _ = try? child.copy(into: child, rights: .all)
      for _ in 0..<4 {
        guard let thread = try? start.budget.makeThread(in: child, priority: 80) else { break }
        // Nothing is mapped there: it faults once it runs.
        try? thread.start(entry: 0x40_0000, stack: 0, argument: 0)
        keep(thread)
      }
      keep(child)
    }
  }
}

/// A thread that may be left running, which its owner alone could not do.
final class KeptThread {
  private var thread: RunningThread?
  private var itself: KeptThread?

  init(_ thread: consuming RunningThread) { self.thread = consume thread }

  /// Nothing lets go of this object any more.
  func leave() { itself = self }
}

/// A file that stays open.
final class KeptFile {
  private let file: OpenFile
  private var itself: KeptFile?

  init(_ file: consuming OpenFile) { self.file = file }

  func leave() { itself = self }
}

/// Work on other threads.
enum ThreadWork {
  /// Has a thread do `body`, and waits for what comes of it.
  static func finish(
    in start: borrowing StartContext, _ body: @escaping () -> Void
  ) throws(SyscallStatus) {
    var thread = try RunningThread.start(in: start, priority: 10) {
      body()
      return 0
    }
    _ = try thread.join()
  }
}

extension Span<UInt8> {
  /// Whether these are the bytes of `text`.
  func says(_ text: StaticString) -> Bool {
    StaticText(text).withBytes { (bytes) in
      guard bytes.count == count else { return false }
      for index in 0..<count where bytes[index] != self[index] { return false }
      return true
    }
  }
}
