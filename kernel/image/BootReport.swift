import KernelCore
import KernelHAL
import MnosABI

extension BootSequence {
  /// Says why the boot ended, and what to do about it.
  mutating func report(_ stop: BootStop) {
    platform.write("kernel panic: cannot boot: ")
    switch stop {
    case .loader(let reason), .module(let reason): platform.write(reason)
    case .outOfMemory: platform.write("out of memory: give the machine more")
    case .program(let error):
      platform.write("the init module is no program for this machine: ")
      platform.write(error.reason)
    case .platform(let failure): write(failure)
    }
    platform.write("\n")
  }

  private mutating func write(_ failure: BootFailure) {
    switch failure {
    case .missing(let reason):
      platform.write("missing: ")
      platform.write(reason.text)
    case .malformed(let reason):
      platform.write("malformed: ")
      platform.write(reason.text)
    case .outOfMemory: platform.write("out of memory: give the machine more")
    }
  }
}
