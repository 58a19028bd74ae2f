import KernelCore
import KernelHAL

// Fence: uses addresses of init's as if they were the kernel's own.

/// Has the kernel do to a page of init's what no kernel code may: the CPU must stop it.
///
/// Runs only when the command line asks for it, between the making of init's address space and
/// the first instruction in user mode. It never ends: what is left is the panic's report, or a line
/// that says that there was none.
enum UserPageSelfTest {
  /// - Precondition: Init's thread is current, and its address space is active.
  static func run(_ access: UserPageAccess, _ kernel: inout Kernel<CurrentPlatform>) {
    let registers = kernel.objects.registersAddress(of: kernel.current)
    // SAFETY: the current thread's registers are saved there.
    let saved = unsafe UnsafePointer<CurrentPlatform.Registers>(bitPattern: registers)
      .unsafelyUnwrapped
    // Words 0 and 1 of every machine's record: where it runs from, and the end of its stack.
    let entry = unsafe saved.pointee.recordWord(at: 0)
    let stack = unsafe saved.pointee.recordWord(at: 1) &- 8
    let address = access == .execute ? entry : stack
    kernel.platform.write("selftest: userPage: ")
    kernel.platform.write(hexadecimal: address)
    kernel.platform.write("\n")
    let found = use(address, access)
    kernel.platform.write("selftest: userPage: nothing stopped the kernel; there is ")
    kernel.platform.write(hexadecimal: found)
    kernel.platform.write("\n")
    kernel.platform.stop()
  }

  /// Has a name of its own for the back-trace to show.
  @inline(never)
  private static func use(_ address: UInt64, _ access: UserPageAccess) -> UInt64 {
    // SAFETY: of no other address than 0 on; that it must not work is what is tested.
    let everything = unsafe PhysicalWindow(windowBase: 0)
    switch access {
    case .execute:
      // SAFETY: none. A CPU without protection runs init's first instructions in kernel mode.
      let code = unsafe unsafeBitCast(UInt(address), to: (@convention(c) () -> UInt64).self)
      return code()
    case .read: return everything.load(address, as: UInt64.self)
    case .write:
      everything.store(address, at: address)
      return address
    }
  }
}
