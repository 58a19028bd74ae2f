import Synchronization

/// The one lock around a kernel: held by the CPU that is in it.
///
/// - Precondition: Interrupts are masked on the CPU that takes it, or a handler would spin
///   for ever on its own CPU.
public struct KernelLock: ~Copyable, Sendable {
  private let isHeld = Atomic<Bool>(false)

  public init() {}

  @inline(__always)
  public borrowing func acquire() {
    while isHeld.exchange(true, ordering: .acquiring) {}
  }

  /// - Precondition: This CPU holds it.
  @inline(__always)
  public borrowing func release() {
    isHeld.store(false, ordering: .releasing)
  }
}
