import KernelCore
import KernelHAL
import MnosABI
import ProgramFormat

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

  /// A line for each table that is not as it should be: the boot goes on where it can.
  @inline(never)
  mutating func warn(of report: FirmwareReport) {
    guard options.logLevel.rawValue >= LogLevel.warning.rawValue else { return }
    for index in 0..<report.count {
      platform.write("mnos: warning: ")
      write(report[index].table)
      platform.write(report[index].defect.text)
      platform.write("\n")
    }
    guard report.droppedCount > 0 else { return }
    platform.write("mnos: warning: more wrong with firmware tables: ")
    platform.write(decimal: UInt64(report.droppedCount))
    platform.write("\n")
  }

  private mutating func write(_ table: FirmwareTable) {
    switch table {
    case .deviceTree: platform.write("device tree: ")
    case .acpiRoot: platform.write("ACPI root pointer: ")
    case .acpi(let letters):
      platform.write("ACPI table ")
      for index in 0..<UInt32(4) {
        platform.writeDebug(byte: UInt8(truncatingIfNeeded: letters >> (8 * index)))
      }
      platform.write(": ")
    }
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

extension FirmwareDefect {
  /// What is wrong, and what the kernel did about it.
  fileprivate var text: StaticString {
    switch self {
    case .unreadable: "cannot be read; it is passed over"
    case .badChecksum: "its checksum is wrong; it is passed over"
    case .tooShort: "is too short for what it must hold; the missing part is passed over"
    case .emptyEntry: "has an entry of length 0; it and those after it are passed over"
    case .badEntryLength: "has an entry of a wrong length; what cannot be read is passed over"
    case .badPointer: "has an entry that leads to no table; it is passed over"
    case .malformed: "makes no sense; it is passed over"
    case .unknownConsole: "names a console that cannot be driven; it is passed over"
    case .consoleWithoutInterrupt: "its console has no interrupt; the PC's first port is preferred"
    case .tooManyEntries: "has too many entries of one kind; the last are passed over"
    }
  }
}
