import FuzzHarness
import KernelHAL
import MnosABI
import PlatformCommon

@testable import PlatformAArch64
@testable import PlatformLoongArch64
@testable import PlatformRISCV64
@testable import PlatformX86_64

/// What each architecture makes of a machine's tables, in words, with its promises checked.
enum MachineReadings {
  /// Besides the first CPU one of these is asked about: a second, one of a second cluster, and
  /// one that is not there.
  private static let others: [UInt64] = [1, 0x100, .max]

  /// - Parameters:
  ///   - choice: Which other CPU is asked about.
  ///   - memory: A fresh one for each reading, so that each has its own count of steps.
  static func all(
    _ boot: BootEnvironment, choice: Int, in memory: () -> CountedMemory
  ) throws(BrokenPromise) -> String {
    var words: [String] = []
    for processor in [0, others[choice % others.count]] {
      let isFirst = processor == 0
      let arm = try read(PlatformAArch64.MachineLayout(), boot, processor, memory())
      if let layout = arm.layout { try check(layout) }
      let riscv = try read(PlatformRISCV64.MachineLayout(), boot, processor, memory())
      if let layout = riscv.layout { try check(layout) }
      let loongArch = try read(PlatformLoongArch64.MachineLayout(), boot, processor, memory())
      if let layout = loongArch.layout { try check(layout) }
      guard isFirst else { continue }
      words = ["aarch64 \(arm.words)", "riscv64 \(riscv.words)", "loongarch64 \(loongArch.words)"]
    }
    return words.joined(separator: "; ")
  }

  private static func read<Layout: FirmwareLayout>(
    _ layout: Layout, _ boot: BootEnvironment, _ processor: UInt64, _ memory: CountedMemory
  ) throws(BrokenPromise) -> (layout: Layout?, words: String) {
    var layout = layout
    do throws(BootFailure) {
      try layout.discover(boot, processor: processor, in: memory)
    } catch {
      return (nil, "\(error.words)")
    }
    try check(layout.report)
    let port = layout.serialPort
    try promise(port.registerShift <= 8, "the registers of a port so far apart")
    try promise([1, 2, 4].contains(port.accessWidth), "a port with accesses of \(port.accessWidth)")
    return (layout, "boots" + (port.line == nil ? "" : " with a console"))
  }

  static func check(_ report: FirmwareReport) throws(BrokenPromise) {
    try promise(report.count <= FirmwareReport.limit, "more findings than are kept")
    for index in 0..<report.count {
      for other in 0..<index {
        try promise(report[index] != report[other], "one finding noted twice")
      }
    }
  }

  /// Each block can be asked for its pages, and the list ends.
  private static func check(
    regions region: (Int) -> MemoryRegion?
  ) throws(BrokenPromise) {
    var index = 0
    while let block = region(index) {
      if let pages = block.pages(below: 1 << 48) {
        try promise(pages.lowerBound <= block.base, "pages that begin inside the block")
        try promise(!pages.isEmpty, "a block of no pages")
      }
      index += 1
      try promise(index < 16, "blocks without end")
    }
  }

  private static func check(_ layout: PlatformAArch64.MachineLayout) throws(BrokenPromise) {
    try check(regions: layout.region(at:))
    try promise((16..<32).contains(layout.timerInterrupt), "the timer's interrupt")
    try promise(layout.distributor.base % 4096 == 0, "place of the distributor")
    if let line = layout.serialPort.line {
      try promise(PlatformAArch64.MachineLayout.isLine(line), "a line that no device can have")
    }
  }

  private static func check(_ layout: PlatformRISCV64.MachineLayout) throws(BrokenPromise) {
    try check(regions: layout.region(at:))
    try promise(layout.controllerKind.isPossible, "an impossible controller")
    try promise(
      layout.controllerKind.leastByteCount <= layout.controllerByteCount,
      "a controller that is larger than its registers")
    try promise(layout.controllerSourceCount <= PLICLayout.highestSource, "too many sources")
    if let line = layout.serialPort.line {
      try promise((1...layout.controllerSourceCount).contains(line), "a line past the sources")
    }
  }

  private static func check(_ layout: PlatformLoongArch64.MachineLayout) throws(BrokenPromise) {
    try check(regions: layout.region(at:))
    try promise(layout.controllerBase % 4096 == 0, "place of the controller")
    try promise((layout.interruptPin ?? 8) < 8, "a pin that no core has")
    if let line = layout.serialPort.line {
      try promise(line < PlatformInterruptLayout.lineLimit, "a line past the controller's")
    }
    for control in [layout.powerOff, layout.reboot].compactMap({ $0 }) {
      try promise(control.address % control.byteCount == 0, "a power register off its boundary")
    }
  }

  /// The PC reads its tables in one go.
  static func pc(_ root: UInt64, in memory: CountedMemory) throws(BrokenPromise) -> String {
    var report = FirmwareReport()
    let tables: FirmwareTables
    do throws(BootFailure) {
      tables = try FirmwareTables(rootPointer: root, in: memory, noting: &report)
    } catch {
      return "x86_64 \(error.words)"
    }
    try check(report)
    try check(regions: tables.deviceRegion(at:))
    let model = tables.interruptModel
    try promise(
      (1...ACPIInterruptModel.controllerLimit).contains(model.controllerCount), "I/O APICs")
    for interrupt in 0..<ACPIInterruptModel.isaCount {
      _ = model.signal(line: model.route(isa: interrupt).line)
    }
    if let state = tables.sleepState {
      try promise(state.typeA < 8 && state.typeB < 8, "a sleep type of more than 3 bits")
    }
    _ = tables.serialDevice(hasFirstPort: true)
    let port = tables.serialDevice(hasFirstPort: false)
    return "x86_64 boots" + (port?.line == nil ? "" : " with a console")
      + (tables.sleepState == nil ? ", cannot be turned off" : "")
  }

  static func words(_ report: FirmwareReport) -> String {
    (0..<report.count).map { index in
      let name: String
      switch report[index].table {
      case .deviceTree: name = "device tree"
      case .acpiRoot: name = "root pointer"
      case .acpi(let letters):
        name = String(
          decoding: (0..<4).map { UInt8(truncatingIfNeeded: letters >> (8 * $0)) },
          as: UTF8.self)
      }
      return "\(name) \(report[index].defect)"
    }.joined(separator: ", ")
  }
}

extension BootFailure {
  var words: String {
    switch self {
    case .missing(let reason): "lacks \(reason.text)"
    case .malformed(let reason): "cannot read \(reason.text)"
    case .outOfMemory: "is out of memory"
    }
  }
}
