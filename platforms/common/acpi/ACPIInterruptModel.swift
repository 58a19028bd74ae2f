import KernelHAL

/// Which I/O APICs there are, and how the 16 ISA interrupts reach them.
///
/// Lines are global system interrupts: each I/O APIC has a run of them.
/// Source: ACPI Specification 6.5 §5.2.12, Multiple APIC Description Table (MADT).
public struct ACPIInterruptModel: Sendable {
  /// An I/O APIC; how many lines it has, its own registers say.
  public struct Controller: Equatable, Sendable {
    public let address: UInt64
    public let firstLine: UInt32
  }
  /// How a device drives its line.
  public struct Signal: Equatable, Sendable {
    public let isActiveLow: Bool
    public let isLevel: Bool
    @inlinable public init(isActiveLow: Bool, isLevel: Bool) {
      self.isActiveLow = isActiveLow
      self.isLevel = isLevel
    }
    /// What ISA devices do unless the table says otherwise.
    @inlinable public static var isa: Signal { Signal(isActiveLow: false, isLevel: false) }
    /// What PCI devices do.
    @inlinable public static var pci: Signal { Signal(isActiveLow: true, isLevel: true) }
  }
  /// The line of an ISA interrupt.
  public struct Route: Equatable, Sendable {
    public let line: UInt32
    public let signal: Signal
  }

  public static var controllerLimit: Int { 8 }
  public static var isaCount: Int { 16 }

  public private(set) var controllerCount = 0
  private var controllers: [8 of Controller] = .init(
    repeating: Controller(address: 0, firstLine: 0))
  private var routes: [16 of Route] = .init { Route(line: UInt32($0), signal: .isa) }
  private var isOverridden: UInt16 = 0

  /// Takes the entries up to the first that makes no sense.
  public init<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      switch (entry.kind, entry.byteCount) {
      case (1, 12...): addController(table, at: entry.offset, noting: &report)
      case (2, 10...): addOverride(table, at: entry.offset)
      case (1, _), (2, _): report.note(table.name, .badEntryLength)
      default: break
      }
    }
  }

  /// Source: ACPI Specification 6.5 §5.2.12.3, I/O APIC Structure.
  private mutating func addController<M: PhysicalMemoryReader>(
    _ table: ACPITable<M>, at: UInt64, noting report: inout FirmwareReport
  ) {
    guard let address = table.word32(at: at + 4), let firstLine = table.word32(at: at + 8),
      address != 0
    else { return }
    guard controllerCount < Self.controllerLimit else {
      report.note(table.name, .tooManyEntries)
      return
    }
    controllers[controllerCount] = Controller(address: UInt64(address), firstLine: firstLine)
    controllerCount += 1
  }

  /// Source: ACPI Specification 6.5 §5.2.12.5, Interrupt Source Override Structure.
  private mutating func addOverride<M: PhysicalMemoryReader>(_ table: ACPITable<M>, at: UInt64) {
    guard table.word8(at: at + 2) == 0, let source = table.word8(at: at + 3),
      source < Self.isaCount, let line = table.word32(at: at + 4),
      let flags = table.word16(at: at + 8)
    else { return }
    routes[Int(source)] = Route(line: line, signal: Self.signal(flags: flags))
    isOverridden |= 1 << UInt16(source)
  }

  /// 0 in either field means as the bus has it, which for ISA is high and edge.
  /// Source: ACPI Specification 6.5 table 5.26, MPS INTI Flags.
  static func signal(flags: UInt16) -> Signal {
    Signal(isActiveLow: flags & 3 == 3, isLevel: (flags >> 2) & 3 == 3)
  }

  /// - Precondition: `index < controllerCount`.
  public func controller(at index: Int) -> Controller { controllers[index] }

  /// - Precondition: `interrupt < 16`.
  public func route(isa interrupt: Int) -> Route { routes[interrupt] }

  /// How the line is driven: as its ISA interrupt says, or as PCI has it.
  public func signal(line: UInt32) -> Signal {
    if let interrupt = movedInterrupt(to: line) { return routes[interrupt].signal }
    return line < UInt32(Self.isaCount) && isWired(line: line) ? .isa : .pci
  }

  /// Whether something is wired to the line: false for an ISA line whose interrupt was
  /// moved elsewhere and that no other was moved to.
  public func isWired(line: UInt32) -> Bool {
    guard line < UInt32(Self.isaCount), movedInterrupt(to: line) == nil else { return true }
    return isOverridden & (1 << UInt16(line)) == 0
  }

  /// The ISA interrupt that an override sends to this line.
  @inline(never)
  private func movedInterrupt(to line: UInt32) -> Int? {
    for interrupt in 0..<Self.isaCount
    where isOverridden & (1 << UInt16(interrupt)) != 0 && routes[interrupt].line == line {
      return interrupt
    }
    return nil
  }
}
