import KernelHAL

/// The four letters that name a table, as they lie in memory.
public struct ACPISignature: Equatable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static var extendedRoot: Self { Self(rawValue: 0x5444_5358) }  // "XSDT"
  public static var root: Self { Self(rawValue: 0x5444_5352) }  // "RSDT"
  public static var interruptControllers: Self { Self(rawValue: 0x4349_5041) }  // "APIC"
  public static var fixedHardware: Self { Self(rawValue: 0x5043_4146) }  // "FACP"
  public static var definitionBlock: Self { Self(rawValue: 0x5444_5344) }  // "DSDT"
  public static var secondaryDefinitionBlock: Self { Self(rawValue: 0x5444_5353) }  // "SSDT"
  public static var eventTimer: Self { Self(rawValue: 0x5445_5048) }  // "HPET"
  public static var serialConsole: Self { Self(rawValue: 0x5243_5053) }  // "SPCR"
}

/// Why there is no sound table at an address.
public enum ACPITableRefusal: Error, Equatable, Sendable {
  /// Not even a header can be read there.
  case nothing
  /// The table there has another name.
  case otherTable
  /// The table has the name, and this is wrong with it.
  case defect(FirmwareDefect)
}

/// A firmware table whose length and checksum were found right. Every read is checked
/// against its length.
///
/// Source: ACPI Specification 6.5 §5.2.6, System Description Table Header.
public struct ACPITable<Memory: PhysicalMemoryReader> {
  public let memory: Memory
  public let address: UInt64
  public let signature: ACPISignature
  /// The header of 36 bytes included.
  public let byteCount: UInt64

  public static var headerByteCount: UInt64 { 36 }
  /// More than any real table has: a length beyond it is garbage.
  public static var byteCountLimit: UInt64 { 4 << 20 }

  /// - Throws: if the table is not readable, is not named so, or its length or checksum is
  ///   wrong. Cost: one pass over the table.
  @inline(never)
  public init(
    _ signature: ACPISignature, at address: UInt64, in memory: Memory
  ) throws(ACPITableRefusal) {
    guard memory.canRead(at: address, byteCount: Self.headerByteCount) else { throw .nothing }
    let header = Self(memory, signature, at: address, byteCount: Self.headerByteCount)
    guard header.word32(at: 0) == signature.rawValue else { throw .otherTable }
    let length = UInt64(header.word32(at: 4) ?? 0)
    guard length >= Self.headerByteCount else { throw .defect(.tooShort) }
    guard length <= Self.byteCountLimit, memory.canRead(at: address, byteCount: length) else {
      throw .defect(.unreadable)
    }
    self.init(memory, signature, at: address, byteCount: length)
    guard hasZeroSum(upTo: byteCount) else { throw .defect(.badChecksum) }
  }

  /// Bytes that the caller found readable.
  init(_ memory: Memory, _ signature: ACPISignature, at address: UInt64, byteCount: UInt64) {
    self.memory = memory
    self.address = address
    self.signature = signature
    self.byteCount = byteCount
  }

  /// What a report calls it.
  public var name: FirmwareTable { .acpi(signature.rawValue) }

  /// Whether the first `count` bytes add up to 0 modulo 256.
  @inline(never)
  func hasZeroSum(upTo count: UInt64) -> Bool {
    var sum: UInt8 = 0
    var offset: UInt64 = 0
    while offset < count {
      sum &+= memory.byte(at: address &+ offset)
      offset += 1
    }
    return sum == 0
  }

  /// `count` bytes, at most 8, as a little-endian number; nil past the end.
  @inline(never)
  public func integer(at offset: UInt64, byteCount count: UInt64) -> UInt64? {
    guard offset <= byteCount, count <= byteCount - offset else { return nil }
    var value: UInt64 = 0
    var index: UInt64 = 0
    while index < count {
      value |= UInt64(memory.byte(at: address &+ offset &+ index)) << (index * 8)
      index += 1
    }
    return value
  }
  @inline(never)
  public func word8(at offset: UInt64) -> UInt8? {
    integer(at: offset, byteCount: 1).map { UInt8(truncatingIfNeeded: $0) }
  }
  public func word16(at offset: UInt64) -> UInt16? {
    integer(at: offset, byteCount: 2).map { UInt16(truncatingIfNeeded: $0) }
  }
  @inline(never)
  public func word32(at offset: UInt64) -> UInt32? {
    integer(at: offset, byteCount: 4).map { UInt32(truncatingIfNeeded: $0) }
  }
  public func word64(at offset: UInt64) -> UInt64? { integer(at: offset, byteCount: 8) }

  /// The register that a Generic Address Structure describes; nil past the end.
  @inline(never)
  public func register(at offset: UInt64) -> ACPIRegister? {
    guard let space = word8(at: offset), let width = word8(at: offset + 1),
      let accessSize = word8(at: offset + 3), let address = word64(at: offset + 4)
    else { return nil }
    return ACPIRegister(
      space: space, bitWidth: width, accessSize: accessSize, address: address)
  }
}

/// Where a register is: a Generic Address Structure.
///
/// Source: ACPI Specification 6.5 §5.2.3.2.
public struct ACPIRegister: Equatable, Sendable {
  public let space: UInt8
  public let bitWidth: UInt8
  /// 1 for a byte, 2, 3 and 4 for 2, 4 and 8 bytes; 0 if the table does not say.
  public let accessSize: UInt8
  public let address: UInt64

  public static var memorySpace: UInt8 { 0 }
  public static var portSpace: UInt8 { 1 }

  @inlinable
  public init(space: UInt8, bitWidth: UInt8, accessSize: UInt8, address: UInt64) {
    self.space = space
    self.bitWidth = bitWidth
    self.accessSize = accessSize
    self.address = address
  }

  /// The I/O port, if it is one.
  public var port: UInt16? {
    guard space == Self.portSpace, address != 0 else { return nil }
    return UInt16(exactly: address)
  }
  /// The physical address, if it is in memory.
  public var memoryAddress: UInt64? {
    space == Self.memorySpace && address != 0 ? address : nil
  }
}
