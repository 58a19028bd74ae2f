import MnosABI

/// The whole of what portable kernel code may ask of a machine while it runs.
///
/// A conformer is a value: tests run many kernels, each with its own simulated machine.
/// Every call is made with this CPU's interrupts masked and the kernel's lock held, so a
/// conformer needs no lock of its own. Nothing here may allocate, wait or fail.
public protocol Platform: ~Copyable {
  /// The registers of a thread, as entry code saves them.
  associatedtype Registers: TrapFrameAccess
  /// Floating-point and vector registers, as `switchExtendedState` saves them.
  associatedtype ExtendedState: ExtendedStateAccess
  associatedtype Format: PageTableFormat

  /// Where physical address 0 appears in the kernel's address space: adding a physical
  /// address of RAM gives a pointer to it. Wraps, and never changes after start-up.
  var physicalWindowBase: UInt64 { get }
  /// How this machine's page tables are laid out, with as many levels as it uses.
  var pageTableFormat: Format { get }

  /// CPUs that take part, at least 1. This CPU's own index is an argument of each call.
  var cpuCount: Int { get }

  /// Nanoseconds since boot; never goes backwards, and is the same on every CPU.
  func now() -> UInt64
  /// Ticks of the counter behind `now()`: cheap to read, for measuring differences on one
  /// CPU; wraps.
  func timestamp() -> UInt64
  /// What a difference of timestamps is in nanoseconds.
  func nanoseconds(ticks: UInt64) -> UInt64
  /// Arms this CPU's one-shot timer, replacing an earlier deadline.
  ///
  /// - Parameter deadline: Nanoseconds since boot; a past value fires at once, `.max`
  ///   disarms. The timer may fire early by rounding but never before `deadline`
  ///   according to `now()` without being armed again by the kernel.
  mutating func armTimer(deadline: UInt64)

  /// Identifiers by which the TLB tells address spaces apart, at least 1. With 1, every
  /// `activate` of another root drops all translations that are not global.
  var addressSpaceIdentifierCount: UInt32 { get }
  /// Makes `space` the one that user addresses of this CPU go through. Translations of
  /// other identifiers may stay in the TLB.
  mutating func activate(_ space: AddressSpaceTag)
  /// Orders the stores that made a frame an empty page table before the store that links it
  /// into another or makes it a root. A CPU walks tables at any time, unasked: without this
  /// order it could see the link and follow what the frame held before.
  mutating func orderTableStores()
  /// Says that leaf entries of page tables changed from empty to valid, or became executable.
  /// Cheap; on machines whose TLB may hold invalid entries it drops them, and on those whose
  /// instruction fetch does not see stores it publishes what the pages hold, so the code must be
  /// there. It can be used when this returns, by the kernel too.
  ///
  /// - Parameter linksTables: Whether tables were linked on the way to the pages. Some machines
  ///   remember invalid entries of every level, and drop those above the last only if told.
  mutating func mappingAdded(
    at page: VirtualAddress, pageCount: UInt64, in space: AddressSpaceTag, linksTables: Bool)
  /// Drops every CPU's translation of one page, a leaf entry that was cleared or lost rights;
  /// returns when none uses it any more. After a table was unlinked, `spaceRemoved` is needed.
  mutating func mappingRemoved(at page: VirtualAddress, in space: AddressSpaceTag)
  /// Drops every CPU's translations of `space`; its identifier can then be reused.
  mutating func spaceRemoved(_ space: AddressSpaceTag)
  /// Writes what the caches hold of a range of RAM back to memory, and drops it from them.
  ///
  /// For RAM that goes past the caches, `writeCombining`: called before it is mapped so, or what
  /// the kernel stored through its window would be missing there, and come later, over what was
  /// written past the caches meanwhile. And called when the last such mapping is gone, before the
  /// range is used through the window again, where a CPU may have read ahead.
  ///
  /// - Precondition: The window shows the range, which begins and ends on a page boundary. Cost:
  ///   an instruction for each line of the caches; the caller bounds the length.
  mutating func flushCaches(at base: PhysicalAddress, byteCount: UInt64)

  /// Interrupt lines that the controller has; lines are 0 up to this.
  var interruptLineCount: UInt32 { get }
  /// Whether user code may have the line: wired, and not the kernel's own.
  func isLineAvailable(_ line: UInt32) -> Bool
  /// Lets a line interrupt, or keeps it from it. A level that is up when the line is
  /// enabled interrupts at once. All lines start disabled.
  mutating func setLine(_ line: UInt32, isEnabled: Bool)
  /// Ends the delivery of an interrupt that was reported, and disables its line.
  mutating func acceptInterrupt(line: UInt32)

  /// Interrupts another CPU so that it looks at its run queue again.
  mutating func wake(cpu: Int)

  /// Saves the extended state of one thread and loads another's.
  mutating func switchExtendedState(from old: inout ExtendedState, to new: inout ExtendedState)
  /// Loads a thread's extended state; what the registers held is lost.
  mutating func loadExtendedState(_ new: inout ExtendedState)

  /// Whether the CPU has I/O ports; without, no port range can be made.
  var hasPorts: Bool { get }
  /// Lets the code that runs next on this CPU use these ports and no others.
  mutating func activatePorts(_ ports: PortSet)

  /// Writes one byte to the machine's debug console; waits for room at most briefly.
  mutating func writeDebug(byte: UInt8)
  /// Turns the machine off, or returns if it cannot.
  mutating func powerOff()
  /// Restarts the machine, or returns if it cannot.
  mutating func reboot()
}
