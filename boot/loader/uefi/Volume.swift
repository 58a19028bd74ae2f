import LoaderCore

/// The file system that the loader came from.
///
/// Source: UEFI 2.10 §13.4 and §13.5.
struct Volume {
  private let firmware: Firmware
  /// The root folder's interface.
  private let root: UInt64

  init(_ firmware: Firmware) throws(LoaderFailure) {
    self.firmware = firmware
    let loadedImage = FirmwareGUID(0x5b1b_31a1, 0x9562, 0x11d2, 0x8e3f_00a0_c969_723b)
    let fileSystem = FirmwareGUID(0x964e_5b22, 0x6459, 0x11d2, 0x8e39_00a0_c969_723b)
    guard let image = firmware.interface(loadedImage, of: firmware.image) else {
      throw LoaderFailure("the firmware does not say where the loader came from")
    }
    // SAFETY: DeviceHandle in the interface, as the specification lays it out.
    let device = unsafe Firmware.word(image + 24)
    guard let system = firmware.interface(fileSystem, of: device) else {
      throw LoaderFailure(
        "the loader's disk has no file system that the firmware reads", "start it from FAT")
    }
    var root: UInt64 = 0
    // SAFETY: OpenVolume(this, root); the variable outlives the call.
    let status = unsafe Firmware.withAddress(of: &root) {
      unsafe firmware.call(at: system + 8, system, $0)
    }
    guard status.isSuccess, root != 0 else {
      throw LoaderFailure("the loader's disk cannot be read; UEFI error", value: status.number)
    }
    self.root = root
  }

  /// The whole of the file at `path`, in pages of its own; nil if there is no such file.
  func readIfPresent(_ path: BootPath) throws(LoaderFailure) -> FileContents? {
    guard let file = try open(path) else { return nil }
    // SAFETY: Close(this), when nothing uses the file any more.
    defer { _ = unsafe firmware.call(at: file + 16, file) }
    let byteCount = try byteCount(of: file, path: path)
    var pages: LoadedPages
    do throws(LoaderFailure) {
      pages = try firmware.allocate(byteCount, for: "too little memory for it; KiB needed")
    } catch {
      throw error.about(path)
    }
    try read(file, path: path, byteCount: byteCount, into: &pages)
    return FileContents(pages: pages, byteCount: Int(byteCount))
  }

  /// Opens the file at `path` for reading; nil if there is none.
  private func open(_ path: BootPath) throws(LoaderFailure) -> UInt64? {
    var name = FirmwareText(path)
    var file: UInt64 = 0
    // SAFETY: Open(this, new, name, mode, attributes); the variables outlive the call.
    let status = unsafe Firmware.withAddress(of: &name.units) { text in
      unsafe Firmware.withAddress(of: &file) {
        unsafe firmware.call(at: root + 8, root, $0, text, 1, 0)
      }
    }
    if status.number == Firmware.Status.notFound { return nil }
    guard status.isSuccess, file != 0 else {
      throw LoaderFailure("it cannot be opened; UEFI error", value: status.number).about(path)
    }
    return file
  }

  private func byteCount(of file: UInt64, path: BootPath) throws(LoaderFailure) -> UInt64 {
    var guid = FirmwareGUID(0x0957_6e92, 0x6d3f, 0x11d2, 0x8e39_00a0_c969_723b)
    var information = FileInformation()
    var space: UInt64 = FileInformation.byteCount
    // SAFETY: GetInfo(this, kind, size, buffer); the variables outlive the call.
    let status = unsafe Firmware.withAddress(of: &guid) { kind in
      unsafe Firmware.withAddress(of: &space) { size in
        unsafe Firmware.withAddress(of: &information.words) {
          unsafe firmware.call(at: file + 64, file, kind, size, $0)
        }
      }
    }
    guard status.isSuccess else {
      throw LoaderFailure("its size is unknown; UEFI error", value: status.number).about(path)
    }
    guard !information.isFolder else { throw LoaderFailure("it is a folder").about(path) }
    return information.fileByteCount
  }

  /// Reads all bytes in one call, or as few as the firmware makes of it.
  private func read(
    _ file: UInt64, path: BootPath, byteCount: UInt64, into pages: inout LoadedPages
  ) throws(LoaderFailure) {
    var done: UInt64 = 0
    while done < byteCount {
      var count = byteCount - done
      // SAFETY: Read(this, size, buffer); the pages hold at least `byteCount` bytes.
      let status = unsafe Firmware.withAddress(of: &count) {
        unsafe firmware.call(at: file + 32, file, $0, pages.address + done)
      }
      guard status.isSuccess, count > 0, count <= byteCount - done else {
        throw LoaderFailure("it cannot be read; UEFI error", value: status.number).about(path)
      }
      done += count
    }
  }
}

/// A file in memory.
struct FileContents: ~Copyable {
  var pages: LoadedPages
  let byteCount: Int

  /// The file's bytes.
  @_lifetime(borrow self)
  func bytes() -> Span<UInt8> { pages.contents(of: UInt8.self).extracting(first: byteCount) }

  /// Where it is, for the kernel.
  var place: LoadedFile { LoadedFile(address: pages.address, byteCount: UInt64(byteCount)) }
}

/// What the firmware says about a file.
///
/// Source: UEFI 2.10 §13.5.16, EFI_FILE_INFO: the size in word 1, the attributes in word 9,
/// of which bit 4 marks a folder; the name follows.
private struct FileInformation {
  var words: [100 of UInt64] = .init(repeating: 0)
  static var byteCount: UInt64 { 800 }
  var fileByteCount: UInt64 { words[1] }
  var isFolder: Bool { words[9] & 0x10 != 0 }
}
