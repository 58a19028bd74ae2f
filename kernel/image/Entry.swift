import KernelCore
import KernelHAL

// What entry assembly calls. Fence: the C symbols of docs/design/kernel.md, "The seams".

/// A system call of the thread that ran on `cpu`; its registers are saved.
///
/// - Returns: The address of the registers to go on with.
@c(mnos_system_call)
func systemCallEntry(_ cpu: UInt64) -> UInt {
  Instance.withKernel { kernel in
    kernel.enter(cpu: Int(cpu))
    if kernel.takeFastPath() { return kernel.objects.registersAddress(of: kernel.current) }
    kernel.takeGeneralPath()
    kernel.leave()
    return finishEntry(&kernel)
  }
}

/// A fault of the thread that ran, or an interrupt that came while it did.
@c(mnos_trap)
func trapEntry(_ cpu: UInt64, _ cause: UInt64, _ detail: UInt64, _ address: UInt64) -> UInt {
  Instance.withKernel { kernel in
    kernel.enter(cpu: Int(cpu))
    let cause = kernel.platform.decodeTrap(cause: cause, detail: detail, address: address)
    handle(cause, &kernel)
    kernel.leave()
    return finishEntry(&kernel)
  }
}

/// The registers to go on with, after whatever the kernel has to do first.
@inline(__always)
func finishEntry(_ kernel: inout Kernel<CurrentPlatform>) -> UInt {
  if kernel.current.isNone || kernel.hasWork { settle(&kernel) }
  return kernel.objects.registersAddress(of: kernel.current)
}

/// Works and idles until there is a thread to run in user mode.
@inline(never)
private func settle(_ kernel: inout Kernel<CurrentPlatform>) {
  while true {
    if kernel.hasWork {
      kernel.runBatch()
      if let end = kernel.firstProcessEnd { reportEnd(of: end, &kernel.platform) }
      handle(kernel.platform.pollInterrupt(), &kernel)
    } else if kernel.current.isNone {
      handle(kernel.platform.waitForInterrupt(), &kernel)
    } else {
      return
    }
    kernel.leave()
  }
}

/// Init ended: nothing can supervise the machine any more, so it stops.
private func reportEnd(of process: ProcessEnd, _ platform: inout CurrentPlatform) {
  platform.write("kernel panic: init ended with ")
  platform.write(hexadecimal: process.exitValue)
  platform.write(", fault address ")
  platform.write(hexadecimal: process.faultAddress)
  platform.write(", pc ")
  platform.write(hexadecimal: process.faultPC)
  platform.write("\n")
  platform.stop()
}

@inline(never)
private func handle(_ cause: TrapCause, _ kernel: inout Kernel<CurrentPlatform>) {
  switch cause {
  case .timer: kernel.timerFired()
  case .interrupt(let line): kernel.interrupted(line: line)
  case .wakeup: kernel.wokenUp()
  case .fault(let fault): kernel.faulted(fault)
  case .spurious: break
  }
}
