/// (F) The read-only page that the kernel or a loader passes at start.
@safe struct StartPage {
  private let address: UInt64

  /// - Parameter address: 0, or of a page that stays mapped as long as the process lives.
  @unsafe init(at address: UInt64) { self.address = address }

  /// This process's own; empty on the host.
  static var current: StartPage {
    // SAFETY: loaders never unmap it, and nothing in this library does.
    unsafe StartPage(at: OwnProcess.startPageAddress)
  }

  var bytes: Span<UInt8> {
    @_lifetime(immortal) get {
      // SAFETY: as the initialiser demands.
      guard let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address)) else {
        return Span()
      }
      let span = unsafe Span(_unsafeStart: start, count: StartRecord.byteCount)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The kernel's boot information, if the page is that.
  var boot: BootInfo? {
    // SAFETY: as above; a page is larger than the structure and aligned for it, and any
    // bits are a valid value of it.
    guard let start = unsafe UnsafePointer<BootInfo>(bitPattern: UInt(address)),
      unsafe start.pointee.magic == BootInfo.expectedMagic,
      unsafe start.pointee.version == BootInfo.currentVersion
    else { return nil }
    return unsafe start.pointee
  }

  /// Who the process is, from whichever record the page holds.
  var identity: ProcessIdentity {
    if let boot {
      return ProcessIdentity(
        budget: Handle(rawValue: boot.budget), process: Handle(rawValue: boot.process),
        mainThread: ThreadRegistry.Entry(
          thread: Handle(rawValue: boot.thread), stackBase: boot.stackBase,
          stackEnd: boot.stackEnd),
        seed: boot.randomSeed)
    }
    guard let record = StartRecord(bytes) else { return ProcessIdentity() }
    return ProcessIdentity(
      budget: record.budget, process: record.process,
      mainThread: ThreadRegistry.Entry(
        thread: record.thread, stackBase: record.stackBase, stackEnd: record.stackEnd),
      seed: record.randomSeed)
  }
}
