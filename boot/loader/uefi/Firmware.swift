import FirmwareCall
import LoaderCore

/// The UEFI firmware that started the loader. Fence: every call of the firmware and every
/// read of its tables is in this file and its extensions.
///
/// Source: UEFI 2.10 §4.3 (system table), §4.4 (boot services), §4.5 (run-time services).
@safe struct Firmware {
  /// Address of the system table.
  let systemTable: UInt64
  /// The handle of the loader's own image.
  let image: UInt64
  private let bootServices: UInt64

  /// - Parameters are what the firmware passed to the loader's entry.
  @unsafe init(systemTable: UInt64, image: UInt64) {
    self.systemTable = systemTable
    self.image = image
    // SAFETY: the caller says that this is the system table.
    bootServices = unsafe Self.word(systemTable + 96)
  }

  /// The firmware's word for how a call went: 0 for success, the top bit for errors.
  struct Status {
    let code: UInt64
    var isSuccess: Bool { code == 0 }
    /// The error's number without the top bit.
    var number: UInt64 { code & ~(1 << 63) }
    static var bufferTooSmall: UInt64 { 5 }
    static var notFound: UInt64 { 14 }
  }

  /// Boot services that are used, by their offset in the table.
  enum Service: UInt64 {
    case allocatePages = 40
    case freePages = 48
    case getMemoryMap = 56
    case handleProtocol = 152
    case exitBootServices = 232
    case stall = 248
    case setWatchdogTimer = 256
    case locateProtocol = 320
  }

  /// Calls a boot service.
  ///
  /// The caller passes what the specification wants; addresses must be valid.
  @unsafe func call(
    _ service: Service, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    _ fourth: UInt64 = 0, _ fifth: UInt64 = 0
  ) -> Status {
    unsafe call(at: bootServices + service.rawValue, first, second, third, fourth, fifth)
  }

  /// Calls the function whose address is stored at `slot`.
  @unsafe func call(
    at slot: UInt64, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    _ fourth: UInt64 = 0, _ fifth: UInt64 = 0
  ) -> Status {
    let function = unsafe Self.word(slot)
    let code = mnos_firmware_call(function, first, second, third, fourth, fifth)
    mnos_memory_barrier()
    return Status(code: code)
  }

  /// The 64 bits at `address`.
  @unsafe static func word(_ address: UInt64) -> UInt64 {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(address)) else { return 0 }
    return unsafe pointer.loadUnaligned(as: UInt64.self)
  }

  /// The 32 bits at `address`.
  @unsafe static func half(_ address: UInt64) -> UInt32 {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(address)) else { return 0 }
    return unsafe pointer.loadUnaligned(as: UInt32.self)
  }

  /// Lends the address of `value`, which the firmware fills or reads.
  @unsafe static func withAddress<Value: BitwiseCopyable, Result>(
    of value: inout Value, _ body: (UInt64) -> Result
  ) -> Result {
    unsafe withUnsafeMutablePointer(to: &value) { body(UInt64(UInt(bitPattern: $0))) }
  }
}

extension Firmware: FirmwareBytes {
  func byte(at address: UInt64) -> UInt8 {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(address)) else { return 0 }
    // SAFETY: the firmware's own tables lead there, and it maps all memory one to one.
    return unsafe pointer.load(as: UInt8.self)
  }
}

/// The name of a protocol or table.
struct FirmwareGUID: BitwiseCopyable, Equatable {
  var low: UInt64
  var high: UInt64

  /// Takes the parts as they are usually written; the last two groups are `rest`.
  init(_ first: UInt32, _ second: UInt16, _ third: UInt16, _ rest: UInt64) {
    low = UInt64(first) | UInt64(second) << 32 | UInt64(third) << 48
    high = rest.byteSwapped
  }
}

extension Firmware {
  /// Copies bytes between addresses that do not overlap, both valid for `byteCount` bytes.
  @unsafe static func copy(from source: UInt64, to target: UInt64, byteCount: Int) {
    guard let from = unsafe UnsafeRawPointer(bitPattern: UInt(source)),
      let to = unsafe UnsafeMutableRawPointer(bitPattern: UInt(target))
    else { return }
    unsafe to.copyMemory(from: from, byteCount: byteCount)
  }
}
