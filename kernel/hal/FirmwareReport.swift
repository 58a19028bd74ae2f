/// What a firmware table is called.
public enum FirmwareTable: Equatable, Sendable {
  case deviceTree
  /// An ACPI table, by its four letters as they lie in memory.
  case acpi(UInt32)
  /// The ACPI root pointer.
  case acpiRoot
}

/// What is wrong with a firmware table; the kernel does without what it could not read.
public enum FirmwareDefect: Equatable, Sendable {
  /// Its bytes cannot be read, or its length is impossible.
  case unreadable
  case badChecksum
  /// It ends before what it must hold.
  case tooShort
  /// An entry has length 0: nothing after it can be found.
  case emptyEntry
  /// An entry runs past the end of the table, or is shorter than its kind must be.
  case badEntryLength
  /// An entry leads to nothing that can be read.
  case badPointer
  /// Structure or values make no sense.
  case malformed
  /// It names a console that no driver of this machine is for, or names none at all where it
  /// says that there is one.
  case unknownConsole
  /// It names a console without an interrupt that could reach the processor.
  case consoleWithoutInterrupt
  /// It has more entries of one kind than are kept.
  case tooManyEntries
}

/// A table, and what is wrong with it.
public struct FirmwareFinding: Equatable, Sendable {
  public let table: FirmwareTable
  public let defect: FirmwareDefect
  @inlinable public init(_ table: FirmwareTable, _ defect: FirmwareDefect) {
    self.table = table
    self.defect = defect
  }
}

/// What was found wrong with the firmware's tables while they were read, for the boot report.
public struct FirmwareReport: Sendable {
  /// Findings that are kept; more are only counted.
  public static var limit: Int { 8 }

  private var findings: [8 of FirmwareFinding] = .init(
    repeating: FirmwareFinding(.deviceTree, .malformed))
  public private(set) var count = 0
  /// Findings that had no place.
  public private(set) var droppedCount = 0

  public init() {}

  /// Notes a defect; the same one of the same table is noted once.
  @inline(never)
  public mutating func note(_ table: FirmwareTable, _ defect: FirmwareDefect) {
    let finding = FirmwareFinding(table, defect)
    for index in 0..<count where findings[index] == finding { return }
    guard count < Self.limit else {
      droppedCount += 1
      return
    }
    findings[count] = finding
    count += 1
  }

  /// - Precondition: `index < count`.
  public subscript(index: Int) -> FirmwareFinding { findings[index] }
}

extension FirmwareReport: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count, left.droppedCount == right.droppedCount else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }
}
