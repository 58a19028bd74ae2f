import Libmnos

/// (F) What stands for the kernel in a host test: a function that gets every system call.
///
/// Each test has its own: suites run beside each other in one process, and what one of them gives
/// up must not be noted as another's.
public enum HostTrap {
  /// Answers a call by changing its registers.
  public typealias Handler = (inout CallRegisters) -> Void

  // SAFETY: a handler is called only by the task that set it, while `answering` runs there.
  private struct Kernel: @unchecked Sendable {
    let answer: Handler
  }

  @TaskLocal private static var kernel: Kernel?

  /// Runs `body` with `handler` as the kernel of this test.
  public static func answering<R>(
    by handler: @escaping Handler, _ body: () throws -> R
  ) rethrows -> R {
    try $kernel.withValue(Kernel(answer: handler), operation: body)
  }

  /// Without a kernel every call answers `unavailable`.
  static func handle(_ registers: inout CallRegisters) {
    guard let kernel else {
      registers.call = ResultWord(.unavailable).rawValue
      registers.argument0 = 0
      return
    }
    kernel.answer(&registers)
  }
}

/// The symbol that assembly provides on a machine.
@c(mnos_perform_call)
public func performCall(_ registers: UnsafeMutableRawPointer) {
  // SAFETY: `SystemCall.perform` passes its record, for the time of the call.
  unsafe HostTrap.handle(&registers.assumingMemoryBound(to: CallRegisters.self).pointee)
}

/// Where a machine's further threads begin; no host test starts one.
@c(mnos_thread_entry)
public func threadEntry() { fatalError("a thread was started on the host") }
