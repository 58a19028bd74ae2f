import KernelCore
import KernelHAL

// The one kernel of this image. Fence: a global pointer, set once before any entry.

/// Where the kernel's state is; nil until `Instance.place`.
nonisolated(unsafe) private var kernelPointer: UnsafeMutablePointer<Kernel<CurrentPlatform>>?
private let kernelLock = KernelLock()
/// The platform while it is a part of the boot sequence.
nonisolated(unsafe) private var bootingPlatform: UnsafeMutablePointer<CurrentPlatform>?

/// What a panic does after its report; set once, from the kernel's options.
nonisolated(unsafe) private var powersOff = false

/// The one kernel of this image, reached only with its lock held.
enum Instance {
  /// Bytes that the kernel's state needs.
  static var byteCount: Int { MemoryLayout<Kernel<CurrentPlatform>>.size }

  /// Whether the kernel exists, and so entries can be handled.
  static var exists: Bool { unsafe kernelPointer != nil }

  /// Puts the kernel where it stays.
  ///
  /// - Parameter address: Memory of `byteCount` bytes, 16-byte aligned, used by no one.
  @unsafe static func place(_ kernel: consuming Kernel<CurrentPlatform>, at address: UInt) {
    // SAFETY: the parameter's promise; called once, by the CPU that boots.
    let pointer = unsafe UnsafeMutablePointer<Kernel<CurrentPlatform>>(bitPattern: address)
    guard let pointer = unsafe pointer else { return }
    unsafe pointer.initialize(to: kernel)
    unsafe kernelPointer = pointer
  }

  /// Whether a panic turns the machine off instead of halting it.
  static var powersOffOnPanic: Bool {
    // SAFETY: written by the CPU that boots, before any other could panic.
    get { unsafe powersOff }
    set { unsafe powersOff = newValue }
  }

  /// Takes the lock and lends the kernel.
  @inline(__always)
  static func withKernel<Result>(
    _ body: (inout Kernel<CurrentPlatform>) -> Result
  ) -> Result {
    kernelLock.acquire()
    defer { kernelLock.release() }
    // SAFETY: set before the first entry; the lock makes this the only access.
    return unsafe body(&kernelPointer.unsafelyUnwrapped.pointee)
  }

  /// Remembers the platform of a boot that has no kernel yet, for the panic report.
  ///
  /// - Parameter platform: Stays where it is until `place` is called.
  @unsafe static func prepare(_ platform: UnsafeMutablePointer<CurrentPlatform>) {
    unsafe bootingPlatform = platform
  }

  /// Lends the platform to the panic report, which must not wait for a lock.
  @unsafe static func withPlatformUnlocked(_ body: (inout CurrentPlatform) -> Void) {
    // SAFETY: the machine is stopping; nothing else will use the platform again.
    if let pointer = unsafe kernelPointer {
      unsafe body(&pointer.pointee.platform)
    } else if let pointer = unsafe bootingPlatform {
      unsafe body(&pointer.pointee)
    }
  }
}
