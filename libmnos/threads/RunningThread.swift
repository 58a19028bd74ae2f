/// (F) A further thread of this process, with a stack of its own.
///
/// The end of the value ends the thread, so what the thread uses lives long enough.
@safe public struct RunningThread: ~Copyable {
  public let thread: Thread
  private let finished: Notification
  private let stack: MappedMemory
  private let task: ThreadTask

  /// Starts `body` on a new thread.
  ///
  /// - Parameters:
  ///   - priority: At most the caller's highest.
  ///   - stackByteCount: Rounded up to pages; the page below is never mapped.
  ///   - body: Its result is the thread's exit value.
  /// - Throws: `noMemory`; `noSlot`, also for more threads than `ThreadRegistry` keeps;
  ///   `badArgument` for the priority.
  public static func start(
    in context: borrowing StartContext, priority: UInt8, stackByteCount: UInt64 = 64 << 10,
    _ body: @escaping () -> UInt64
  ) throws(SyscallStatus) -> RunningThread {
    try OwnProcess.prepareForThreads()
    let finished = try context.budget.makeNotification()
    let task = ThreadTask(body, try finished.makeSignaller(bits: 1))
    let stack = try MappedMemory(try context.budget.makeMemory(byteCount: stackByteCount))
    let thread = try context.budget.makeThread(in: context.process, priority: priority)
    let entry = ThreadRegistry.Entry(
      thread: thread.handle, stackBase: stack.address,
      stackEnd: stack.address + UInt64(stack.byteCount))
    try OwnProcess.withLock { (state) throws(SyscallStatus) in try state.addThread(entry) }
    let running = RunningThread(thread: thread, finished: finished, stack: stack, task: task)
    // SAFETY: the task is kept by the result, which outlives the thread.
    let argument = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(task).toOpaque()))
    try running.thread.start(entry: Self.entry, stack: entry.stackEnd, argument: argument)
    return running
  }

  private init(
    thread: consuming Thread, finished: consuming Notification, stack: consuming MappedMemory,
    task: ThreadTask
  ) {
    self.thread = thread
    self.finished = finished
    self.stack = stack
    self.task = task
  }

  /// Waits for the end and returns the exit value.
  ///
  /// - Throws: `timedOut`; the thread goes on then.
  public mutating func join(deadline: UInt64 = Deadline.never) throws(SyscallStatus) -> UInt64 {
    if !task.isFinished { _ = try finished.wait(deadline: deadline) }
    return task.value
  }

  private static var entry: UInt64 {
    // SAFETY: the address of a function is taken, nothing more.
    let function: @convention(c) () -> Void = threadEntry
    return unsafe UInt64(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
  }

  deinit {
    try? thread.destroy()
    let handle = thread.handle
    try? OwnProcess.withLock { $0.removeThread(handle) }
  }
}

/// What a thread runs, and what came of it.
final class ThreadTask {
  private let body: () -> UInt64
  private let signaller: Notification
  private(set) var value: UInt64 = 0
  private(set) var isFinished = false

  init(_ body: @escaping () -> UInt64, _ signaller: consuming Notification) {
    self.body = body
    self.signaller = signaller
  }

  func run() {
    value = body()
    isFinished = true
    try? signaller.signal()
  }
}
