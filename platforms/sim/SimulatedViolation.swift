import KernelHAL
import MnosABI

/// A rule of `Platform` that the kernel broke, seen by the simulated machine.
public enum SimulatedViolation: Equatable, Sendable {
  /// Extended state loaded while a CPU held the newer values: they are lost.
  case extendedStateLoadedTwice
  /// Extended state saved to a thread whose registers the CPU does not hold.
  case extendedStateSavedElsewhere
  /// A line that the machine does not have, or that is its own.
  case lineNotAvailable(UInt32)
  /// `acceptInterrupt` for a line that was not reported.
  case lineNotClaimed(UInt32)
  /// An interrupt was reported and the kernel returned to user code without accepting it.
  case interruptLeftClaimed(UInt32)
  /// An identifier that the TLB does not have.
  case identifierOutOfRange(UInt32)
  /// A root that is not a frame of RAM.
  case rootNotInMemory(UInt64)
  /// An entry that the kernel never wrote, in a page table that the CPU walked.
  case damagedEntry(table: UInt64, index: Int)
  /// A page table that is not in RAM.
  case tableNotInMemory(UInt64)
  /// A user page that the kernel could not have meant: no `user`, or `global`.
  case badUserLeaf(page: UInt64)
  /// Ordinary memory mapped where there is no RAM.
  case ordinaryMemoryMissing(UInt64)
  /// A page table that was linked before the stores that cleared it were ordered.
  case tableNotOrdered(UInt64)
  /// A CPU walked through an entry above the last level that had changed since it remembered
  /// it, with no fence for the whole space in between.
  case staleTableEntry(page: UInt64, level: Int)
  /// Code that the kernel changed, or let run, without publishing it after its last store.
  case codeNotPublished(frame: UInt64)
  /// Memory that user code accesses past the caches, which may hold other bytes of it: it was
  /// never flushed, or stored to through the kernel's window since.
  case cacheNotFlushed(frame: UInt64)
  /// A flush of what is not whole frames of RAM.
  case flushOutsideMemory(UInt64)
  /// A port set on a machine without ports.
  case noPorts
}
