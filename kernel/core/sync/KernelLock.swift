import Synchronization

/// The one lock around a kernel: held by the CPU that is in it.
///
/// - Precondition: Interrupts are masked on the CPU that takes it, or a handler would spin
///   for ever on its own CPU.
public struct KernelLock: ~Copyable, Sendable {
  /// 1 while held: a word, which every CPU exchanges in one instruction, unlike a byte.
  private let isHeld = Atomic<UInt32>(0)

  public init() {}

  @inline(__always)
  public borrowing func acquire() {
    while isHeld.exchange(1, ordering: .acquiring) != 0 {}
  }

  /// - Precondition: This CPU holds it.
  @inline(__always)
  public borrowing func release() {
    isHeld.store(0, ordering: .releasing)
  }
}
