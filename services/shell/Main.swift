import Libmnos

/// The command line on the console.
@main struct ShellProgram: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let system = try MachineSystem(&start)
      let priority = try start.thread.status().priority
      let waiter = system.waiter
      let thread = try RunningThread.start(
        in: start, priority: priority, stackByteCount: 16 << 10
      ) { waiter.serve() }
      serve(system)
      _ = consume thread
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  /// Reads and runs, for ever: a console that ended is waited for.
  private static func serve(_ system: MachineSystem) {
    var session = ShellSession(system)
    session.start()
    while true {
      if let bytes = system.read() { session.accept(bytes) } else { session.resume() }
    }
  }
}
