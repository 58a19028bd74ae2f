import LoaderCore

/// Whole pages that the firmware gave to the loader. Fence: makes spans over them.
///
/// They are never given back: on success the kernel has them, and on failure the machine is
/// about to start over.
@safe struct LoadedPages: ~Copyable {
  /// Physical address, which is also the virtual one while the firmware runs.
  let address: UInt64
  let byteCount: Int

  /// Zeroes the pages and takes them over.
  ///
  /// - Parameters: `byteCount` bytes at `address` belong to no one else, and stay mapped.
  @unsafe init(address: UInt64, byteCount: Int) {
    self.address = address
    self.byteCount = byteCount
    if let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) {
      unsafe start.initializeMemory(as: UInt64.self, repeating: 0, count: byteCount / 8)
    }
  }

  /// The contents, as values of a type for which every pattern of bits that is in the pages
  /// is a value.
  @_lifetime(borrow self)
  func contents<Element: BitwiseCopyable>(
    of type: Element.Type = UInt8.self
  ) -> Span<Element> {
    let start = unsafe UnsafePointer<Element>(bitPattern: UInt(address))
    // SAFETY: the pages belong to this value, which is borrowed as long as the span is used.
    let span = unsafe Span(
      _unsafeStart: start.unsafelyUnwrapped, count: byteCount / MemoryLayout<Element>.stride)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The contents, to be written.
  @_lifetime(&self)
  mutating func mutableContents<Element: BitwiseCopyable>(
    of type: Element.Type = UInt8.self
  ) -> MutableSpan<Element> {
    let start = unsafe UnsafeMutablePointer<Element>(bitPattern: UInt(address))
    // SAFETY: the pages belong to this value, which nobody else uses as long as the span is.
    let span = unsafe MutableSpan(
      _unsafeStart: start.unsafelyUnwrapped, count: byteCount / MemoryLayout<Element>.stride)
    return unsafe _overrideLifetime(span, mutating: &self)
  }
}

extension Firmware {
  /// Zeroed pages for `byteCount` bytes.
  ///
  /// - Parameter purpose: What to say if there are too few in one piece.
  func allocate(
    _ byteCount: UInt64, for purpose: StaticString
  ) throws(LoaderFailure) -> LoadedPages {
    let pageCount = Self.pageCount(byteCount)
    let address = try pages(pageCount, for: purpose)
    // SAFETY: the firmware has just given these pages to the loader.
    return unsafe LoadedPages(address: address, byteCount: Int(pageCount) << 12)
  }

  /// Zeroed pages where `placement` wants them.
  func allocate(
    _ placement: ImagePlacement, for purpose: StaticString
  ) throws(LoaderFailure) -> LoadedPages {
    let roomPageCount = Self.pageCount(placement.roomByteCount)
    let room = try pages(roomPageCount, for: purpose)
    let address = placement.address(from: room)
    let pageCount = Self.pageCount(placement.byteCount)
    let end = address + pageCount << 12
    free(room, pageCount: (address - room) >> 12)
    free(end, pageCount: roomPageCount - (end - room) >> 12)
    // SAFETY: the firmware has just given these pages to the loader, and they were kept.
    return unsafe LoadedPages(address: address, byteCount: Int(pageCount) << 12)
  }

  private static func pageCount(_ byteCount: UInt64) -> UInt64 {
    max(1, (min(byteCount, 1 << 40) + 4095) >> 12)
  }

  /// The address of `pageCount` pages in a row.
  ///
  /// Source: UEFI 2.10 §7.2.1: any address, EfiLoaderData.
  private func pages(
    _ pageCount: UInt64, for purpose: StaticString
  ) throws(LoaderFailure) -> UInt64 {
    var address: UInt64 = 0
    // SAFETY: the address is of a variable that outlives the call.
    let status = unsafe Self.withAddress(of: &address) {
      unsafe call(.allocatePages, 0, 2, pageCount, $0)
    }
    guard status.isSuccess, address != 0 else {
      throw LoaderFailure(
        purpose, "give the machine more memory", value: pageCount * 4)
    }
    return address
  }

  /// Gives back pages that nothing was made of yet. What the firmware does not take back stays
  /// the loader's, which the kernel gets in the end.
  ///
  /// Source: UEFI 2.10 §7.2.2.
  private func free(_ address: UInt64, pageCount: UInt64) {
    guard pageCount > 0 else { return }
    // SAFETY: the pages are the loader's, and no value refers to them.
    _ = unsafe call(.freePages, address, pageCount)
  }
}
