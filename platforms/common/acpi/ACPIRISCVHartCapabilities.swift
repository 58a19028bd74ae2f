import KernelHAL

extension ACPISignature {
  /// "RHCT"
  public static var hartCapabilities: Self { Self(rawValue: 0x5443_4852) }
}

/// What the RISC-V Hart Capabilities Table says of time, and of what all harts can do.
///
/// Source: ACPI Specification 6.6 §5.2.36, RISC-V Hart Capabilities Table (RHCT).
public struct ACPIHartCapabilities: Equatable, Sendable {
  /// Ticks of the time counter per second.
  public let timeFrequency: UInt64
  /// What each ISA string in the table names, whichever hart it is of.
  public let extensions: RISCVExtensions
  /// Bytes in a block that cache instructions take; 0 if the table does not say, or not the same
  /// of all harts.
  public let cacheBlockByteCount: UInt64

  private enum Kind {
    static var extensions: UInt16 { 0 }
    static var cacheBlocks: UInt16 { 1 }
  }

  /// - Returns: nil if the table is too short or the frequency is 0.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let frequency = table.word64(at: 40) else {
      report.note(table.name, .tooShort)
      return nil
    }
    guard frequency > 0 else { return nil }
    timeFrequency = frequency
    var found: RISCVExtensions? = nil
    var blocks: UInt8? = nil
    var areAlike = true
    // Kind, length and revision of 2 bytes each come first in a node.
    var offset = UInt64(table.word32(at: 52) ?? 0)
    var left = table.word32(at: 48) ?? 0
    while left > 0, let kind = table.word16(at: offset), let length = table.word16(at: offset + 2) {
      guard length >= 8, UInt64(length) <= table.byteCount - offset else {
        report.note(table.name, .badEntryLength)
        break
      }
      switch kind {
      case Kind.extensions:
        let own = Self.extensions(in: table, at: offset, byteCount: UInt64(length))
        found = found.map { $0.intersection(own) } ?? own
      case Kind.cacheBlocks:
        // The second byte is the logarithm of what CBO.FLUSH and its like take.
        let own = table.word8(at: offset + 7)
        areAlike = areAlike && (blocks == nil || blocks == own)
        blocks = own
      default: break
      }
      offset += UInt64(length)
      left -= 1
    }
    extensions = found ?? RISCVExtensions()
    if areAlike, let blocks, blocks < 32 {
      cacheBlockByteCount = 1 << UInt64(blocks)
    } else {
      cacheBlockByteCount = 0
    }
  }

  /// What the node's string names.
  private static func extensions<Memory: PhysicalMemoryReader>(
    in table: ACPITable<Memory>, at offset: UInt64, byteCount: UInt64
  ) -> RISCVExtensions {
    RISCVExtensions { $0 < byteCount - 8 ? table.word8(at: offset + 8 + $0) : nil }
  }
}
